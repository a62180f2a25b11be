"""The statement of an account tells which subsidies were awarded, which the bills used, and what is left of them."""

import io
from datetime import date

import openpyxl
import psycopg
import pytest

from dashboards.bills.statement import render_statement, set_statement
from dashboards.bills.statement_workbook import statement_workbook_bytes
from dashboards.bills.words import BillWords, words_by_language
from operational_db.accounting.reconciliation import AccountStatement, reconcile_account
from operational_db.billing.commands import bill_month, close_month
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from operational_db.subsidies.accruals import ToldSubsidy, accrue_subsidies, reverse_subsidy
from tests.small_book import ADMINISTRATOR
from tests.subsidy_desk import FEBRUARY, JANUARY, KARIMOV, MARCH, SOUM, SubsidyDesk

BY = {"by": ADMINISTRATOR}
END_OF_JANUARY, END_OF_FEBRUARY = date(2026, 1, 31), date(2026, 2, 28)
DECIDED = date(2026, 1, 20)


@pytest.fixture
def desk(settings: Settings, database: psycopg.Connection) -> SubsidyDesk:
    """200,000 for January, whose bill uses 160,000; 10,000 of it taken off in February, whose bill uses 30,000."""
    desk = SubsidyDesk(settings, database)
    bill_month(settings, JANUARY, **BY)
    told = ToldSubsidy(KARIMOV, JANUARY, 200_000 * SOUM, "D-1", decided_on=DECIDED)
    assert accrue_subsidies(settings, [told], **BY) == []
    desk.use(JANUARY)
    close_month(settings, JANUARY, **BY)
    desk.read_in_february()
    bill_month(settings, FEBRUARY, **BY)
    desk.award(KARIMOV, JANUARY, -10_000, decision="D-7", kind="recalculation")
    desk.use(FEBRUARY)
    return desk


def _stated(desk: SubsidyDesk, **asked: object) -> AccountStatement:
    return reconcile_account(desk.settings, KARIMOV, by=ADMINISTRATOR, **asked)


def _soum(minor: int | None) -> float | None:
    return None if minor is None else minor / SOUM


@pytest.mark.requirement("E115")
def test_subsidies_awarded_and_used_stand_in_order_with_what_is_left(desk: SubsidyDesk) -> None:
    told = _stated(desk)
    lines = [
        (
            line.stands_on, line.kind, _soum(line.accrued_minor), _soum(line.amount_minor), _soum(line.balance_minor),
            _soum(line.unused_minor),
        )
        for line in told.lines
        if line.line_kind in ("document", "subsidy")
    ]  # fmt: skip
    assert lines == [
        (DECIDED, "award", 200_000, None, 0, 200_000),
        (END_OF_JANUARY, "normal", None, 160_000, 160_000, None),
        (END_OF_JANUARY, "subsidy", None, -160_000, 0, 40_000),
        (FEBRUARY, "recalculation", -10_000, None, 0, 30_000),
        (END_OF_FEBRUARY, "normal", None, 90_000, 90_000, None),
        # 200,000 - 160,000 - 10,000 = 30,000, all of it used: 90,000 - 30,000 = 60,000 are owed.
        (END_OF_FEBRUARY, "subsidy", None, -30_000, 60_000, 0),
    ]
    assert (told.closing_minor, told.unused_subsidy_minor) == (60_000 * SOUM, 0)


@pytest.mark.requirement("E115")
def test_what_is_left_at_the_end_of_a_period_is_that_of_its_end(desk: SubsidyDesk) -> None:
    january = _stated(desk, to_day=FEBRUARY)
    assert january.unused_subsidy_minor == 40_000 * SOUM
    february = _stated(desk, from_day=FEBRUARY, to_day=MARCH)
    assert [line.kind for line in february.lines if line.line_kind == "subsidy"] == ["recalculation"]
    # Of another article there is nothing to tell.
    services = _stated(desk, article="services")
    assert (services.lines, services.unused_subsidy_minor) == ((), None)
    paper = set_statement(january, BillWords("en"), MARCH)
    assert paper.facts[-1] == ("Unused subsidy", "40,000.00 UZS")
    assert [(line.what, line.paid, line.notes) for line in paper.lines if "ubsidy" in line.what] == [
        ("Subsidy awarded for January 2026: 200,000.00, decision D-1", "", ("unused subsidy: 200,000.00",)),
        ("Subsidy used 1", "160,000.00", ("unused subsidy: 40,000.00",)),
    ]


@pytest.mark.requirement("E115")
@pytest.mark.parametrize("language", words_by_language())
def test_subsidies_are_told_in_each_language_and_in_the_workbook(desk: SubsidyDesk, language: str) -> None:
    reverse_subsidy(desk.settings, KARIMOV, FEBRUARY, 1, reason="Taken off twice", **BY)
    words = BillWords(language)
    told = _stated(desk)
    page = render_statement(told, words, MARCH)
    assert words.text("st_unused") in page
    assert "Taken off twice" in page
    if language != "en":
        assert "ubsidy" not in page
    sheet = openpyxl.load_workbook(io.BytesIO(statement_workbook_bytes(told, words))).active
    cells = {str(cell.value) for row in sheet.iter_rows() for cell in row}
    assert words.text("st_unused") in cells
    # 40,000 - 30,000 used in February and the 10,000 given back: 10,000 are left.
    assert told.unused_subsidy_minor == 10_000 * SOUM


def test_a_subsidy_that_the_ledger_does_not_bear_out_is_refused(desk: SubsidyDesk) -> None:
    desk.database.execute("ALTER TABLE ops.ledger DISABLE TRIGGER USER")
    desk.database.execute("UPDATE ops.ledger SET amount_minor = amount_minor + 1 WHERE document_kind = 'subsidy'")
    with pytest.raises(Refusal, match=r"is not shown: after line \d+ .subsidy 1 of 2026-01-31. its documents come to"):
        _stated(desk)
