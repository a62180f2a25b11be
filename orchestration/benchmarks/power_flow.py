"""How long does the power flow of a nation's month take, beside power-grid-model's Newton on the same feeders.

`python -m orchestration.benchmarks.power_flow` writes the section of docs/benchmarks.md. Feeders and loads are drawn
from a seed here; the solutions are of `operational_db.grid.power_flow`.
"""

import argparse
import platform
import re
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from operational_db.grid.power_flow.many_feeders import CELLS_OF_A_BLOCK, Block, losses_of_feeders_kwh
from operational_db.grid.power_flow.meshed import MeshedNetwork, meshed_losses_kw
from operational_db.grid.power_flow.sweep import BUSBAR, RadialNetwork
from orchestration.benchmarks.page import PAGE

NODES = 50
HOURS = 744
SEED = 20261201
HEADING = "## Power flow: {feeders:,} feeders of {nodes} nodes, {hours} hours"


@dataclass(frozen=True)
class Measured:
    """What one run saw; seconds of a way that solved fewer feeders are of those it solved."""

    feeders: int
    sweep_s: float
    sweep_processor_s: float
    newton_feeders: int
    newton_s: float
    newton_processor_s: float
    deviation: float
    peak_mb: float

    @property
    def ratio(self) -> float:
        return (self.newton_processor_s / self.newton_feeders) / (self.sweep_processor_s / self.feeders)


def feeders_from(first: int, count: int) -> tuple[RadialNetwork, np.ndarray, np.ndarray]:
    """Each feeder from its own seed, so that a block and a single feeder see the same one."""
    parents, ohms, reactances, charging, loads = [], [], [], [], []
    hours = np.arange(HOURS)
    for place in range(count):
        chance = np.random.default_rng([SEED, first + place])
        parent = np.array([BUSBAR if k == 0 else chance.integers(max(0, k - 4), k) for k in range(NODES)])
        parents.append(np.where(parent == BUSBAR, BUSBAR, parent + place * NODES))
        length_km = chance.uniform(0.1, 0.6, NODES)
        ohms.append(0.4 * length_km)
        reactances.append(0.35 * length_km)
        charging.append(3e-6 * length_km)
        shape = 1 + 0.4 * np.sin(2 * np.pi * (hours + chance.uniform(-3, 3, (NODES, 1))) / 24)
        loads.append(chance.uniform(5, 45, (NODES, 1)) * shape)
    load_kw = np.concatenate(loads)
    network = RadialNetwork(
        np.concatenate(parents),
        np.repeat(np.arange(count), NODES),
        [f"F-{first + place}" for place in range(count)],
        np.concatenate(ohms),
        np.concatenate(reactances),
        np.concatenate(charging),
        np.full(count, 10.0),
    )
    return network, load_kw, load_kw * 0.4


def blocks_of(feeders: int) -> list[Block]:
    size = max(1, CELLS_OF_A_BLOCK // (NODES * HOURS))
    return [partial(feeders_from, first, min(size, feeders - first)) for first in range(0, feeders, size)]


def measure(feeders: int, newton_feeders: int) -> Measured:
    begun, spent = time.perf_counter(), time.process_time()
    ours = losses_of_feeders_kwh(blocks_of(feeders))
    sweep_s, sweep_processor_s = time.perf_counter() - begun, time.process_time() - spent
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    newton_s, newton_processor_s, deviation = 0.0, 0.0, 0.0
    busbar = np.zeros((1, HOURS))
    for place in range(newton_feeders):
        begun, spent = time.perf_counter(), time.process_time()
        network, kw, kvar = feeders_from(place, 1)
        meshed = MeshedNetwork(
            f"F-{place}",
            network.parent + 1,
            np.arange(NODES) + 1,
            network.resistance_ohm,
            network.reactance_ohm,
            network.charging_siemens,
            10.0,
        )
        theirs = meshed_losses_kw(meshed, np.vstack([busbar, kw]), np.vstack([busbar, kvar])).sum()
        newton_s += time.perf_counter() - begun
        newton_processor_s += time.process_time() - spent
        deviation = max(deviation, abs(ours[place] - theirs) / theirs)
    return Measured(
        feeders, sweep_s, sweep_processor_s, newton_feeders, newton_s, newton_processor_s, deviation, peak_mb
    )


def section(told: Measured) -> str:
    """The section of the page."""
    heading = HEADING.format(feeders=told.feeders, nodes=NODES, hours=HOURS)
    return f"""{heading}
`python -m orchestration.benchmarks.power_flow --feeders {told.feeders}`, {platform.machine()}, Python \
{platform.python_version()}; drawing the loads is in
the seconds of both ways, and the ratio is of processor seconds, which neighbours on the machine distort least.

| way | feeders | seconds | of the processor | feeders/s | ours to it |
|---|--:|--:|--:|--:|--:|
| sweep, 2 threads | {told.feeders:,} | {told.sweep_s:.1f} | {told.sweep_processor_s:.1f} | \
{told.feeders / told.sweep_s:,.0f} | 1.0 |
| power-grid-model, Newton, a batch of hours | {told.newton_feeders:,} | {told.newton_s:.1f} | \
{told.newton_processor_s:.1f} | {told.newton_feeders / told.newton_s:,.0f} | {told.ratio:.1f} |

Goals: 60 s for 6,000 feeders on 2 cores, 5 times power-grid-model. 6,000 feeders would take \
{told.sweep_processor_s / told.feeders * 6000:.0f} processor seconds at this rate.
Greatest deviation of a feeder's losses between the two: {told.deviation:.1e} (at most 1e-6). Peak memory of the sweep:
{told.peak_mb:,.0f} MB (at most 1,500). pandapower is not measured here.
"""


def write(told: Measured) -> None:
    """Put the section in the place of the older one of this size; all others stay."""
    heading = HEADING.format(feeders=told.feeders, nodes=NODES, hours=HOURS)
    introduction, *sections = re.split(r"(?m)^(?=## )", PAGE.read_text(encoding="utf-8"))
    kept = [text.rstrip() for text in sections if not text.startswith(heading + "\n")]
    PAGE.write_text("\n\n".join([introduction.rstrip(), *kept, section(told).rstrip()]) + "\n", encoding="utf-8")


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m orchestration.benchmarks.power_flow", description=__doc__)
    parser.add_argument("--feeders", type=int, default=6000)
    parser.add_argument("--newton-feeders", type=int, default=60)
    told = parser.parse_args(arguments)
    measured = measure(told.feeders, min(told.newton_feeders, told.feeders))
    write(measured)
    sys.stdout.write(section(measured))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
