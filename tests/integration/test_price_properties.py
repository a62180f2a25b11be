"""What holds for every volume: a second, plain way to the same price, and laws that no price may break."""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TIYIN = 100

# Steps as published (domain.md 2.1): upper bound in kWh, price in soum.
STEPS_2024 = [(200, "450"), (1000, "900"), (5000, "1350"), (10000, "1575"), (None, "1800")]
STEPS_2025 = [(200, "600"), (500, "800"), (1000, "1000"), (5000, "1500"), (10000, "1750"), (None, "2000")]
FLAT_2020 = [(None, "147.5")]
CASES = {
    ("uz.household", "2024-07-01"): (STEPS_2024, "0.12"),
    ("uz.household", "2025-07-01"): (STEPS_2025, "0.12"),
    ("uz.household_estove", "2020-07-01"): (FLAT_2020, "0.15"),
}

volumes = st.decimals(min_value=0, max_value=20_000, places=6, allow_nan=False)
some_case = st.sampled_from(sorted(CASES))
# The database is the same for all examples on purpose: asking a price changes nothing.
many = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def counter(database: psycopg.Connection) -> Iterator[psycopg.Connection]:
    database.autocommit = False
    yield database
    database.rollback()
    database.autocommit = True


def _asked(counter: psycopg.Connection, case: tuple[str, str], kwh: Decimal) -> list[tuple]:
    return counter.execute(
        "SELECT energy_kwh, charge_minor, vat_minor FROM ops.price(%s, %s, ARRAY['all'], ARRAY[%s]::numeric[])",
        [*case, kwh],
    ).fetchall()


def _by_hand(case: tuple[str, str], kwh: Decimal) -> list[tuple]:
    """The same in plain Decimal: each block at its own price, rounded once, half away from zero."""
    steps, vat_rate = CASES[case]
    lines, lower = [], Decimal(0)
    for upper, soum in steps:
        energy = min(kwh, Decimal(upper) if upper else kwh) - lower
        if energy > 0 or (lower == 0 and kwh == 0):
            charge = (energy * Decimal(soum) * TIYIN).quantize(Decimal(1), ROUND_HALF_UP)
            vat = (charge * Decimal(vat_rate) / (1 + Decimal(vat_rate))).quantize(Decimal(1), ROUND_HALF_UP)
            lines.append((energy, int(charge), int(vat)))
        lower = Decimal(upper or 0)
    return lines


@many
@given(case=some_case, kwh=volumes)
def test_two_ways_give_the_same_lines(counter: psycopg.Connection, case: tuple[str, str], kwh: Decimal) -> None:
    assert _asked(counter, case, kwh) == _by_hand(case, kwh)


@many
@given(case=some_case, kwh=volumes, more=volumes)
def test_more_energy_never_costs_less_and_none_is_lost(
    counter: psycopg.Connection, case: tuple[str, str], kwh: Decimal, more: Decimal
) -> None:
    less_lines, more_lines = _asked(counter, case, kwh), _asked(counter, case, kwh + more)
    assert sum(line[0] for line in less_lines) == kwh
    assert sum(line[0] for line in more_lines) == kwh + more
    assert sum(line[1] for line in more_lines) >= sum(line[1] for line in less_lines)


@many
@given(
    case=some_case,
    kwh=st.sampled_from([0, 200, 500, 1000, 5000, 10000]),
    hair=st.sampled_from(["-0.000001", "0", "0.000001"]),
)
def test_the_edges_of_steps_are_exact(counter: psycopg.Connection, case: tuple[str, str], kwh: int, hair: str) -> None:
    volume = max(Decimal(0), kwh + Decimal(hair))
    assert _asked(counter, case, volume) == _by_hand(case, volume)
