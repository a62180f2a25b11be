"""The invented utility is shaped like a real one: sizes, seasons, tariff, losses, half-hours.

Pure functions are tried here; what stands in the files is tried in test_synthetic_utility.py.
"""

import re
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from legacy_migration.synthetic_utility import layouts
from legacy_migration.synthetic_utility.charges import household_charge_minor, legal_charge_minor
from legacy_migration.synthetic_utility.company import AMR_POINT_DAYS_MAX, design_company
from legacy_migration.synthetic_utility.consumption import household_energy
from legacy_migration.synthetic_utility.faults import HOUSEHOLD_FAULTS, choose_victims
from legacy_migration.synthetic_utility.months import Months
from legacy_migration.synthetic_utility.network import (
    build_network,
    hang_consumers,
    technical_losses,
)


def random(seed: int = 5) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize(
    ("kwh", "soums", "e_stove_soums"),
    [
        (0, 0, 0),
        (200, 120_000, 60_000),  # 200 x 600
        (201, 120_800, 60_400),  # 120,000 + 1 x 800
        (350, 240_000, 120_000),  # 120,000 + 150 x 800
        (500, 360_000, 180_000),  # 120,000 + 300 x 800
        (1_000, 860_000, 430_000),  # 360,000 + 500 x 1,000
        (5_000, 6_860_000, 3_430_000),  # 860,000 + 4,000 x 1,500
        (12_000, 19_610_000, 9_805_000),  # 6,860,000 + 5,000 x 1,750 + 2,000 x 2,000
    ],
)
def test_the_old_program_charges_by_the_steps_of_may_2025(kwh: int, soums: int, e_stove_soums: int) -> None:
    both = household_charge_minor(np.array([kwh, kwh]), np.array([False, True]))
    assert both.tolist() == [soums * 100, e_stove_soums * 100]


def test_the_old_program_charges_legal_consumers_one_price() -> None:
    assert legal_charge_minor(np.array([1, 2_550])).tolist() == [100_000, 255_000_000]  # x 1,000 soums


def test_seventy_two_percent_of_households_stay_within_200_kwh_in_june() -> None:
    months = Months(date(2026, 1, 1), 12)
    energy = household_energy(np.ones(40_000, dtype=bool), months, random())
    within = (energy.recorded_kwh <= 200).mean(axis=0)
    # Standard error of the share: sqrt(0.72 x 0.28 / 40,000) = 0.0022; four of them are 0.009.
    assert within[5] == pytest.approx(0.72, abs=0.009)
    assert within[0] < within[5] - 0.05, "January is heavier than June"
    assert within[4] > within[5], "May is lighter than June"


def test_thieves_use_more_than_their_meters_record_and_nobody_less() -> None:
    energy = household_energy(np.arange(20_000) % 50 > 0, Months(date(2026, 1, 1), 3), random())
    assert (energy.stolen_kwh >= 0).all()
    assert energy.is_thief.mean() == pytest.approx(0.013, abs=0.004)
    assert (energy.stolen_kwh[~energy.is_thief] == 0).all()
    assert energy.true_kwh[np.arange(20_000) % 50 == 0].sum() == 0, "closed accounts use nothing"


@pytest.mark.parametrize(("accounts", "res"), [(300, 2), (5_500, 5), (20_000, 20), (1_000_000, 200)])
def test_accounts_are_spread_over_res_without_losing_one(accounts: int, res: int) -> None:
    districts = design_company(accounts, 181, random())
    assert len(districts) == res
    assert sum(district.households + district.legal for district in districts) == accounts
    per_region = np.unique([district.region_code for district in districts], return_counts=True)[1]
    assert per_region.max() - per_region.min() <= 1 or res > 14 * 11, "every region gets one before any gets two"
    assert 0.03 < sum(district.legal for district in districts) / accounts < 0.05


@pytest.mark.parametrize("days", [59, 181, 1096])
def test_half_hours_stay_within_their_budget_whatever_the_size(days: int) -> None:
    districts = design_company(1_000_000, days, random())
    points = sum(district.large_legal + district.amr_feeders for district in districts)
    assert 2 <= points <= AMR_POINT_DAYS_MAX // days
    assert sum(district.large_legal for district in districts) >= 1
    assert all(district.amr_feeders <= district.feeders for district in districts)


def test_at_twenty_thousand_accounts_a_fifth_of_the_feeders_has_half_hours() -> None:
    districts = design_company(20_000, 181, random())
    share = sum(district.amr_feeders for district in districts) / sum(district.feeders for district in districts)
    assert share == pytest.approx(0.2, abs=0.03)


def test_losses_of_one_transformer_behind_one_line_equal_the_method_worked_by_hand() -> None:
    # One home, one transformer point, one pole: both sections carry all of it. January has 744 hours.
    district = design_company(300, 31, random())[0]
    months = Months(date(2026, 1, 1), 1)
    hanging = hang_consumers(1, np.zeros(0, dtype=bool), random())
    network = build_network(district, hanging, np.array([[10_000]]), months, random())
    losses = technical_losses(network, np.array([[10_000]]), months)
    # 10,000 kWh / 744 h = 13.44 kW; / 0.35 = 38.4 kVA, so 40 kVA with 0.18 kW and 0.88 kW.
    assert network.tp_rated_kva.tolist() == [40]
    assert losses.no_load[0, 0] == pytest.approx(0.18 * 744)  # 133.92 kWh
    # (1e8 + 0.64e8) / (40^2 x 744) x 0.88 = 121.24 kWh
    assert losses.load[0, 0] == pytest.approx(121.24, abs=0.01)
    sections = network.sections
    behind, lost = 10_000 + 133.92 + 121.2366, 0.0
    volts = 1000.0 * network.feeder_kv[0]
    for node in (1, 0):
        here = behind**2 * 1.64 / (volts**2 * 744) * sections.resistance[node] * sections.length_m[node]
        behind, lost = behind + here, lost + here
    assert losses.lines[0, 0] == pytest.approx(lost, rel=1e-5)


def test_every_feeder_is_a_tree_with_the_substation_as_its_only_root() -> None:
    district = max(design_company(20_000, 31, random()), key=lambda each: each.households)
    months = Months(date(2026, 1, 1), 1)
    hanging = hang_consumers(district.households, np.zeros(district.legal, dtype=bool), random())
    tp_kwh = np.full((hanging.tp_count, 1), 14_000)
    network = build_network(district, hanging, tp_kwh, months, random())
    sections = network.sections
    assert sorted(code for code in sections.node_code if code in set(network.tp_code)) == sorted(network.tp_code)
    for node, parent in enumerate(sections.parent.tolist()):
        if parent < 0:
            assert sections.parent_code[node] == network.substation_code[0]
        else:
            assert parent < node
            assert sections.feeder[parent] == sections.feeder[node]
    roots = sections.feeder[sections.parent < 0]
    assert sorted(roots.tolist()) == list(range(len(network.feeder_code)))


def test_no_account_gets_two_faults() -> None:
    victims = choose_victims(HOUSEHOLD_FAULTS, np.arange(5_000), 5_000, 0, 1, random())
    chosen = np.concatenate([victims[kind.code] for kind in HOUSEHOLD_FAULTS])
    assert len(set(chosen.tolist())) == len(chosen)
    assert all(len(victims[kind.code]) >= kind.accounts for kind in HOUSEHOLD_FAULTS)


def test_the_page_on_layouts_names_every_column_with_its_type() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "legacy_layouts.md").read_text(encoding="utf-8")
    for field in (*layouts.ABON, *layouts.LICH, *layouts.POKAZ, *layouts.NARAH, *layouts.SALDO):
        kind = {"N": f"N{field.length}.{field.decimals}", "C": f"C{field.length}"}.get(field.type, field.type)
        assert f"| {field.name} | {kind} |" in page
    for field in (*layouts.STREET, *layouts.KAT):
        kind = f"N{field.length}.{field.decimals}" if field.type == "N" else f"C{field.length}"
        assert f"`{field.name} {kind}`" in page
    for field in layouts.PAYMENT:
        assert re.search(rf"^\| .*\b{field.name}\b.* \| ", page, re.MULTILINE), field.name
    for columns in (layouts.LEGAL_POKAZ, layouts.LEGAL_SALDO, layouts.SUBST, layouts.FEEDER, layouts.TP):
        assert f"`{';'.join(columns)}`" in page
    for columns in (layouts.LINES, layouts.FEEDER_POKAZ, layouts.PACKAGES):
        assert f"`{';'.join(columns)}`" in page
    assert all(f"`{name}`" in page for name in layouts.LEGAL)
