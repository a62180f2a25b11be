"""Laws of shadow billing: a charge equal to ours is equal, and ours with one planted cause is of that cause's class.

Prices are counted here once more, by hand, so that no figure comes from what is tested.
"""

import csv
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from legacy_migration.commands import migrate
from legacy_migration.shadow_billing.commands import shadow_bill, shadow_differences
from legacy_migration.synthetic_utility.generation import generate
from operational_db.connections import Role, connect
from operational_db.settings import Settings
from tests.parallel_run import Billed, Home, write_dump

BY = "administrator"
JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)
SOUM = 100

LIST_OF_2025: Final = ((200, 600), (500, 800), (1000, 1000), (5000, 1500), (10_000, 1750), (None, 2000))
LIST_OF_2024: Final = ((200, 450), (1000, 900), (5000, 1350), (10_000, 1575), (None, 1800))


def by_steps(kwh: int, steps: tuple[tuple[int | None, int], ...], *, has_stove: bool) -> int:
    """What kWh of one month cost in tiyin; a stove halves every price."""
    soum, lower = 0, 0
    for upper, price in steps:
        soum += max(0, (kwh if upper is None else min(kwh, upper)) - lower) * price
        lower = upper or lower
    return soum * SOUM // (2 if has_stove else 1)


def ours(kwh: int, has_stove: bool) -> int:
    return by_steps(kwh, LIST_OF_2025, has_stove=has_stove)


def at_price_of_last_step(kwh: int, has_stove: bool) -> int:
    price = next(price for upper, price in LIST_OF_2025 if upper is None or kwh <= upper)
    return kwh * price * SOUM // (2 if has_stove else 1)


PLANTED: Final[dict[str, tuple[str, Callable[[int, bool], int]]]] = {
    "equal": ("equal", ours),
    "list before": ("tariff_date", lambda kwh, stove: by_steps(kwh, LIST_OF_2024, has_stove=stove)),
    "other consumer": ("norm", lambda kwh, stove: ours(kwh, not stove)),
    "whole volume": ("norm", at_price_of_last_step),
    # No list, norm, zone or share makes 77.77 soum more, or a price a seventh dearer.
    "some more": ("unexplained", lambda kwh, stove: ours(kwh, stove) + 7_777),
    "a seventh dearer": ("unexplained", lambda kwh, stove: ours(kwh, stove) * 8 // 7 + 1),
    "estimate": ("missing_reading", ours),
    "kWh too many": ("unexplained", ours),
}
USED_OTHERWISE: Final = {"estimate", "kWh too many"}

a_bill = st.tuples(st.integers(201, 12_000), st.booleans(), st.sampled_from(sorted(PLANTED)))


@pytest.mark.requirement("B49", "B50")
@hypothesis_settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bills=st.lists(a_bill, min_size=5, max_size=40, unique_by=lambda bill: bill[0]))
@example(bills=[(201 + number, bool(number % 2), cause) for number, cause in enumerate(sorted(PLANTED))])
def test_a_planted_cause_is_found_as_that_cause(
    settings: Settings, tmp_path: Path, bills: list[tuple[int, bool, str]]
) -> None:
    homes = []
    for number, (kwh, has_stove, cause) in enumerate(bills):
        charge = PLANTED[cause][1](kwh, has_stove)
        months = [Billed(JANUARY, kwh, charge, used_kwh=kwh + 9 if cause in USED_OTHERWISE else None)]
        if cause == "estimate":
            # February makes up for the 9 kWh that January was short of.
            months.append(Billed(FEBRUARY, kwh, ours(kwh, has_stove), used_kwh=kwh - 9))
        homes.append(Home(f"{number}", months, tariff="STOVE" if has_stove else "HOME"))
    folder = tmp_path / f"dump_{len(list(tmp_path.iterdir()))}"
    profile = write_dump(folder, homes)
    protocol_id = migrate(settings, folder, profile=str(profile), by=BY).protocol_id
    shadow_bill(settings, protocol_id, by=BY)
    found = {
        d.legacy_key: d.class_code for d in shadow_differences(settings, protocol_id) if d.service_month == JANUARY
    }
    expected = {f"old {number}": PLANTED[cause][0] for number, (_, _, cause) in enumerate(bills)}
    assert {key: found.get(key, "equal") for key in expected} == expected


SPOILED_CHARGES = ("charge_sign", "charge_thousandfold", "energy_in_mwh", "charge_columns_swapped")
"""A charge told for the wrong month is told twice for that month, and rejected."""


@pytest.mark.requirement("B50")
@pytest.mark.parametrize("seed", [3, 1_771])
def test_of_a_made_up_utility_only_planted_faults_differ(settings: Settings, tmp_path: Path, seed: int) -> None:
    """Its charges are counted by `synthetic_utility.charges`, apart from ours; only what is planted in them differs."""
    folder = tmp_path / "utility"
    made = generate(1500, 4, seed, folder)
    protocol_id = migrate(settings, folder, profile="merged_utility", by=BY).protocol_id
    shadow_bill(settings, protocol_id, by=BY)
    differences = shadow_differences(settings, protocol_id)
    swapped = [d for d in differences if "are swapped" in d.evidence]
    assert len(swapped) == made.faults["swapped_charges"]
    # An account of an unknown tariff has no point; it has four bills.
    without_tariff = [d for d in differences if "no metering point of the account is loaded" in d.evidence]
    assert len(without_tariff) == 4 * made.faults["unknown_tariff"]
    with connect(settings, Role.LOADER) as session:
        faulty = {
            row[0]
            for row in session.execute(
                "SELECT split_part(legacy_key, ' ', 1) FROM migration.verdict WHERE entity = 'reading'"
            )
        }
    rest = [d for d in differences if d not in swapped and d not in without_tariff]
    with (tmp_path / "utility_truth" / "faults.csv").open(encoding="utf-8", newline="") as file:
        spoiled = {row["key"].replace(":", "/") for row in csv.DictReader(file) if row["kind"] in SPOILED_CHARGES}
    # What is left is explained by readings that were rejected, of the same accounts; a charge that was spoiled is not.
    assert {d.legacy_key for d in rest if d.class_code == "missing_reading"} <= faulty | spoiled
    assert {d.legacy_key for d in rest if d.class_code != "missing_reading"} <= spoiled <= {d.legacy_key for d in rest}
