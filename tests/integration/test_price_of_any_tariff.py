"""Worked figures of domain.md 2.2 to 2.5: zones, ordered power, residents, seasons, days, net prices."""

from datetime import date
from decimal import Decimal

import pytest

from operational_db.refusal import Refusal
from operational_db.settings import Settings
from operational_db.tariffs.explanation import explain
from operational_db.tariffs.pricing import Use, price

UAH, KZT, UZS = 100, 100, 100


def _total(settings: Settings, tariff: str, day: str, use: Use | int) -> int:
    asked = use if isinstance(use, Use) else Decimal(use)
    return price(settings, tariff, date.fromisoformat(day), asked).total_minor


def _zones(**kwh: int) -> Use:
    return Use({zone: Decimal(energy) for zone, energy in kwh.items()})


@pytest.mark.requirement("D23", "E154")
@pytest.mark.parametrize(
    ("day", "by_kwh"),
    [
        # kopiyka with VAT: 36.6 to 100, 63.0 to 600: 50 x 36.6; 100 x 36.6; 3660 + 250 x 63.0
        ("2015-04-01", {50: 1830, 100: 3660, 350: 19410}),
        # 45.6 / 78.9
        ("2015-09-01", {50: 2280, 100: 4560, 350: 24285}),
        # 57.0 / 99.0
        ("2016-03-01", {50: 2850, 100: 5700, 350: 30450}),
        # 71.4 / 129.0; 150 kWh = 7140 + 50 x 129.0 (published as three increments)
        ("2016-09-01", {50: 3570, 100: 7140, 150: 13590, 350: 39390}),
        # 90 to 100, 168 above
        ("2017-03-01", {50: 4500, 100: 9000, 350: 51000}),
        ("2024-06-01", {100: 43200, 350: 151200}),  # 432 flat
        ("2023-06-01", {100: 26400}),  # 264 flat
    ],
)
def test_ukrainian_households_of_every_era(settings: Settings, day: str, by_kwh: dict[int, int]) -> None:
    assert {kwh: _total(settings, "ua.household", day, kwh) for kwh in by_kwh} == by_kwh


def test_a_step_of_net_prices_is_rounded_once_with_its_tax(settings: Settings) -> None:
    # 33 kWh x 0.305 x 1.2 = 12.078 -> 12.08; VAT = 12.08 - round(33 x 0.305 = 10.065 -> 10.07) = 2.01
    answer = price(settings, "ua.household", date(2015, 5, 1), Decimal(33))
    assert (answer.total_minor, answer.vat_minor) == (1208, 201)


@pytest.mark.requirement("E100")
def test_zones_multiply_the_price_and_share_the_steps(settings: Settings) -> None:
    # 200 x 4.32 + 150 x 4.32 x 0.5 = 864 + 324
    assert _total(settings, "ua.household", "2024-06-10", _zones(day=200, night=150)) == 118_800
    # three zones: 100 x 4.32 x 0.4 + 100 x 4.32 x 1.5 + 100 x 4.32 = 172.80 + 648 + 432
    assert _total(settings, "ua.household", "2024-06-10", _zones(night=100, peak=100, semi=100)) == 125_280
    # March 2017, 120 by day and 80 by night: the first 100 are split 60 to 40.
    # 60 x 0.90 + 60 x 1.68 = 54 + 100.80; 40 x 0.45 + 40 x 0.84 = 18 + 33.60
    assert _total(settings, "ua.household", "2017-03-10", _zones(day=120, night=80)) == 20_640


@pytest.mark.requirement("D22")
def test_rural_large_and_electrically_heated_households(settings: Settings) -> None:
    # 150 x 0.366 + 100 x 0.63 = 54.90 + 63.00
    assert _total(settings, "ua.household_rural", "2015-04-10", 250) == 11_790
    # 400 x 0.714
    assert _total(settings, "ua.household", "2016-10-01", Use({"all": Decimal(400)}, variant="large_family")) == 28_560
    # heating season: 3000 x 0.90 + 100 x 1.68; in May 100 x 0.90 + 3000 x 1.68
    assert _total(settings, "ua.household_eheating", "2018-01-15", 3100) == 286_800
    assert _total(settings, "ua.household_eheating", "2018-05-15", 3100) == 513_000
    # 2000 x 2.64 + 500 x 4.32 in November 2024; 2500 x 4.32 in July
    assert _total(settings, "ua.household_eheating", "2024-11-10", 2500) == 744_000
    assert _total(settings, "ua.household_eheating", "2024-07-10", 2500) == 1_080_000


@pytest.mark.requirement("A38", "B37")
def test_hours_of_use_of_large_consumers(settings: Settings) -> None:
    # published: 2550 x 1.5 x 450 = 1 721 250; 6400 x 450 = 2 880 000; together 4 601 250
    assert _total(settings, "uz.legal_tou", "2020-01-10", _zones(peak=2550)) == 1_721_250 * UZS
    assert _total(settings, "uz.legal_tou", "2020-01-10", _zones(peak=2550, semi=6400)) == 4_601_250 * UZS
    # base 204.30: peak 306.45, night 136.20 (published)
    assert _total(settings, "uz.legal_tou", "2018-03-10", _zones(peak=1)) == 30_645
    assert _total(settings, "uz.legal_tou", "2018-03-10", _zones(night=1)) == 13_620
    # 1000 kWh by night at 1000 / 1.5: 666 666.666... -> 666 666.67
    assert _total(settings, "uz.legal_tou", "2025-06-10", _zones(night=1000)) == 66_666_667


def test_two_part_price(settings: Settings) -> None:
    # 1000 kWh x 147.95 + 900 kW x 314 700 / 12 = 147 950 + 23 602 500
    use = Use({"all": Decimal(1000)}, ordered_power_kw=Decimal(900))
    assert _total(settings, "uz.legal_tou", "2016-11-10", use) == 23_750_450 * UZS
    # April 2016: 299 700 / 12 x 1 kW = 24 975
    use = Use({"all": Decimal(0)}, ordered_power_kw=Decimal(1))
    assert _total(settings, "uz.legal_tou", "2016-04-10", use) == 24_975 * UZS


def test_use_above_the_contract(settings: Settings) -> None:
    # June 2025: to 120 % of 1000 at 1000, above 20 % more: 1200 x 1000 + 300 x 1200
    use = Use({"all": Decimal(1500)}, contracted_kwh=Decimal(1000))
    assert _total(settings, "uz.legal", "2025-06-10", use) == 1_560_000 * UZS
    # June 2024, before: what exceeds the contract doubles: 1000 x 900 + 500 x 1800
    assert _total(settings, "uz.legal", "2024-06-10", use) == 1_800_000 * UZS
    assert _total(settings, "uz.legal", "2025-06-10", 1500) == 1_500_000 * UZS


@pytest.mark.requirement("D23", "D24")
def test_levels_per_resident(settings: Settings) -> None:
    # Rudny, July 2025, two residents: 200 x 33.13 + 50 x 41.33; with electric stove the first level is 2 x 130
    two = Use({"all": Decimal(250)}, residents=2)
    assert _total(settings, "kz.rudny", "2025-07-01", two) == 869_250  # 6626.00 + 2066.50
    stove = Use({"all": Decimal(250)}, residents=2, variant="estove")
    assert _total(settings, "kz.rudny", "2025-07-01", stove) == 813_500  # 250 x 32.54
    # each enacted price: one kWh of level 1 without and with stove, and level 2 (151 - 150 with one resident)
    for day, without, with_stove, level_2 in (
        ("2022-09-15", 1842, 1777, 2307), ("2023-11-15", 2124, 2098, 2654),
        ("2024-03-20", 2566, 2510, 3185), ("2025-07-01", 3313, 3254, 4133),
    ):  # fmt: skip
        assert _total(settings, "kz.rudny", day, 1) == without
        assert _total(settings, "kz.rudny", day, Use({"all": Decimal(1)}, variant="estove")) == with_stove
        assert _total(settings, "kz.rudny", day, 101) - _total(settings, "kz.rudny", day, 100) == level_2
    # Almaty 2019: 90 x 22.03
    assert _total(settings, "kz.almaty", "2019-06-01", 90) == 198_270
    # VAT within 22.03: 22.03 x 12 / 112 = 2.3603... -> net 19.67
    assert price(settings, "kz.almaty", date(2019, 6, 1), Decimal(1)).vat_minor == 236


@pytest.mark.requirement("D23")
def test_steps_by_days(settings: Settings) -> None:
    # Iran, 350 kWh in 60 days: bounds double: 200 x 300 + 150 x 350; in 30 days 100 x 300 + 100 x 350 + 100 x 750
    # + 50 x 1350
    sixty = Use({"all": Decimal(350)}, days=60)
    assert _total(settings, "ir.household", "2012-01-10", sixty) == 112_500
    assert _total(settings, "ir.household", "2012-01-10", 350) == 207_500


@pytest.mark.parametrize(
    ("tariff", "day", "use", "words"),
    [
        ("kz.rudny", "2025-07-01", Use({"all": Decimal(151)}), "has no known price for this use on 2025-07-01"),
        ("ua.legal", "2025-01-01", Use({"all": Decimal(1)}), 'no variant "all" on 2025-01-01; it has class_1, class_2'),
        ("uz.household", "2025-06-01", _zones(day=1, night=1), "has no prices for the zones day, night together"),
        ("ua.household", "2025-06-01", _zones(day=1, peak=1), "it has three_zone .night, peak, semi. and two_zone"),
        ("uz.household", "2025-06-01", Use({"all": Decimal(1)}, ordered_power_kw=Decimal(1)), "no price of ordered"),
    ],
)  # fmt: skip
def test_what_has_no_price_is_refused(settings: Settings, tariff: str, day: str, use: Use, words: str) -> None:
    with pytest.raises(Refusal, match=words):
        _total(settings, tariff, day, use)


def test_the_arithmetic_is_told_in_words(settings: Settings) -> None:
    answer = price(settings, "ua.household", date(2024, 6, 10), _zones(day=200, night=150))
    assert explain(answer) == [
        "Tariff ua.household on 2024-06-10, by domain 2.3 [S31], net of VAT.",
        "Zone day, step 1 (any volume): 200 kWh x 3.6 x 1.2 = 864.00, VAT at 20 % is 144.00 of it.",
        "Zone night, step 1 (any volume): 150 kWh x 3.6 x 1/2 x 1.2 = 324.00, VAT at 20 % is 54.00 of it.",
        "To pay: 864.00 + 324.00 = 1 188.00 UAH, of it VAT 198.00.",
    ]
