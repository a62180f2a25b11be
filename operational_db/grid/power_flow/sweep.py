"""What do radial feeders lose, branch by branch and hour by hour: the backward/forward sweep, in numpy alone.

Many feeders are solved at once: branches are put into layers by their distance from the busbar, a layer is one numpy
operation, and hours are the second axis. Here belong arithmetic on arrays and its refusals; not the database
(network rows), not meshed networks (`meshed`).

Units: kV between phases, ohm and siemens per phase, kW and kvar of three phases. In MVA and kV the "current" S/U is the
line current times the square root of 3, so that U drops by Z times it and three phases lose R times its square.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from operational_db.refusal import Refusal

# Greatest change of a voltage between two sweeps, as a share of the busbar's. A sweep shrinks the error by about the
# relative voltage drop, so what is left after the last one is smaller still.
CONVERGED_AT = 1e-11
MOST_SWEEPS = 100
BUSBAR = -1


@dataclass(frozen=True)
class RadialNetwork:
    """One row per branch, named by the node at its far end: `parent` is the row that feeds it, BUSBAR for the first."""

    parent: np.ndarray
    feeder: np.ndarray  # row of feeder_codes
    feeder_codes: Sequence[str]
    resistance_ohm: np.ndarray
    reactance_ohm: np.ndarray
    charging_siemens: np.ndarray  # whole branch; half of it stands at each end
    busbar_kv: np.ndarray  # one per feeder


@dataclass(frozen=True)
class Flow:
    """Rows as in the network, hours as columns."""

    loss_kw: np.ndarray
    voltage_kv: np.ndarray  # complex, at the far end
    intake_kw: np.ndarray  # one row per feeder
    sweeps: int


@dataclass(frozen=True)
class Layers:
    """Branches in the order of the sweep: layer after layer from the busbar, siblings side by side."""

    order: np.ndarray
    bounds: list[tuple[int, int]]
    parent: np.ndarray  # in the sweep's own numbering


def layers_of(network: RadialNetwork) -> Layers:
    """Depth is found a layer at a time; a branch that no layer reaches hangs on nothing or on a ring."""
    count = len(network.parent)
    depth = np.full(count, -1)
    reached = network.parent == BUSBAR
    level = 0
    while reached.any():
        depth[reached] = level
        level += 1
        fed = np.zeros(count, dtype=bool)
        inner = network.parent != BUSBAR
        fed[inner] = reached[network.parent[inner]]
        reached = fed & (depth < 0)
    lost = np.flatnonzero(depth < 0)
    if lost.size:
        code = network.feeder_codes[network.feeder[lost[0]]]
        raise Refusal(
            f"Feeder {code}: {lost.size} branches, the first in row {lost[0]}, are not reached from the busbar, and "
            "the sweep needs a tree: correct their ends in the recorded network, or solve the feeder as a meshed one."
        )
    place = np.empty(count, dtype=np.int64)
    # A parent's place is known before its children's, so siblings can be sorted by it.
    order = np.empty(0, dtype=np.int64)
    bounds = []
    for layer in range(level):
        rows = np.flatnonzero(depth == layer)
        if layer:
            rows = rows[np.argsort(place[network.parent[rows]], kind="stable")]
        place[rows] = np.arange(len(order), len(order) + len(rows))
        bounds.append((len(order), len(order) + len(rows)))
        order = np.concatenate([order, rows])
    parent = network.parent[order]
    parent = np.where(parent == BUSBAR, BUSBAR, place[parent])
    return Layers(order, bounds, parent)


def sweep(
    network: RadialNetwork, load_kw: np.ndarray, load_kvar: np.ndarray, converged_at: float = CONVERGED_AT
) -> Flow:
    """Constant power at the far end of each branch, one column an hour; generation is a negative load."""
    layers = layers_of(network)
    order, bounds, parent = layers.order, layers.bounds, layers.parent
    impedance = (network.resistance_ohm + 1j * network.reactance_ohm)[order][:, None]
    half = network.charging_siemens[order] / 2
    shunt = half.copy()
    inner = parent != BUSBAR
    np.add.at(shunt, parent[inner], half[inner])
    shunt = 1j * shunt[:, None] if shunt.any() else None
    busbar = network.busbar_kv[network.feeder[order]].astype(complex)[:, None]
    power = np.empty((len(order), load_kw.shape[1]), dtype=complex)  # conjugate, MVA
    power.real = load_kw[order] / 1000
    power.imag = load_kvar[order] / -1000
    # Where a layer's siblings begin, and whose children they are.
    families = [np.unique(parent[start:end], return_index=True) for start, end in bounds[1:]]

    voltage = np.repeat(busbar, power.shape[1], axis=1)
    current = np.empty_like(voltage)
    for sweeps in range(1, MOST_SWEEPS + 1):
        with np.errstate(all="ignore"):  # a collapsed voltage is refused below, by name
            np.divide(power, voltage.conj(), out=current)
            if shunt is not None:
                current += shunt * voltage
            for (start, end), (parents, begins) in zip(reversed(bounds[1:]), reversed(families), strict=True):
                current[parents] += np.add.reduceat(current[start:end], begins, axis=0)
            change = np.zeros(power.shape[1])
            for layer, (start, end) in enumerate(bounds):
                above = voltage[parent[start:end]] if layer else busbar[start:end]
                fresh = above - impedance[start:end] * current[start:end]
                step = (fresh - voltage[start:end]) / busbar[start:end].real
                step = step.real**2 + step.imag**2
                np.maximum(change, step.max(axis=0), out=change)
                voltage[start:end] = fresh
        if not np.isfinite(change).all():
            break
        if change.max() <= converged_at**2:
            return _flow(network, layers, current, voltage, busbar, sweeps)
    raise _no_solution(network, order, voltage)


def _flow(
    network: RadialNetwork, layers: Layers, current: np.ndarray, voltage: np.ndarray, busbar: np.ndarray, sweeps: int
) -> Flow:
    order = layers.order
    loss_kw = np.empty(current.shape)
    loss_kw[order] = network.resistance_ohm[order][:, None] * (current.real**2 + current.imag**2) * 1000
    unsorted = np.empty_like(voltage)
    unsorted[order] = voltage
    start, end = layers.bounds[0]
    intake_kw = np.zeros((len(network.feeder_codes), current.shape[1]))
    # The shunt at the busbar takes no active power, so what enters is what the first branches carry.
    np.add.at(intake_kw, network.feeder[order[start:end]], (busbar[start:end] * current[start:end].conj()).real * 1000)
    return Flow(loss_kw, unsorted, intake_kw, sweeps)


def _no_solution(network: RadialNetwork, order: np.ndarray, voltage: np.ndarray) -> Refusal:
    """The worst place by the lowest voltage of the last sweep; one that is no number any more is worse than any."""
    share = np.abs(voltage) / network.busbar_kv[network.feeder[order]][:, None]
    share = np.where(np.isfinite(share), share, -1)
    row, hour = np.unravel_index(np.argmin(share), share.shape)
    code = network.feeder_codes[network.feeder[order[row]]]
    return Refusal(
        f"Feeder {code}, hour {hour}: no power flow was found in {MOST_SWEEPS} sweeps, so the loads of this hour are "
        "more than the recorded lines can carry: check the loads, the lengths and the ohms per km of the feeder."
    )
