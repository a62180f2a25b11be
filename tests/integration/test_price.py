"""Every enacted price of domain.md 2.1 and the flat legal prices of 2.2, asked as at the counter."""

from datetime import date
from decimal import Decimal

import pytest

from operational_db.refusal import Refusal
from operational_db.settings import Settings
from operational_db.tariffs.pricing import price

SOUM = 100

HOUSEHOLD_SOUM = {
    # flat eras: kWh x price
    ("uz.household", "2016-04-01", 100): 18_200,  # 100 x 182
    ("uz.household", "2016-10-01", 100): 19_100,  # 100 x 191
    ("uz.household", "2018-12-01", 100): 25_000,  # 100 x 250
    ("uz.household", "2019-06-01", 100): 28_000,  # 100 x 280
    ("uz.household", "2019-08-14", 100): 28_000,  # the day before the change
    ("uz.household", "2019-08-15", 200): 59_000,  # 200 x 295
    ("uz.household", "2024-04-30", 201): 59_295,  # 201 x 295, the last day of the flat price
    ("uz.household", "2023-01-10", 350): 103_250,  # 350 x 295
    ("uz.household", "2023-01-10", 672): 198_240,  # 672 x 295
    ("uz.household", "2023-01-10", 1000): 295_000,  # 1000 x 295
    # from 01.05.2024: 0-200 450, 201-1000 900, 1001-5000 1350, 5001-10000 1575, above 1800
    ("uz.household", "2024-05-01", 200): 90_000,  # 200 x 450
    ("uz.household", "2024-05-01", 201): 90_900,  # 90 000 + 1 x 900
    ("uz.household", "2024-06-01", 300): 180_000,  # 90 000 + 100 x 900 (published)
    ("uz.household", "2024-06-01", 350): 225_000,  # 90 000 + 150 x 900
    ("uz.household", "2024-06-01", 500): 360_000,  # 90 000 + 300 x 900 (published)
    ("uz.household", "2025-04-30", 1000): 810_000,  # 90 000 + 800 x 900
    ("uz.household", "2024-06-01", 5000): 6_210_000,  # 810 000 + 4000 x 1350
    ("uz.household", "2024-06-01", 10000): 14_085_000,  # 6 210 000 + 5000 x 1575
    ("uz.household", "2024-06-01", 10001): 14_086_800,  # 14 085 000 + 1 x 1800
    # from 01.05.2025: 0-200 600, 201-500 800, 501-1000 1000, 1001-5000 1500, 5001-10000 1750, above 2000
    ("uz.household", "2025-05-01", 200): 120_000,  # 200 x 600
    ("uz.household", "2025-05-01", 201): 120_800,  # 120 000 + 1 x 800
    ("uz.household", "2025-06-10", 350): 240_000,  # 120 000 + 150 x 800
    ("uz.household", "2025-06-10", 500): 360_000,  # 120 000 + 300 x 800 (published)
    ("uz.household", "2025-06-10", 1000): 860_000,  # 360 000 + 500 x 1000
    ("uz.household", "2025-06-10", 5000): 6_860_000,  # 860 000 + 4000 x 1500
    ("uz.household", "2025-06-10", 10000): 15_610_000,  # 6 860 000 + 5000 x 1750
    ("uz.household", "2025-06-10", 10001): 15_612_000,  # 15 610 000 + 1 x 2000
    # central electric stoves: half of each price
    ("uz.household_estove", "2016-10-01", 100): 9_550,  # 100 x 95.5
    ("uz.household_estove", "2018-12-01", 100): 12_500,  # 100 x 125
    ("uz.household_estove", "2019-06-01", 100): 14_000,  # 100 x 140
    ("uz.household_estove", "2019-08-15", 100): 14_750,  # 100 x 147.5
    ("uz.household_estove", "2024-05-01", 200): 45_000,  # 200 x 225
    ("uz.household_estove", "2024-05-01", 201): 45_450,  # 45 000 + 1 x 450
    ("uz.household_estove", "2024-05-01", 350): 112_500,  # 45 000 + 150 x 450
    ("uz.household_estove", "2024-05-01", 1000): 405_000,  # 45 000 + 800 x 450
    ("uz.household_estove", "2024-05-01", 10001): 7_043_400,  # half of 14 086 800
    ("uz.household_estove", "2025-05-01", 200): 60_000,  # 200 x 300
    ("uz.household_estove", "2025-05-01", 500): 180_000,  # 60 000 + 300 x 400
    ("uz.household_estove", "2025-05-01", 1000): 430_000,  # 180 000 + 500 x 500
    ("uz.household_estove", "2025-05-01", 5000): 3_430_000,  # 430 000 + 4000 x 750
    ("uz.household_estove", "2025-05-01", 10001): 7_806_000,  # 3 430 000 + 5000 x 875 + 1 x 1000
}

LEGAL_SOUM = {
    ("uz.legal", "2016-10-01", 100): 19_100,  # 100 x 191
    ("uz.legal", "2019-08-15", 6400): 2_880_000,  # 6400 x 450, the published semi-peak figure
    ("uz.legal", "2022-07-15", 100): 60_000,  # 100 x 600
    ("uz.legal", "2023-04-01", 100): 70_000,  # 100 x 700
    ("uz.legal", "2023-10-01", 100): 90_000,  # 100 x 900
    ("uz.legal", "2024-05-01", 100): 90_000,  # unchanged
    ("uz.legal", "2025-05-01", 100): 100_000,  # 100 x 1000
    ("uz.legal_budget", "2022-07-15", 100): 80_000,  # 100 x 800
    ("uz.legal_budget", "2023-04-01", 100): 85_000,  # 100 x 850
    ("uz.legal_budget", "2023-10-01", 100): 100_000,  # 100 x 1000
    ("uz.legal_budget", "2024-05-01", 100): 100_000,
    ("uz.legal_budget", "2025-05-01", 100): 100_000,
}


def _totals_minor(settings: Settings, wanted: dict[tuple[str, str, int], int]) -> dict[tuple[str, str, int], int]:
    return {
        (tariff, day, kwh): price(settings, tariff, date.fromisoformat(day), Decimal(kwh)).total_minor
        for tariff, day, kwh in wanted
    }


@pytest.mark.requirement("E154")
def test_every_enacted_household_price_is_answered(settings: Settings) -> None:
    expected = {case: soum * SOUM for case, soum in HOUSEHOLD_SOUM.items()}
    assert _totals_minor(settings, HOUSEHOLD_SOUM) == expected


@pytest.mark.requirement("E154")
def test_every_flat_legal_price_is_answered(settings: Settings) -> None:
    expected = {case: soum * SOUM for case, soum in LEGAL_SOUM.items()}
    assert _totals_minor(settings, LEGAL_SOUM) == expected


def test_vat_stands_within_the_price_line_by_line(settings: Settings) -> None:
    # 350 kWh on 10.06.2025: two lines of 120 000 soum; VAT of each = 120 000 x 12/112 = 12 857.142857 -> 12 857.14
    answer = price(settings, "uz.household", date(2025, 6, 10), Decimal(350))
    assert [line.vat_minor for line in answer.lines] == [1_285_714, 1_285_714]
    # 2019-09-30 at 20 %: 295 x 20/120 = 49.1666 -> 49.17; a day later at 15 %: 295 x 15/115 = 38.478 -> 38.48
    assert price(settings, "uz.household", date(2019, 9, 30), Decimal(1)).vat_minor == 4_917
    assert price(settings, "uz.household", date(2019, 10, 1), Decimal(1)).vat_minor == 3_848


def test_half_a_coin_is_rounded_away_from_zero(settings: Settings) -> None:
    # 0.1 kWh x 147.5 soum = 14.75 soum = 1475 tiyin exactly; 0.0001 kWh x 14 750 tiyin = 1.475 -> 1;
    # 0.001 kWh x 29 500 tiyin = 29.5 -> 30
    def total(tariff: str, kwh: str) -> int:
        return price(settings, tariff, date(2020, 1, 1), Decimal(kwh)).total_minor

    assert total("uz.household_estove", "0.1") == 1475
    assert total("uz.household_estove", "0.0001") == 1
    assert total("uz.household", "0.001") == 30


def test_nothing_used_costs_nothing_in_one_line(settings: Settings) -> None:
    answer = price(settings, "uz.household", date(2025, 6, 1), Decimal(0))
    assert [(line.step_no, line.energy_kwh, line.charge_minor) for line in answer.lines] == [(1, 0, 0)]


def test_an_unsourced_price_is_marked(settings: Settings) -> None:
    # Step 2 of the electric-stove tariff of May 2025 (400 soum) has no full source; step 1 has.
    assert not price(settings, "uz.household_estove", date(2025, 6, 1), Decimal(350)).is_verified
    assert price(settings, "uz.household_estove", date(2025, 6, 1), Decimal(150)).is_verified


@pytest.mark.parametrize(
    ("tariff", "day", "kwh", "words"),
    [
        ("uz.nobody", "2025-06-01", "1", 'There is no tariff "uz.nobody"; known are ir.agriculture, .*, uz.legal'),
        ("uz.household", "2010-01-01", "1", "has no price in force on 2010-01-01; its first day is 2016-04-01"),
        ("uz.legal", "2019-01-01", "1", "has no price in force on 2019-01-01"),
        ("uz.household", "2025-06-01", "-1", "A volume of -1 kWh cannot be priced"),
    ],
)
def test_a_question_without_an_answer_is_refused(
    settings: Settings, tariff: str, day: str, kwh: str, words: str
) -> None:
    with pytest.raises(Refusal, match=words):
        price(settings, tariff, date.fromisoformat(day), Decimal(kwh))
