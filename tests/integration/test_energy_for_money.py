"""The price turned round: what a sum pays for costs no more than the sum, and one kWh more would."""

from collections.abc import Iterator
from decimal import Decimal

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SOUM = 100

# Steps of both kinds, prices with VAT and without, bounds by resident, one price for all.
CASES = [
    ("uz.household", "2024-07-01", "all", 1),
    ("uz.household", "2025-07-01", "all", 1),
    ("uz.household", "2020-07-01", "all", 1),
    ("uz.household_estove", "2025-07-01", "all", 1),
    ("uz.legal", "2025-07-01", "all", 1),
    ("ua.household", "2022-07-01", "all", 1),
]
many = settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def counter(database: psycopg.Connection) -> Iterator[psycopg.Connection]:
    database.autocommit = False
    yield database
    database.rollback()
    database.autocommit = True


def _turned_round(counter: psycopg.Connection, case: tuple, money_minor: int) -> tuple[Decimal, int]:
    tariff, day, variant, residents = case
    return counter.execute(
        "SELECT e.energy_kwh, e.charge_minor FROM ops.tariff_in_force AS f"
        " LEFT JOIN ops.tariff_season AS c"
        "   ON c.tariff_version_id = f.tariff_version_id AND c.month_of_year = extract(month FROM %(day)s::date)"
        " CROSS JOIN LATERAL ops.whole_kwh_for("
        "   %(money)s, f.tariff_version_id, %(variant)s, coalesce(c.season_code, 'all'),"
        "   ops.step_bound_factor(f.step_basis, %(residents)s, date_trunc('month', %(day)s::date)::date,"
        "     (date_trunc('month', %(day)s::date) + interval '1 month')::date, NULL), f.step_mode = 'whole',"
        "   CASE WHEN f.price_includes_vat THEN 0 ELSE f.vat_rate END) AS e"
        " WHERE f.tariff_code = %(tariff)s AND daterange(f.valid_from, f.valid_to) @> %(day)s::date",
        {"tariff": tariff, "day": day, "variant": variant, "residents": residents, "money": money_minor},
    ).fetchone() or (Decimal(0), 0)


def _price(counter: psycopg.Connection, case: tuple, kwh: Decimal) -> int:
    tariff, day, variant, residents = case
    return counter.execute(
        "SELECT sum(charge_minor)::bigint FROM ops.price(%s, %s, ARRAY['all'], ARRAY[%s]::numeric[], %s, %s)",
        [tariff, day, kwh, variant, residents],
    ).fetchone()[0]


@many
@given(case=st.sampled_from(CASES), money_minor=st.integers(0, 10_000_000_00))
def test_it_pays_for_this_and_not_for_one_more(
    counter: psycopg.Connection, case: tuple, money_minor: int
) -> None:
    kwh, charge_minor = _turned_round(counter, case, money_minor)
    assert kwh == int(kwh)
    assert charge_minor == _price(counter, case, kwh)
    assert charge_minor <= money_minor < _price(counter, case, kwh + 1)


@many
@given(case=st.sampled_from(CASES), kwh=st.integers(1, 12_000), one_less=st.booleans())
def test_the_exact_sum_pays_for_it_and_a_coin_less_does_not(
    counter: psycopg.Connection, case: tuple, kwh: int, one_less: bool
) -> None:
    money_minor = _price(counter, case, Decimal(kwh)) - one_less
    assert _turned_round(counter, case, money_minor)[0] == kwh - one_less


@pytest.mark.parametrize(("soum", "kwh", "left_soum"), [
    (240_000, 350, 0),  # 200 x 600 + 150 x 800
    (240_799, 350, 799),  # a coin short of the next 800
    (120_000, 200, 0),
    (120_799, 200, 799),
    (599, 0, 599),
    (360_000, 500, 0),  # domain.md 2.1
    (360_999, 500, 999),  # kWh 501 costs 1 000
    (860_000, 1_000, 0),
])  # fmt: skip
def test_oracles_of_the_price_list_of_2025(
    counter: psycopg.Connection, soum: int, kwh: int, left_soum: int
) -> None:
    energy_kwh, charge_minor = _turned_round(counter, CASES[1], soum * SOUM)
    assert (energy_kwh, soum * SOUM - charge_minor) == (kwh, left_soum * SOUM)


@pytest.mark.parametrize(("tenge", "kwh"), [(3_684, 200), (3_683, 199), (5_991, 300), (100_000, 300)])
def test_steps_by_resident_and_a_price_that_nobody_knows(
    counter: psycopg.Connection, tenge: int, kwh: int
) -> None:
    # Two residents: 200 x 18.42 = 3 684, then 100 x 23.07 = 2 307; above 300 kWh no price is known.
    assert _turned_round(counter, ("kz.rudny", "2022-10-01", "all", 2), tenge * 100)[0] == kwh
