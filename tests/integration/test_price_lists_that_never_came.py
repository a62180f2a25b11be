"""Published comparisons with price lists that were drafted or moved: entered as rows, they answer as the press did."""

import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from operational_db.reference.loading import REFERENCE_DIR, load_reference
from operational_db.settings import Settings
from operational_db.tariffs.pricing import price

ROWS = {
    "tariff.csv": [
        "xx.draft_2022,UZ,UZS,100,electricity,household,population,Draft of 2022",
        "xx.planned_2025,UZ,UZS,100,electricity,household,population,Planned for April 2025",
        "xx.net,KZ,KZT,100,electricity,household,population,Net prices of a check of VAT",
    ],
    "tariff_version.csv": [
        "xx.draft_2022,2022-01-01,,true,calendar_month,excess,a draft,false",
        "xx.planned_2025,2025-04-01,,true,calendar_month,excess,a plan,false",
        "xx.net,2019-01-01,,false,calendar_month,excess,a check,false",
    ],
    "tariff_step.csv": [
        "xx.draft_2022,2022-01-01,all,all,1,0,250,325,false",
        "xx.draft_2022,2022-01-01,all,all,2,250,,650,false",
        "xx.planned_2025,2025-04-01,all,all,1,0,200,600,false",
        "xx.planned_2025,2025-04-01,all,all,2,200,1000,1000,false",
        "xx.planned_2025,2025-04-01,all,all,3,1000,,1500,false",
        "xx.net,2019-01-01,all,all,1,0,1,24.65,false",
        "xx.net,2019-01-01,all,all,2,1,,23.92,false",
    ],
}
SOUM = TENGE = 100


@pytest.fixture
def settings_with_them(settings: Settings, tmp_path: Path) -> Settings:
    copy = Path(shutil.copytree(REFERENCE_DIR, tmp_path / "reference", ignore=shutil.ignore_patterns("*.py")))
    for name, rows in ROWS.items():
        with (copy / name).open("a", encoding="utf-8") as file:
            file.writelines(f"{row}\n" for row in rows)
    load_reference(settings, copy)
    return settings


@pytest.mark.requirement("D22", "D23")
@pytest.mark.parametrize(
    ("kwh", "dearer"),
    [
        (250, 7_500),  # 250 x 325 - 250 x 295 = 81 250 - 73 750
        (300, 25_250),  # 81 250 + 50 x 650 - 300 x 295 = 113 750 - 88 500
        (400, 60_750),  # 81 250 + 150 x 650 - 400 x 295 = 178 750 - 118 000
    ],
)
def test_the_draft_of_2022_against_the_flat_price(settings_with_them: Settings, kwh: int, dearer: int) -> None:
    day = date(2022, 6, 1)
    draft = price(settings_with_them, "xx.draft_2022", day, Decimal(kwh)).total_minor
    assert draft - price(settings_with_them, "uz.household", day, Decimal(kwh)).total_minor == dearer * SOUM


@pytest.mark.requirement("D22", "D23")
def test_the_plan_for_april_2025(settings_with_them: Settings) -> None:
    # 200 x 600 + 100 x 1000
    answer = price(settings_with_them, "xx.planned_2025", date(2025, 4, 10), Decimal(300))
    assert answer.total_minor == 220_000 * SOUM


@pytest.mark.requirement("D25")
def test_kazakh_tax_on_net_prices(settings_with_them: Settings) -> None:
    # 24.65 x 1.12 = 27.608 -> 27.61; of two kWh the second adds 23.92 x 1.12 = 26.7904 -> 26.79
    one, two = (price(settings_with_them, "xx.net", date(2019, 6, 1), Decimal(kwh)).total_minor for kwh in (1, 2))
    assert (one, two - one) == (2_761, 2_679)
