"""A bill with a benefit, explained, on paper, as a workbook and in the statement of the account."""

from datetime import date
from pathlib import Path

import formulas
import psycopg
import pytest

from dashboards.bills.page import render_page
from dashboards.bills.statement import set_statement
from dashboards.bills.words import BillWords, words_by_language
from dashboards.bills.workbook import workbook_bytes
from operational_db.accounting.reconciliation import reconcile_account
from operational_db.benefits.grants import end_benefit
from operational_db.billing.explanation import BillExplanation, explain_bill
from operational_db.settings import Settings
from tests.benefit_desk import APRIL, MARCH, BenefitDesk
from tests.small_book import ADMINISTRATOR

PRINTED_ON = date(2017, 5, 5)

# The workbook library's parser still uses old names of its dependencies.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::SyntaxWarning")


@pytest.fixture
def desk(settings: Settings, database: psycopg.Connection) -> BenefitDesk:
    """300 kWh in March and in April; half of the first 160 from 16 April on, granted when both were billed."""
    desk = BenefitDesk(settings, database)
    desk.consumer("100", 300, 300)
    desk.grant("100", "half", MARCH, APRIL)
    desk.bill(MARCH, APRIL)
    desk.grant("100", "half", date(2017, 4, 16))
    desk.bill(APRIL)
    return desk


def _explained(desk: BenefitDesk, month: date, bill_no: int) -> BillExplanation:
    return explain_bill(desk.settings, "100", month, by=ADMINISTRATOR, bill_no=bill_no)


@pytest.mark.requirement("E55")
def test_the_arithmetic_of_a_benefit_is_told(desk: BenefitDesk) -> None:
    march, april = _explained(desk, MARCH, 1), _explained(desk, APRIL, 3)
    number = march.benefits[0].grant_no
    assert march.in_words()[2:] == [
        "Step 1 (0 to 100 kWh): 100 kWh x 0.75 x 1.2 = 90.00, VAT at 20 % is 15.00 of it.",
        f"Benefit Half of 160 kWh (grant {number}), of the first 160 kWh a month: 100 kWh x 0.75 x 1.2 x 50 % = 45.00.",
        "Step 2 (above 100 kWh): 200 kWh x 1.4 x 1.2 = 336.00, VAT at 20 % is 56.00 of it.",
        f"Benefit Half of 160 kWh (grant {number}), of the first 160 kWh a month: 60 kWh x 1.4 x 1.2 x 50 % = 50.40.",
        "Charged: 300 kWh, 426.00 UZS, of it VAT 71.00.",
        "Benefit: 95.40 UZS. To pay: 330.60 UZS.",
    ]
    assert (
        f"Benefit Half of 160 kWh (grant {april.benefits[0].grant_no}), of the first 160 kWh a month x 15/30 days: "
        "30 kWh x 1.4 x 1.2 x 50 % = 25.20."
    ) in april.in_words()
    assert april.balance_after_minor == 2 * 42600 - 9540 - 4770


def test_the_paper_asks_for_the_rest(desk: BenefitDesk) -> None:
    page = render_page([_explained(desk, APRIL, 3)], BillWords("en"), PRINTED_ON)
    for words in (
        '<p class="sum">378.30</p>',  # 426.00 - 47.70
        "Half of 160 kWh: of the first 160 kWh a month, for 15 of 30 days",
        "16.04.2017–30.04.2017",
        "Benefit recalculation",
        "category &#34;half&#34; holds from 16.04.2017",
        "Benefit on bill 3 (this bill)",
        "To pay: 426.00 − 47.70",
    ):
        assert words in page, words
    # Cancelled after all: the paper that takes April's bill back has no two minuses.
    end_benefit(desk.settings, _explained(desk, APRIL, 3).benefits[0].grant_no, on=date(2017, 4, 16), by=ADMINISTRATOR)
    desk.bill(APRIL)
    assert "To pay: −426.00 + 47.70" in render_page([_explained(desk, APRIL, 4)], BillWords("en"), PRINTED_ON)
    for language in words_by_language():
        assert render_page([_explained(desk, MARCH, 1)], BillWords(language), PRINTED_ON).count("95") > 0


def test_the_workbook_comes_to_what_is_to_be_paid(desk: BenefitDesk, tmp_path: Path) -> None:
    for month, bill_no, benefit, to_pay in ((MARCH, 1, 95.4, 330.6), (APRIL, 3, 47.7, 378.3)):
        file = tmp_path / "bill.xlsx"
        file.write_bytes(workbook_bytes(_explained(desk, month, bill_no), BillWords("en")))
        solution = formulas.ExcelModel().loads(str(file)).finish().calculate()
        cells = {
            cell: float(solution[f"'[bill.xlsx]BILL'!{cell}"].value[0, 0])
            for cell in ("B12", "C12", "D12", "B13", "C13", "D13")
        }
        assert cells == {"B12": benefit, "C12": benefit, "D12": 0, "B13": to_pay, "C13": to_pay, "D13": 0}


def test_the_statement_tells_bill_and_benefit_apart(desk: BenefitDesk) -> None:
    told = set_statement(reconcile_account(desk.settings, "100", by=ADMINISTRATOR), BillWords("en"), PRINTED_ON)
    documents = [(line.what, line.charged, line.paid) for line in told.lines if line.is_document]
    assert sorted(documents) == [
        ("Benefit on bill 1 of March 2017", "", "95.40"),
        ("Benefit on bill 3 of April 2017", "", "47.70"),
        ("Bill 1 of April 2017, by readings", "426.00", ""),
        ("Bill 1 of March 2017, by readings", "426.00", ""),
        ("Bill 2 of April 2017, Benefit recalculation: takes back a bill", "−426.00", ""),
        ("Bill 3 of April 2017, Benefit recalculation", "426.00", ""),
    ]
    assert told.closing == "708.90"  # 852.00 - 95.40 - 47.70
