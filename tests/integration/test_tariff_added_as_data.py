"""The steps of docs/tariffs.md: a tariff that nobody has is added as rows alone, asked, and billed."""

import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from operational_db.billing.commands import bill_month
from operational_db.reference.loading import REFERENCE_DIR, load_reference
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from operational_db.tariffs.pricing import Use, price
from tests.small_book import ADMINISTRATOR, SmallBook

JULY, AUGUST = date(2026, 7, 1), date(2026, 8, 1)

ROWS = {
    "tariff.csv": ["xx.summer,UZ,UZS,100,electricity,household,population,Greenhouses by the season"],
    "tariff_version.csv": ["xx.summer,2026-01-01,,false,month_days,whole,by nobody,false"],
    "tariff_step.csv": [
        "xx.summer,2026-01-01,all,all,1,0,100,10,true",
        "xx.summer,2026-01-01,all,all,2,100,,20,true",
        "xx.summer,2026-01-01,all,summer,1,0,310,30,true",
        "xx.summer,2026-01-01,all,summer,2,310,,40,true",
    ],
    "tariff_season.csv": ["xx.summer,2026-01-01,summer,6|7|8"],
    "tariff_zone.csv": [
        "xx.summer,2026-01-01,two_zone,day,1,1,7-23,true",
        "xx.summer,2026-01-01,two_zone,night,1,4,0-7|23-24,true",
    ],
}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    copy = Path(shutil.copytree(REFERENCE_DIR, tmp_path / "reference", ignore=shutil.ignore_patterns("*.py")))
    for name, rows in ROWS.items():
        with (copy / name).open("a", encoding="utf-8") as file:
            file.writelines(f"{row}\n" for row in rows)
    return copy


@pytest.mark.requirement("D23", "D25", "E154")
def test_a_new_tariff_needs_no_code(settings: Settings, database: psycopg.Connection, files: Path) -> None:
    load_reference(settings, files)
    # July, 62 kWh by day and 31 by night in 10 days: the bound 310 is 100 for 10 of 31 days, so all 93 cost step 1:
    # 62 x 30 x 1.12 = 2083.20; 31 x 30 / 4 x 1.12 = 260.40
    ten_days = Use({"day": Decimal(62), "night": Decimal(31)}, days=10)
    assert price(settings, "xx.summer", date(2026, 7, 10), ten_days).total_minor == 234_360
    # 101 kWh pass the bound, and all of them cost step 2: 101 x 40 x 1.12 = 4524.80
    passed = Use({"all": Decimal(101)}, days=10)
    assert price(settings, "xx.summer", date(2026, 7, 10), passed).total_minor == 452_480
    # in May the ordinary list: 101 kWh in the whole month: 101 x 20 x 1.12 = 2262.40
    assert price(settings, "xx.summer", date(2026, 5, 10), Decimal(101)).total_minor == 226_240
    # billed: 400 kWh in July pass 310: 400 x 40 x 1.12 = 17 920.00, in one line
    book = SmallBook(settings, first_month=JULY, res_codes=("SA01",))
    book.consumer("SA01/1/1", res="SA01", tariff="xx.summer", since=JULY, readings={JULY: 0, AUGUST: 400})
    run = bill_month(settings, JULY, by=ADMINISTRATOR)
    assert (run.line_count, run.charge_minor) == (1, 1_792_000)
    assert database.execute("SELECT step_no, energy_kwh FROM ops.bill_line").fetchall() == [(2, 400)]


def test_steps_by_days_end_in_their_own_part(settings: Settings, database: psycopg.Connection, files: Path) -> None:
    load_reference(settings, files)
    book = SmallBook(settings, first_month=JULY, res_codes=("SA01",))
    # All of a part costs the step that the part ends in. Ten days: 310 x 10/31 = 100, so 93 kWh are step 1:
    # 93 x 30 x 1.12 = 3124.80. 21 days: 210, so 307 kWh are step 2: 307 x 40 x 1.12 = 13 753.60.
    book.consumer(
        "SA01/1/1", res="SA01", tariff="xx.summer", since=JULY, readings={JULY: 0, date(2026, 7, 11): 93, AUGUST: 400}
    )
    bill_month(settings, JULY, by=ADMINISTRATOR)
    lines = database.execute("SELECT step_no, energy_kwh, charge_minor FROM ops.bill_line ORDER BY line_no").fetchall()
    assert lines == [(1, 93, 312_480), (2, 307, 1_375_360)]


def test_a_season_without_a_version_is_refused_with_its_row(settings: Settings, files: Path) -> None:
    with (files / "tariff_season.csv").open("a", encoding="utf-8") as file:
        file.write("xx.summer,2027-01-01,winter,1|2\n")
    number = len((files / "tariff_season.csv").read_text(encoding="utf-8").splitlines())
    with pytest.raises(Refusal, match=rf"tariff_season.csv row {number} \(xx.summer from 2027-01-01\) has no version"):
        load_reference(settings, files)
