"""Losses of SimBench's medium-voltage lines by pandapower, written as the CSV files of tests/fixtures/simbench.

Run apart from the project, since pandapower needs pandas below 3:
    uv venv /tmp/simbench && uv pip install --python /tmp/simbench/bin/python simbench "pandas<3"
    /tmp/simbench/bin/python tests/reference_power_flow/simbench_losses.py tests/fixtures/simbench

The voltage is held at the medium-voltage busbar, and the high-voltage transformers are left out.
"""

import csv
import sys
from pathlib import Path

import numpy as np
import pandapower as pp
import simbench

GRIDS = ["1-MV-rural--0-no_sw", "1-MV-semiurb--0-no_sw", "1-MV-comm--0-no_sw"]
SEED = 20261201
STEPS = 96


def rows_written(path: Path, rows: list) -> None:
    with path.open("w", newline="") as opened:
        csv.writer(opened, lineterminator="\n").writerows(rows)


def places_of(net: pp.pandapowerNet) -> tuple[int, list[int], dict[int, int]]:
    """Rows of the files: 0 is the busbar, whatever number of transformers feeds it."""
    busbar = int(net.trafo.lv_bus.iloc[0])
    others = sorted({int(bus) for bus in net.trafo.lv_bus} - {busbar})
    lines = net.line[net.line.in_service]
    nodes = sorted({*map(int, lines.from_bus), *map(int, lines.to_bus)} - {busbar, *others})
    place = {busbar: 0, **dict.fromkeys(others, 0)} | {bus: row for row, bus in enumerate(nodes, 1)}
    return busbar, others, place


def branches_of(net: pp.pandapowerNet, place: dict[int, int], busbar: int) -> list[list]:
    """A line that a switch opens at one end still charges: that end becomes a node, after those with loads."""
    opened = net.switch[~net.switch.closed & (net.switch.et == "l")]
    assert (net.switch.et == "l").all()
    open_ends = set(zip(opened.element, opened.bus, strict=True))
    omega = 2 * np.pi * net.f_hz
    free_end = max(place.values())
    branches = [["from_node", "to_node", "ohm", "reactance_ohm", "charging_siemens", "busbar_kv"]]
    for line in net.line[net.line.in_service].itertuples():
        ends = []
        for bus in (line.from_bus, line.to_bus):
            if (line.Index, bus) in open_ends:
                free_end += 1
                ends.append(free_end)
            else:
                ends.append(place[bus])
        km = line.length_km
        charge = line.c_nf_per_km * 1e-9 * omega * km * line.parallel
        ohm, reactance = (line.r_ohm_per_km * km / line.parallel, line.x_ohm_per_km * km / line.parallel)
        figures = (ohm, reactance, charge, net.bus.vn_kv[busbar])
        branches.append([*ends, *(repr(float(figure)) for figure in figures)])
    return branches


def one_grid(code: str, folder: Path) -> None:
    net = simbench.get_simbench_net(code)
    busbar, others, place = places_of(net)
    net.trafo.in_service = False
    net.ext_grid.in_service = False
    for bus in [busbar, *others]:
        pp.create_ext_grid(net, bus, vm_pu=1.0)
    values = simbench.get_absolute_values(net, profiles_instead_of_study_cases=True)
    steps = np.sort(np.random.default_rng(SEED).choice(35136, STEPS, replace=False))
    parts = [("load", 1.0), ("sgen", -1.0)]
    power = np.zeros((max(place.values()) + 1, STEPS, 2))
    losses = []
    held = {}
    for part, _ in parts:
        for column in ("p_mw", "q_mvar"):
            table = values.get((part, column))
            if table is not None:
                # Whole 0.1 kW, so that the file and pandapower have the same figure.
                held[part, column] = table.iloc[steps].round(4)
    for index, step in enumerate(steps):
        for (part, column), table in held.items():
            frame = getattr(net, part)
            frame.loc[table.columns, column] = table.iloc[index].to_numpy()
        pp.runpp(
            net, tolerance_mva=1e-10, calculate_voltage_angles=True, trafo_model="pi", numba=False, max_iteration=50
        )
        losses.append([int(step), repr(float(net.res_line.pl_mw.sum() * 1000))])
        for part, sign in parts:
            frame = getattr(net, part)
            frame = frame[frame.in_service & frame.bus.isin(place)]
            for bus, p, q, scaling in zip(frame.bus, frame.p_mw, frame.q_mvar, frame.scaling, strict=True):
                power[place[bus], index] += np.array([p, q]) * sign * scaling * 1000
    name = code.split("--", maxsplit=1)[0].lower().replace("-", "_")
    rows_written(folder / f"{name}_branches.csv", branches_of(net, place, busbar))
    rows_written(folder / f"{name}_losses.csv", [["step", "loss_kw"], *losses])
    for axis, unit in enumerate(("kw", "kvar")):
        rows_written(folder / f"{name}_{unit}.csv", [[f"{v:.1f}" for v in node] for node in power[:, :, axis]])


if __name__ == "__main__":
    for grid in GRIDS:
        one_grid(grid, Path(sys.argv[1]))
