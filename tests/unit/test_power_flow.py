"""The power flow: a line worked out by hand, and what holds for any tree whatever its numbers."""

import numpy as np
import pytest

from operational_db.grid.power_flow.meshed import MeshedNetwork, meshed_losses_kw
from operational_db.grid.power_flow.sweep import BUSBAR, Flow, RadialNetwork, sweep
from operational_db.refusal import Refusal

HOURS = 24


def one_line(ohm: float = 4.0, reactance_ohm: float = 0.0) -> RadialNetwork:
    return RadialNetwork(
        np.array([BUSBAR]),
        np.array([0]),
        ["F-1"],
        np.array([ohm]),
        np.array([reactance_ohm]),
        np.array([0.0]),
        np.array([10.0]),
    )


def random_trees(seed: int, feeders: int = 4, nodes: int = 25) -> tuple[RadialNetwork, np.ndarray, np.ndarray]:
    chance = np.random.default_rng(seed)
    parent = np.concatenate(
        [
            [BUSBAR if k == 0 else f * nodes + chance.integers(max(0, k - 6), k) for k in range(nodes)]
            for f in range(feeders)
        ]
    )
    count = feeders * nodes
    network = RadialNetwork(
        parent,
        np.repeat(np.arange(feeders), nodes),
        [f"F-{f}" for f in range(feeders)],
        chance.uniform(0.02, 0.5, count),
        chance.uniform(0.02, 0.3, count),
        chance.uniform(0, 2e-5, count),
        np.full(feeders, 10.0),
    )
    load_kw = chance.uniform(-10, 80, (count, HOURS))  # a few consumers generate
    return network, load_kw, load_kw * chance.uniform(0.1, 0.5, (count, 1))


def test_a_line_of_4_ohm_at_10_kv_with_2250_kw_at_its_end() -> None:
    # U2 * (U1 - U2) / R = P: U2^2 - 10 U2 + 4 * 2.25 = 0, so U2 = (10 + sqrt(100 - 36)) / 2 = 9 kV.
    # Loss = (U1 - U2)^2 / R = 1 / 4 MW = 250 kW; what enters is 2,250 + 250 = 2,500 kW.
    flow = sweep(one_line(), np.array([[2250.0]]), np.array([[0.0]]))
    assert flow.voltage_kv[0, 0] == pytest.approx(9.0, rel=1e-9)
    assert flow.loss_kw[0, 0] == pytest.approx(250.0, rel=1e-9)
    assert flow.intake_kw[0, 0] == pytest.approx(2500.0, rel=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_what_enters_is_what_is_used_and_lost(seed: int) -> None:
    network, kw, kvar = random_trees(seed)
    flow = sweep(network, kw, kvar)
    for feeder in range(4):
        own = network.feeder == feeder
        gone = kw[own].sum(axis=0) + flow.loss_kw[own].sum(axis=0)
        np.testing.assert_allclose(flow.intake_kw[feeder], gone, rtol=1e-9, atol=1e-7)


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_the_nodes_changes_nothing(seed: int) -> None:
    network, kw, kvar = random_trees(seed)
    shuffled = np.random.default_rng(seed + 100).permutation(len(kw))
    place = np.argsort(shuffled)
    parent = network.parent[shuffled]
    other = RadialNetwork(
        np.where(parent == BUSBAR, BUSBAR, place[parent]),
        network.feeder[shuffled],
        network.feeder_codes,
        network.resistance_ohm[shuffled],
        network.reactance_ohm[shuffled],
        network.charging_siemens[shuffled],
        network.busbar_kv,
    )
    first, second = sweep(network, kw, kvar), sweep(other, kw[shuffled], kvar[shuffled])
    np.testing.assert_allclose(second.loss_kw, first.loss_kw[shuffled], rtol=1e-9, atol=1e-12)


def test_four_times_the_loads_at_twice_the_voltage_lose_four_times_as_much() -> None:
    # With U and S scaled as k and k^2, S/U scales as k, so do the drops Z * S/U, and R * (S/U)^2 scales as k^2.
    network, kw, kvar = random_trees(7)
    twice = RadialNetwork(**{**network.__dict__, "busbar_kv": network.busbar_kv * 2})
    np.testing.assert_allclose(
        sweep(twice, kw * 4, kvar * 4).loss_kw, sweep(network, kw, kvar).loss_kw * 4, rtol=1e-9, atol=1e-12
    )


@pytest.mark.parametrize("seed", range(5))
def test_the_sweep_and_newton_agree_on_random_trees(seed: int) -> None:
    network, kw, kvar = random_trees(seed, feeders=1, nodes=40)
    flow: Flow = sweep(network, kw, kvar)
    busbar = np.zeros((1, HOURS))
    meshed = MeshedNetwork(
        "F-0",
        network.parent + 1,
        np.arange(len(kw)) + 1,
        network.resistance_ohm,
        network.reactance_ohm,
        network.charging_siemens,
        10.0,
    )
    newton = meshed_losses_kw(meshed, np.vstack([busbar, kw]), np.vstack([busbar, kvar]))
    np.testing.assert_allclose(flow.loss_kw.sum(axis=0), newton.sum(axis=0), rtol=1e-9)


def test_a_ring_of_two_equal_lines_loses_half_of_one() -> None:
    # Two lines of 8 ohm side by side are one of 4 ohm: 250 kW as above, 125 kW in each.
    two = np.array([0, 0])
    ring = MeshedNetwork("F-1", two, two + 1, np.array([8.0, 8.0]), np.zeros(2), np.zeros(2), 10.0)
    loss = meshed_losses_kw(ring, np.array([[0.0], [2250.0]]), np.zeros((2, 1)))
    assert loss[:, 0] == pytest.approx([125.0, 125.0], rel=1e-9)


def test_a_load_that_no_line_can_carry_is_refused_by_feeder_and_hour() -> None:
    # The line carries at most U^2 / 4R = 100 / 16 = 6.25 MW; hour 1 asks for 7.
    with pytest.raises(Refusal, match="Feeder F-1, hour 1: no power flow was found"):
        sweep(one_line(), np.array([[2250.0, 7000.0]]), np.zeros((1, 2)))


def test_a_branch_that_hangs_on_itself_is_refused() -> None:
    network = RadialNetwork(**random_trees(1)[0].__dict__)
    network.parent[30], network.parent[31] = 31, 30
    with pytest.raises(Refusal, match="are not reached from the busbar"):
        sweep(network, np.zeros((100, 1)), np.zeros((100, 1)))
