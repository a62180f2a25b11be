"""The list of social security comes as a file: each bad row is named with what to do, and nothing is half-loaded."""

from datetime import date
from pathlib import Path

import psycopg
import pytest
import xlsxwriter

from operational_db.access.commands import create_user
from operational_db.billing.commands import close_month
from operational_db.file_formats.dbf import DbfField, write_dbf
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from operational_db.subsidies.subsidy_files import LoadedSubsidies, load_subsidies
from tests.small_book import ADMINISTRATOR
from tests.subsidy_desk import JANUARY, KARIMOV, SOUM, SubsidyDesk, list_of_social_security

BY = {"by": ADMINISTRATOR}


@pytest.fixture
def desk(settings: Settings, database: psycopg.Connection) -> SubsidyDesk:
    desk = SubsidyDesk(settings, database)
    desk.book.consumer("SA02/1/1", res="SA02", readings={})
    desk.book.consumer("U1", res="SA01", kind="legal", tariff="uz.legal", readings={})
    return desk


def _accrued(database: psycopg.Connection) -> list[tuple]:
    rows = database.execute(
        "SELECT a.account_no, s.booked_month, s.for_month, s.kind, s.amount_minor, s.decision, s.source_row"
        " FROM ops.subsidy_accrual AS s INNER JOIN ops.account AS a USING (account_id)"
        " ORDER BY a.account_no, s.booked_month, s.accrual_no"
    ).fetchall()
    return [(*row[:4], row[4] / SOUM, *row[5:]) for row in rows]


@pytest.mark.requirement("E144")
def test_a_row_awards_a_month_or_several(desk: SubsidyDesk, database: psycopg.Connection, tmp_path: Path) -> None:
    file = list_of_social_security(
        tmp_path, f"{KARIMOV},2026-01,100000.50,D-1,,2026-03", "SA02/1/1,2026-01,20 000,D-2,,"
    )
    loaded = load_subsidies(desk.settings, file, **BY)
    # 3 x 100,000.50 + 20,000 = 320,001.50
    assert loaded == LoadedSubsidies(4, 32_000_150, [])
    assert _accrued(database) == [
        (KARIMOV, JANUARY, JANUARY, "award", 100_000.5, "D-1", 1),
        (KARIMOV, JANUARY, date(2026, 2, 1), "award", 100_000.5, "D-1", 1),
        (KARIMOV, JANUARY, date(2026, 3, 1), "award", 100_000.5, "D-1", 1),
        ("SA02/1/1", JANUARY, JANUARY, "award", 20_000, "D-2", 2),
    ]


def test_rows_that_cannot_be_read_are_each_named_and_none_is_loaded(
    desk: SubsidyDesk, database: psycopg.Connection, tmp_path: Path
) -> None:
    file = list_of_social_security(
        tmp_path,
        f"{KARIMOV},2026-01,100000,D-1,,",
        f"{KARIMOV},Jan 2026,100000,D-1,,",
        f"{KARIMOV},2026-03,100000,D-1,,2026-02",
        f"{KARIMOV},2026-03,100000,D-1,,2036-02",
        f"{KARIMOV},2026-02,,D-1,,",
        f"{KARIMOV},2026-02,10O,D-1,,",
    )
    assert load_subsidies(desk.settings, file, **BY).unreadable == [
        'awards.csv, row 2: for_month "Jan 2026" is not a month; write it as 2026-03.',
        "awards.csv, row 3: last_month 2026-02 is before for_month 2026-03; correct one of them.",
        "awards.csv, row 4: it awards 120 months, more than 24; correct last_month.",
        "awards.csv, row 5: the amount is empty; fill it in or remove the row.",
        'awards.csv, row 6: "10O" is not an amount; write it as 12345.60.',
    ]
    assert _accrued(database) == []


def test_rows_that_cannot_be_accrued_are_each_named_and_none_is_loaded(
    desk: SubsidyDesk, database: psycopg.Connection, tmp_path: Path
) -> None:
    desk.award(KARIMOV, JANUARY, 70_000, decision="D-0")
    file = list_of_social_security(
        tmp_path,
        "SA02/1/1,2026-01,50000,D-1,,",
        "SA01/9/9,2026-01,50000,D-1,,",
        "U1,2026-01,50000,D-1,,",
        f"{KARIMOV},2026-01,100000,D-1,,",
        f"{KARIMOV},2026-02,100000,,,",
        f"{KARIMOV},2026-02,0,D-1,,",
        f"{KARIMOV},2026-02,-10,D-1,,",
        f"{KARIMOV},2026-02,10,D-1,gift,",
        "SA02/1/1,2026-01,50000,D-2,,",
        f"{KARIMOV},2026-02,-10,D-1,recalculation,",
        f"{KARIMOV},2025-12,10,D-1,,",
        f"{KARIMOV},2062-02,10,D-1,,",
    )
    assert load_subsidies(desk.settings, file, **BY).unreadable == [
        'awards.csv, row 2: account "SA01/9/9" was not found among those you may see; correct its number.',
        "awards.csv, row 3: account U1 is no household, and only households have subsidies; correct its number.",
        (
            "awards.csv, row 4: account SA01/1/1 has an award for 2026-01 already (70000.00 by decision D-0); write a "
            "change as the difference, kind recalculation."
        ),
        "awards.csv, row 5: it names no decision; fill in the document of social security.",
        "awards.csv, row 6: an amount of 0 gives nothing; remove the row.",
        "awards.csv, row 7: an award of -10.00 takes away; write it as kind recalculation.",
        'awards.csv, row 8: there is no kind "gift"; write award or recalculation.',
        "awards.csv, row 9: account SA02/1/1 has a row of kind award for 2026-01 above already; keep one of them.",
        (
            "awards.csv, row 11: account SA01/1/1 was opened on 2026-01-01, after month 2025-12; correct the month or "
            "the account."
        ),
        "awards.csv, row 12: month 2062-02 is more than two years ahead; correct it.",
    ]
    assert len(_accrued(database)) == 1


def test_a_recalculation_needs_an_award_and_is_loaded_once(
    desk: SubsidyDesk, database: psycopg.Connection, tmp_path: Path
) -> None:
    file = list_of_social_security(tmp_path, f"{KARIMOV},2026-01,-10000,D-5,recalculation,")
    assert load_subsidies(desk.settings, file, **BY).unreadable == [
        (
            "awards.csv, row 1: account SA01/1/1 has no award for 2026-01 that could be recalculated; correct the "
            "month or write an award."
        )
    ]
    desk.award(KARIMOV, JANUARY, 70_000)
    assert load_subsidies(desk.settings, file, **BY).accrued_count == 1
    assert load_subsidies(desk.settings, file, **BY).unreadable == [
        (
            "awards.csv, row 1: decision D-5 was recalculated for 2026-01 of account SA01/1/1 already, with -10000.00 "
            "in 2026-01; remove the row."
        )
    ]
    assert [row[4] for row in _accrued(database)] == [70_000, -10_000]


def test_an_award_that_comes_late_is_booked_in_the_open_month(
    desk: SubsidyDesk, database: psycopg.Connection, tmp_path: Path
) -> None:
    close_month(desk.settings, JANUARY, unit_code="SA02", **BY)
    load_subsidies(desk.settings, list_of_social_security(tmp_path, "SA02/1/1,2026-01,50000,D-1,,"), **BY)
    assert [row[1:3] for row in _accrued(database)] == [(date(2026, 2, 1), JANUARY)]


def test_a_row_of_a_res_where_the_user_has_no_right_stops_the_file(
    desk: SubsidyDesk, database: psycopg.Connection, tmp_path: Path
) -> None:
    create_user(
        desk.settings, login="manager", full_name="M", group_code="billing_managers", unit_code="SA01", **BY
    )  # fmt: skip
    create_user(
        desk.settings, login="clerk", full_name="C", group_code="billing_clerks", unit_code="SA01", **BY
    )  # fmt: skip
    file = list_of_social_security(tmp_path, f"{KARIMOV},2026-01,1,D-1,,", "SA02/1/1,2026-01,1,D-1,,")
    assert load_subsidies(desk.settings, file, by="manager").unreadable == [
        'awards.csv, row 2: account "SA02/1/1" was not found among those you may see; correct its number.'
    ]
    assert load_subsidies(desk.settings, file, by="clerk").unreadable[0] == (
        'awards.csv, row 1: you do not hold the right "keep_subsidies" for the RES of account SA01/1/1; let another '
        "user load it."
    )
    assert _accrued(database) == []


def test_a_file_with_names_of_its_own_comes_as_dbf_or_workbook(
    desk: SubsidyDesk, database: psycopg.Connection, tmp_path: Path
) -> None:
    dbf, xlsx = tmp_path / "SUBS0126.DBF", tmp_path / "feb.xlsx"
    write_dbf(
        dbf,
        [DbfField("OWN_NUM", "C", 20, 0), DbfField("DAT1", "D", 8, 0), DbfField("SUMMA", "N", 10, 2),
         DbfField("DECISION", "C", 20, 0)],
        [{"OWN_NUM": [KARIMOV], "DAT1": ["20260101"], "SUMMA": ["70000.50"], "DECISION": ["Решение 7"]}],
        encoding="cp866", last_update=date(2026, 1, 20),
    )  # fmt: skip
    names = {"account_no": "OWN_NUM", "for_month": "DAT1", "amount": "SUMMA"}
    with pytest.raises(Refusal, match="lacks the column account_no, for_month, amount; the first row must name"):
        load_subsidies(desk.settings, dbf, **BY)
    with pytest.raises(Refusal, match='There is no column "sum" of a subsidy'):
        load_subsidies(desk.settings, dbf, columns={"sum": "SUMMA"}, **BY)
    assert load_subsidies(desk.settings, dbf, columns=names, dry_run=True, **BY).accrued_minor == 7_000_050
    assert _accrued(database) == []
    load_subsidies(desk.settings, dbf, columns=names, **BY)
    with xlsxwriter.Workbook(xlsx) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, ["account_no", "for_month", "amount", "decision"])
        sheet.write_row(1, 0, [KARIMOV, "2026-02", 80000, "8"])
    load_subsidies(desk.settings, xlsx, **BY)
    assert [(row[2], row[4], row[5]) for row in _accrued(database)] == [
        (JANUARY, 70_000.5, "Решение 7"), (date(2026, 2, 1), 80_000, "8")
    ]  # fmt: skip
    with pytest.raises(Refusal, match="holds no subsidy; look whether it is the right file"):
        load_subsidies(desk.settings, list_of_social_security(tmp_path), **BY)
