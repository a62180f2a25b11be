"""Three medium-voltage grids of SimBench: our losses of the lines beside pandapower's, for 96 steps of a year.

What made the figures, and under which conditions, is told in tests/reference_power_flow/simbench_losses.py.
"""

import csv
from pathlib import Path

import numpy as np
import pytest

from operational_db.grid.power_flow.meshed import MeshedNetwork, meshed_losses_kw
from operational_db.grid.power_flow.sweep import BUSBAR, RadialNetwork, sweep

FIGURES = Path(__file__).parent.parent / "fixtures" / "simbench"
# The commercial grid has a ring, which only the meshed solver takes.
WAYS = [
    ("1_mv_rural", "sweep"),
    ("1_mv_rural", "meshed"),
    ("1_mv_semiurb", "sweep"),
    ("1_mv_semiurb", "meshed"),
    ("1_mv_comm", "meshed"),
]


def figures(grid: str, what: str) -> np.ndarray:
    with (FIGURES / f"{grid}_{what}.csv").open(newline="") as opened:
        rows = list(csv.reader(opened))
    return np.array(rows[1:] if what in {"branches", "losses"} else rows, dtype=float)


def away_from_the_busbar(first: np.ndarray, second: np.ndarray) -> list[tuple[int, int, int]] | None:
    """Each branch as (row, nearer node, farther node) in the order of reaching it; None if there is a ring."""
    reached, left, ways = {0}, list(range(len(first))), []
    while left:
        branch = next((row for row in left if (first[row] in reached) != (second[row] in reached)), None)
        if branch is None:
            return None
        ends = int(first[branch]), int(second[branch])
        near, far = ends if ends[0] in reached else ends[::-1]
        reached.add(far)
        left.remove(branch)
        ways.append((branch, near, far))
    return ways


@pytest.mark.parametrize(("grid", "solver"), WAYS)
def test_losses_are_those_of_pandapower(grid: str, solver: str) -> None:
    branches, expected = figures(grid, "branches"), figures(grid, "losses")[:, 1]
    kw, kvar = figures(grid, "kw"), figures(grid, "kvar")
    first, second = branches[:, 0].astype(int), branches[:, 1].astype(int)
    # Open ends of lines are nodes without loads, after those that the files of loads know.
    free_ends = np.zeros((max(first.max(), second.max()) + 1 - len(kw), kw.shape[1]))
    kw, kvar = np.vstack([kw, free_ends]), np.vstack([kvar, free_ends])
    if solver == "meshed":
        network = MeshedNetwork(grid, first, second, *branches[:, 2:5].T, branches[0, 5])
        losses = meshed_losses_kw(network, kw, kvar)
    else:
        ways = away_from_the_busbar(first, second)
        assert ways is not None
        row_of = {far: row for row, (_, _, far) in enumerate(ways)}
        rows, far = [way[0] for way in ways], [way[2] for way in ways]
        parent = np.array([row_of.get(near, BUSBAR) for _, near, _ in ways])
        tree = RadialNetwork(parent, np.zeros(len(ways), dtype=int), [grid], *branches[rows, 2:5].T, branches[:1, 5])
        losses = sweep(tree, kw[far], kvar[far]).loss_kw
    assert len(expected) == 96
    np.testing.assert_allclose(losses.sum(axis=0), expected, rtol=1e-6)
