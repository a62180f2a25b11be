"""The migration page as someone reads it who did not do the load, and the rows behind its figures."""

import io

import openpyxl
import psycopg
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PageOpener, Served

pytestmark = [pytest.mark.browser, pytest.mark.db]


def tile(page: Page, key: str) -> str:
    return page.locator(f"#tile-{key}").inner_text()


def cell(page: Page, grid: str, name: str, column: str) -> str:
    """The text of a cell, found by the name that leads its row."""
    row_index = page.locator(f"#{grid} .ag-row", has=page.get_by_text(name, exact=True)).first.get_attribute(
        "row-index"
    )
    return page.locator(f'#{grid} .ag-row[row-index="{row_index}"] [col-id="{column}"]').inner_text()


@pytest.mark.requirement("A52", "B49")
def test_the_story_of_an_accepted_load(open_page: PageOpener, screens: Served) -> None:
    page = open_page(screens, "/migration/1")
    counts = [tile(page, f"{name}_count") for name in ("read", "loaded", "merged", "rejected")]
    assert counts == ["120", "110", "3", "5"]
    assert tile(page, "rejected_kwh") == "1,235"  # 1,234.5, half away from zero
    assert tile(page, "rejected_minor") == "1,200.0"
    story = page.locator("#message").inner_text()
    assert "2 files with 120 rows came on 02.03.2026; by the profile merged_utility they tell 120 facts." in story
    assert "110 of them are in the book, 93 of 100 accounts among them." in story
    assert "3 were merged into others, 5 rejected, 2 are out of scope." in story
    assert "At stake in the rejected rows: 1,235 kWh and 1,200.0 thousand UZS." in story
    assert "Most of it has the reason “Account twice, with other data”: 0 kWh and 1,200.0 thousand UZS." in story
    assert "Load accepted by" in page.locator("#blocks").inner_text()
    assert cell(page, "reasons", "Account twice, with other data", "amount_minor") == "1,200.0"
    assert cell(page, "files", "SA01/POKAZ.DBF", "rejected_count") == "3"
    # Readings have no money, which is not a money of nothing.
    assert cell(page, "kinds", "Readings", "amount_minor") == ""
    assert cell(page, "kinds", "Readings", "rejected_kwh") == "1,235"
    assert cell(page, "contradictions", "The balance does not follow from the one before", "amount_minor") == "2,000.0"
    assert cell(page, "expectations", "At most 20 people are registered at a household", "result") == "not met, noted"
    assert "the collector rounds" in cell(
        page, "expectations", "The 48 half-hours of a day add up to the day's total", "waived"
    )
    expect(page.locator("#load-status")).to_have_text("accepted")
    expect(page.locator("#signatures .ag-center-cols-container .ag-row")).to_have_count(2)
    # 3 of 300 cells of ABON are rejected, 3 of 20 of POKAZ.
    expect(page.locator("#cell-bars .cell-figure").first).to_have_text("15.0 % rejected")
    expect(page.locator("#cell-bars .cell-figure").nth(1)).to_have_text("1.0 % rejected")


@pytest.mark.requirement("A54", "B51")
def test_what_blocks_signing_is_said_first(open_page: PageOpener, screens: Served) -> None:
    page = open_page(screens, "/migration")
    blocks = page.locator("#blocks").inner_text()
    assert blocks.startswith("What blocks signing: 1 control sum differs; 1 expectation that stops a load is not met")
    assert "Names are read in the encoding in which they were written" in blocks
    assert "1,998,000 of 2,000,000 accounts among them; nothing is in it yet." in page.locator("#message").inner_text()


def test_a_load_without_a_reject_says_so(open_page: PageOpener, screens: Served) -> None:
    page = open_page(screens, "/migration/2")
    text = page.locator("#page").inner_text()
    assert "Every row was loaded as it stood." in text
    assert "No ledger of cells was kept for this load." in text
    assert "The dump contradicts none of its own figures." in text
    assert "`wattbook expectations --protocol 2`" in text
    assert "What blocks signing: what is expected of the rows was not judged yet." in text
    assert "At stake in the rejected rows" not in text
    assert tile(page, "rejected_minor") == "0"


def test_a_reason_leads_to_its_rows_page_by_page(open_page: PageOpener, screens: Served) -> None:
    page = open_page(screens, "/migration/1")
    page.locator("#reasons").get_by_text("Reading goes down", exact=True).click()
    expect(page).to_have_url(screens.address + "/migration/1/rows/reading/rejected/READING_DECREASE")
    expect(page.locator("#pages")).to_contain_text("Page 1 of 3")  # 450 rows, 200 a page
    first = page.locator("#rows .ag-center-cols-container .ag-row[row-index='0']")
    expect(first.locator("[col-id='energy_kwh']")).to_have_text("450")
    expect(first.locator("[col-id='cell_value']")).to_have_text("1001")
    page.locator("#page-after").click()
    expect(page.locator("#pages")).to_contain_text("Page 2 of 3")
    expect(first.locator("[col-id='energy_kwh']")).to_have_text("250")  # the 201st: 451 - 201
    page.locator("#breadcrumb a").click()
    expect(page).to_have_url(screens.address + "/migration/1")


@pytest.mark.parametrize(
    ("path", "name", "column", "shown"),
    [
        ("expectation/residents_are_plausible", "SA01/1/12", "cell_value", "41"),
        # 3,000,000.00 is stated and 1,000,000.00 follows.
        ("contradiction/BALANCE_MISMATCH", "SA01/1/9 2026-01", "difference", "2,000,000.00"),
        ("rows/account/rejected/DUP_ACCOUNT", "no key", "amount_minor", "300.0"),
    ],
)
def test_rows_of_every_kind_are_listed(
    open_page: PageOpener, screens: Served, path: str, name: str, column: str, shown: str
) -> None:
    page = open_page(screens, f"/migration/1/{path}")
    assert cell(page, "rows", name, column) == shown


def test_rows_go_out_as_a_workbook(open_page: PageOpener, screens: Served) -> None:
    page = open_page(screens, "/migration/1/rows/account/rejected/DUP_ACCOUNT")
    with page.expect_download() as download:
        page.locator("#download").click()
    assert download.value.suggested_filename == "load_1_account_rejected_DUP_ACCOUNT.xlsx"
    content = io.BytesIO(download.value.path().read_bytes())
    rows = list(openpyxl.load_workbook(content).active.iter_rows(values_only=True))
    assert rows[0][0] == "Account twice, with other data"
    assert rows[2][0].startswith("User: administrator, ")
    assert rows[3][0] == "2 of 2 rows, those worth most first"
    assert rows[5][-1] == "Money at stake, thousand UZS"
    assert (rows[6][0], rows[6][-1]) == ("=SA01/1/7", 900)  # text, never a formula
    assert (rows[7][0], rows[7][-1]) == (None, 300)


@pytest.mark.requirement("A32", "B31")
def test_names_are_for_those_who_migrate_or_accept(
    open_page: PageOpener, screens_of_samarkand: Served, database: psycopg.Connection
) -> None:
    page = open_page(screens_of_samarkand, "/migration/1")
    expect(page.locator("#reasons .ag-row").first).to_be_visible()
    expect(page.locator("#reasons a")).to_have_count(0)
    for path in ("rows/account/rejected/DUP_ACCOUNT", "contradiction/BALANCE_MISMATCH"):
        page = open_page(screens_of_samarkand, f"/migration/1/{path}")
        expect(page.locator("#state")).to_contain_text("neither the right to migrate nor the right to accept loads")
    answer = page.request.get(screens_of_samarkand.address + "/migration-rows/1/rows/account/rejected/DUP_ACCOUNT")
    assert answer.status == 404
    assert "Каримова" not in answer.text()
    # Nor does the database answer, whoever asks it.
    with pytest.raises(psycopg.Error, match="neither the right to migrate"):
        ask_as_the_screens(database, "SELECT * FROM ops.contradicted_figures(1, 'BALANCE_MISMATCH', 10, 0)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask_as_the_screens(database, "SELECT * FROM migration.verdict")


def ask_as_the_screens(database: psycopg.Connection, query: str) -> None:
    with database.transaction():
        database.execute("SET LOCAL wattbook.user_login = 'samarkand'")
        database.execute("SET LOCAL ROLE wattbook_web")
        database.execute(query)
