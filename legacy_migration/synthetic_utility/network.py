"""Which wires bring the energy, and what is lost on them?

Belongs here: substations, feeders, transformer points and line sections of one RES, technical losses of a
month. Does not belong here: theft (the network cannot tell it from use), meters of consumers.

A feeder is a tree: the substation is its root, poles hang one on another, each transformer point hangs on a
pole. Losses follow the method of the feeder balance without form factor: tg phi 0.8, energy of a month
spread evenly over its hours, elements nearer the substation carry the losses of those behind them.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .company import District, feeders_for
from .months import Months

CONSUMERS_PER_TP: Final = 83
FEEDERS_PER_SUBSTATION: Final = 5
_REACTIVE_SQUARED: Final = 1 + 0.8**2

# rated kVA, no-load kW, load loss kW
_TRANSFORMERS: Final = np.array(
    [
        (25, 0.13, 0.60), (40, 0.18, 0.88), (63, 0.24, 1.28), (100, 0.33, 1.97), (160, 0.51, 2.65), (250, 0.74, 3.70),
        (400, 0.95, 5.50), (630, 1.31, 7.60), (1000, 2.00, 12.20), (1600, 2.75, 18.00), (2500, 3.75, 24.00),
    ]
)  # fmt: skip
# name, ohm/km, reactance ohm/km
_TRUNK: Final = (("АС-70", 0.420, 0.345), ("АС-95", 0.314, 0.334), ("АСБ-120", 0.258, 0.081))
_BRANCH: Final = (("АС-35", 0.773, 0.366), ("АС-50", 0.592, 0.355))
_LOAD_FACTOR_OF_SIZING: Final = 0.35


@dataclass(frozen=True)
class Sections:
    """Line sections of all feeders; a section's index equals that of the node at its far end."""

    feeder: np.ndarray
    parent: np.ndarray
    node_code: list[str]
    parent_code: list[str]
    tp: np.ndarray
    length_m: np.ndarray
    conductor: np.ndarray
    resistance: np.ndarray
    reactance: np.ndarray


@dataclass(frozen=True)
class Losses:
    """Technical losses in kWh, one row a feeder, one column a month."""

    no_load: np.ndarray
    load: np.ndarray
    lines: np.ndarray

    @property
    def total(self) -> np.ndarray:
        """All of them."""
        return self.no_load + self.load + self.lines


@dataclass(frozen=True)
class Network:
    """The medium-voltage network of one RES."""

    district: District
    substation_code: list[str]
    substation_upper_kv: np.ndarray
    substation_lower_kv: np.ndarray
    substation_mva: np.ndarray
    feeder_code: list[str]
    feeder_substation: np.ndarray
    tp_code: list[str]
    tp_feeder: np.ndarray
    tp_transformer: np.ndarray
    sections: Sections

    @property
    def feeder_kv(self) -> np.ndarray:
        """Nominal voltage of each feeder: that of the busbar it leaves from."""
        return self.substation_lower_kv[self.feeder_substation]

    @property
    def tp_rated_kva(self) -> np.ndarray:
        """Rated power of each transformer point."""
        return _TRANSFORMERS[self.tp_transformer, 0]

    @property
    def tp_no_load_kw(self) -> np.ndarray:
        """Loss of each transformer under voltage, load or none."""
        return _TRANSFORMERS[self.tp_transformer, 1]

    @property
    def tp_load_kw(self) -> np.ndarray:
        """Loss of each transformer in its windings at rated load."""
        return _TRANSFORMERS[self.tp_transformer, 2]


@dataclass(frozen=True)
class Hanging:
    """On which transformer point each consumer hangs: indexes into the RES's transformer points."""

    household_tp: np.ndarray
    legal_tp: np.ndarray
    tp_count: int
    tp_feeder: np.ndarray
    feeder_count: int


def feeder_codes(res_code: str, feeder: np.ndarray) -> pa.Array:
    """Codes of feeders from their indexes within the RES."""
    return _codes(f"{res_code}F", feeder, 3)


def tp_codes(res_code: str, tp: np.ndarray) -> pa.Array:
    """Codes of transformer points from their indexes within the RES."""
    return _codes(f"{res_code}T", tp, 4)


def _codes(prefix: str, index: np.ndarray, width: int) -> pa.Array:
    numbers = pc.utf8_lpad(pa.array(index + 1).cast(pa.string()), width, "0")
    return pc.binary_join_element_wise(prefix, numbers, "")


def hang_consumers(households: int, is_large: np.ndarray, rng: np.random.Generator) -> Hanging:
    """Neighbours share a transformer point, a consumer of 750 kVA or more has its own."""
    ordinary_legal = int((~is_large).sum())
    shared_tps = max(1, round((households + ordinary_legal) / CONSUMERS_PER_TP))
    feeders = feeders_for(households + len(is_large))
    shared_tps = max(shared_tps, feeders)
    crowding = rng.uniform(0.5, 1.5, shared_tps)
    borders = np.rint(np.cumsum(crowding) / crowding.sum() * households).astype(np.int64)
    household_tp = np.searchsorted(borders, np.arange(households), side="right")
    legal_tp = rng.integers(0, shared_tps, len(is_large))
    legal_tp[is_large] = shared_tps + np.arange(int(is_large.sum()))
    tp_count = shared_tps + int(is_large.sum())
    tp_feeder = np.empty(tp_count, dtype=np.int64)
    tp_feeder[:shared_tps] = np.arange(shared_tps) * feeders // shared_tps
    tp_feeder[shared_tps:] = rng.integers(0, feeders, tp_count - shared_tps)
    return Hanging(household_tp, legal_tp, tp_count, tp_feeder, feeders)


def build_network(
    district: District, hanging: Hanging, tp_kwh: np.ndarray, months: Months, rng: np.random.Generator
) -> Network:
    """Size transformers by their fullest month and draw the lines."""
    busiest_kw = (tp_kwh / months.hours).max(axis=1)
    wanted_kva = busiest_kw / _LOAD_FACTOR_OF_SIZING
    transformer = np.minimum(np.searchsorted(_TRANSFORMERS[:, 0], wanted_kva), len(_TRANSFORMERS) - 1)
    substations = -(-hanging.feeder_count // FEEDERS_PER_SUBSTATION)
    substation_code = [f"{district.code}P{number:02d}" for number in range(1, substations + 1)]
    feeder_code = feeder_codes(district.code, np.arange(hanging.feeder_count)).to_pylist()
    tp_code = tp_codes(district.code, np.arange(hanging.tp_count)).to_pylist()
    feeder_substation = np.arange(hanging.feeder_count) // FEEDERS_PER_SUBSTATION
    roots = [substation_code[index] for index in feeder_substation]
    return Network(
        district=district,
        substation_code=substation_code,
        substation_upper_kv=rng.choice([35, 110], substations, p=[0.75, 0.25]),
        substation_lower_kv=rng.choice([6, 10], substations, p=[0.3, 0.7]),
        substation_mva=rng.choice([4, 6, 10, 16], substations),
        feeder_code=feeder_code,
        feeder_substation=feeder_substation,
        tp_code=tp_code,
        tp_feeder=hanging.tp_feeder,
        tp_transformer=transformer,
        sections=_draw_lines(feeder_code, roots, tp_code, hanging.tp_feeder, rng),
    )


def _draw_lines(
    feeder_code: list[str],
    roots: list[str],
    tp_code: list[str],
    tp_feeder: np.ndarray,
    rng: np.random.Generator,
) -> Sections:
    feeder: list[int] = []
    parent: list[int] = []
    node_code: list[str] = []
    parent_code: list[str] = []
    tp: list[int] = []
    for index, code in enumerate(feeder_code):
        hung = np.flatnonzero(tp_feeder == index)
        first_pole = len(node_code)
        goes_on = rng.random(len(hung)) < 0.75
        earlier = rng.integers(0, np.maximum(np.arange(len(hung)), 1))
        for pole in range(len(hung)):
            behind = pole - 1 if goes_on[pole] or pole == 0 else int(earlier[pole])
            feeder.append(index)
            parent.append(first_pole + behind if pole else -1)
            node_code.append(f"{code}-{pole + 1:02d}")
            parent_code.append(node_code[first_pole + behind] if pole else roots[index])
            tp.append(-1)
        for pole, point in enumerate(hung):
            feeder.append(index)
            parent.append(first_pole + pole)
            node_code.append(tp_code[point])
            parent_code.append(node_code[first_pole + pole])
            tp.append(int(point))
    is_branch = np.array(tp) >= 0
    count = len(node_code)
    length = np.where(is_branch, rng.integers(20, 200, count), rng.integers(150, 1200, count))
    trunk_kind, branch_kind = (
        rng.integers(0, len(_TRUNK), len(feeder_code)),
        rng.integers(0, len(_BRANCH), count),
    )
    kinds = [_BRANCH[branch_kind[at]] if is_branch[at] else _TRUNK[trunk_kind[feeder[at]]] for at in range(count)]
    return Sections(
        feeder=np.array(feeder),
        parent=np.array(parent),
        node_code=node_code,
        parent_code=parent_code,
        tp=np.array(tp),
        length_m=length,
        conductor=np.array([kind[0] for kind in kinds]),
        resistance=np.array([kind[1] for kind in kinds]),
        reactance=np.array([kind[2] for kind in kinds]),
    )


def technical_losses(network: Network, tp_kwh: np.ndarray, months: Months) -> Losses:
    """Losses of each feeder and month from the true energy behind each transformer."""
    hours = months.hours.astype(float)
    no_load = network.tp_no_load_kw[:, None] * hours
    squared_energy = tp_kwh.astype(float) ** 2 * _REACTIVE_SQUARED
    load = squared_energy / (network.tp_rated_kva[:, None] ** 2 * hours) * network.tp_load_kw[:, None]
    sections = network.sections
    flow = np.zeros((len(sections.node_code), months.count))
    is_branch = sections.tp >= 0
    at_tp = sections.tp[is_branch]
    flow[is_branch] = tp_kwh[at_tp] + no_load[at_tp] + load[at_tp]
    volts = network.feeder_kv[sections.feeder] * 1000.0
    per_squared_kwh = _REACTIVE_SQUARED * sections.resistance * sections.length_m / volts**2
    lines = np.zeros_like(flow)
    # A node is always drawn after the one it hangs on, so going backwards sees every far end first.
    for node in range(len(flow) - 1, -1, -1):
        lines[node] = flow[node] ** 2 * per_squared_kwh[node] / hours
        if sections.parent[node] >= 0:
            flow[sections.parent[node]] += flow[node] + lines[node]
    feeders = len(network.feeder_code)
    return Losses(
        no_load=sum_by(no_load, network.tp_feeder, feeders),
        load=sum_by(load, network.tp_feeder, feeders),
        lines=sum_by(lines, sections.feeder, feeders),
    )


def sum_by(values: np.ndarray, group: np.ndarray, groups: int) -> np.ndarray:
    """Rows added up by group."""
    total = np.zeros((groups, values.shape[1]), dtype=values.dtype)
    np.add.at(total, group, values)
    return total
