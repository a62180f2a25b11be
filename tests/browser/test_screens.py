"""What a manager does with the screens: look, drill down, go back, choose a month, read why there is no figure."""

import re
import time

import psycopg
import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import PageOpener, Served

pytestmark = [
    pytest.mark.browser,
    pytest.mark.db,
    # A browser that leaves a page lets go of an asset half sent; the server in this process leaves it to be collected.
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in. <_io.FileIO name='.*/dashboards/assets/:pytest.PytestUnraisableExceptionWarning"
    ),
]

ALL_PAGES = (
    "/", "/balance", "/balance/UZ-SA", "/balance/UZ-TK/P-TK/TK03/S-B/F-22", "/balance/T-111", "/balance?month=2026-02",
    "/balance?compare=year", "/losses", "/losses/UZ-TK", "/losses/F-12", "/losses/F-22", "/losses/T-111",
    "/receivables", "/receivables/UZ-SA", "/receivables/SA01", "/receivables/F-12", "/receivables/UZ-AN?month=2023-12",
    "/receivables/UZ-AN?month=2026-03", "/receivables?compare=year", "/migration",
    "/migration/1", "/migration/2", "/migration/77", "/migration/1/rows/reading/rejected/READING_DECREASE/3",
    "/migration/1/expectation/residents_are_plausible", "/migration/1/contradiction/BALANCE_MISMATCH",
    "/migration/1/rows/nothing", "/migration/1/rows/account/rejected/NOWHERE", "/balance/NOWHERE",
    "/balance?month=2031-01", "/balance?month=soon",
    "/no/such/page",
)  # fmt: skip


def tile(page: Page, key: str) -> str:
    return page.locator(f"#tile-{key}").inner_text()


def cell(page: Page, grid: str, name: str, column: str) -> str:
    """The text of a cell, found by the name that leads its row."""
    pinned = page.locator(f"#{grid} .ag-row", has=page.get_by_text(name, exact=True)).first
    row_index = pinned.get_attribute("row-index")
    return page.locator(f'#{grid} .ag-row[row-index="{row_index}"] [col-id="{column}"]').inner_text()


@pytest.mark.requirement("A48", "B45")
def test_figures_on_the_screen_equal_sql(open_page: PageOpener, screens: Served, database: psycopg.Connection) -> None:
    page = open_page(screens, "/balance?month=2026-03")
    share, loss = database.execute(
        "SELECT round(100 * sum(loss_kwh) / sum(intake_kwh + generation_kwh) FILTER (WHERE loss_kwh IS NOT NULL), 1),"
        " round(sum(loss_kwh) / 1000, 1) FROM marts.fct_feeder_balance WHERE service_month = '2026-03-01'"
    ).fetchone()
    supply, charged = database.execute(
        "SELECT round(sum(energy_kwh) / 1000, 1), round(sum(charge_minor) / 100 / 1000000.0, 1)"
        " FROM marts.fct_useful_supply WHERE service_month = '2026-03-01'"
    ).fetchone()

    assert tile(page, "loss_share") == str(share) == "14.1"  # 48,100 of 341,000 kWh
    assert tile(page, "loss_kwh") == str(loss) == "48.1"
    assert tile(page, "supply_kwh") == str(supply) == "323.9"
    assert tile(page, "charge_minor") == str(charged) == "194.3"  # 323,900.5 kWh at 600 UZS = 194,340,300
    assert tile(page, "paid_minor") == "120.0"
    assert tile(page, "debt_minor") == "128.2"  # 70 + 58.2003 million
    assert cell(page, "children", "Samarkand Region", "loss_kwh") == "49.1"
    assert cell(page, "children", "Tashkent City", "loss_kwh") == "−1.0"
    assert cell(page, "children", "Andijan Region", "loss_kwh") == ""
    assert "lost 14.1 % of the energy received in March 2026, 6.7 points more than in February 2026" in (
        page.locator("#message").inner_text()
    )


def test_total_of_a_table_equals_its_rows(open_page: PageOpener, screens: Served) -> None:
    page = open_page(screens, "/balance/UZ-SA/P-SA/SA01/S-A?month=2026-03")
    expect(page.locator("#children .ag-row").first).to_be_visible()

    # 11.1 + 38.0 = 49.1 MWh lost, 111 + 190 = 301 MWh received, 99.9 + 152 = 251.9 MWh supplied
    for column, total in (("loss_kwh", "49.1"), ("received_kwh", "301.0"), ("supply_kwh", "251.9")):
        rows = [cell(page, "children", name, column) for name in ("Ф-11 Регистан", "Ф-12 Сиаб")]
        assert f"{sum(float(figure) for figure in rows):.1f}" == total
        assert page.locator(f'#children .ag-floating-top [col-id="{column}"]').inner_text() == total


@pytest.mark.requirement("A48", "B45")
def test_drilling_down_by_clicking_and_going_back(open_page: PageOpener, screens: Served) -> None:
    page = open_page(screens, "/")
    way = (
        ("Samarkand Region", "/balance/UZ-SA"),
        ("Samarkand PTPP", "/balance/UZ-SA/P-SA"),
        ("Samarkand City RES", "/balance/UZ-SA/P-SA/SA01"),
        ("Bogʻishamol", "/balance/UZ-SA/P-SA/SA01/S-A"),
        ("Ф-12 Сиаб", "/balance/UZ-SA/P-SA/SA01/S-A/F-12"),
        ("ТП-121", "/balance/UZ-SA/P-SA/SA01/S-A/F-12/T-121"),
    )
    for name, path in way:
        page.locator("#children a", has_text=name).click()
        expect(page.locator("#place-name")).to_have_text(name)
        expect(page).to_have_url(screens.address + path)
        expect(page).to_have_title(re.compile(re.escape(name)))
    for name, path in reversed(way[:-1]):
        page.go_back()
        expect(page.locator("#place-name")).to_have_text(name)
        expect(page).to_have_url(screens.address + path)

    page.locator("#breadcrumb a", has_text="Regional Electric Networks").click()
    expect(page).to_have_url(screens.address + "/balance")

    expect(page.locator("#place-name")).to_have_text("Regional Electric Networks")
    page.locator('#children .ag-center-cols-container [row-index="0"] [col-id="loss_kwh"]').click()
    page.keyboard.press("Enter")  # without a mouse, too
    expect(page.locator("#place-name")).to_have_text("Samarkand Region")


def test_a_question_asked_before_the_page_is_drawn_is_about_its_place(open_page: PageOpener, screens: Served) -> None:
    page = open_page(screens, "/balance?month=2026-02")
    expect(page.locator("#tile-loss_share")).to_have_text("7.4")

    def late(route: Route) -> None:
        time.sleep(0.7)
        route.continue_()

    page.route("**/_dash-update-component", late)
    page.locator("#children a", has_text="Samarkand Region").click()
    page.locator(".question", has_text="Losses").click()
    expect(page).to_have_url(screens.address + "/losses/UZ-SA?month=2026-02")


def test_the_month_is_chosen_and_stays_in_the_address(open_page: PageOpener, screens: Served) -> None:
    page = open_page(screens, "/balance")
    expect(page.locator("#period-mark")).to_have_text("provisional")  # March is open in the second RES

    page.locator("#month").click()
    page.get_by_role("option", name="February 2026").click()
    expect(page).to_have_url(screens.address + "/balance?month=2026-02")
    expect(page.locator("#period-mark")).to_have_text("closed")
    expect(page.locator("#tile-loss_share")).to_have_text("7.4")  # 26,000 of 350,000 kWh

    page.locator("#children a", has_text="Samarkand Region").click()
    expect(page).to_have_url(screens.address + "/balance/UZ-SA?month=2026-02")
    expect(page.locator("#place-name")).to_have_text("Samarkand Region")  # the links at the top have followed
    page.locator(".question", has_text="Losses").click()
    expect(page).to_have_url(screens.address + "/losses/UZ-SA?month=2026-02")
    page.go_back()
    page.go_back()
    page.go_back()
    expect(page.locator("#tile-loss_share")).to_have_text("14.1")


@pytest.mark.requirement("E153")
def test_losses_are_sorted_by_energy_and_say_why_there_is_none(open_page: PageOpener, screens: Served) -> None:
    page = open_page(screens, "/losses?month=2026-03")
    expect(page.locator("#feeders .ag-pinned-left-cols-container .two-lines")).to_have_text(
        ["Ф-12 Сиаб", "Ф-11 Регистан", "Ф-21 Багишамал", "Ф-22 без счётчика"]
    )
    assert cell(page, "feeders", "Ф-12 Сиаб", "loss_share") == "20.0"  # 38,000 of 190,000
    assert cell(page, "feeders", "Ф-12 Сиаб", "loss_change_kwh") == "+22.0"  # 38.0 - 16.0
    assert cell(page, "feeders", "Ф-22 без счётчика", "loss_kwh") == ""
    assert cell(page, "feeders", "Ф-22 без счётчика", "why") == "no meter at the feeder head"
    expect(page.locator("#feeders .cell-remark").first).to_have_text("Bogʻishamol, Samarkand City RES")
    expect(page.locator("#picture .bars .point")).to_have_count(2)  # the feeders that lost something
    expect(page.locator("#message")).to_contain_text("They lost 48.1 MWh, 14.1 % of what they received.")

    page.locator("#feeders .ag-header-cell", has_text="Useful supply").click()
    expect(page).to_have_url(re.compile(r"sort=useful_supply_kwh\.desc"))
    page.reload()
    expect(page.locator("#feeders .ag-pinned-left-cols-container .two-lines").nth(1)).to_have_text("Ф-11 Регистан")
    expect(page.locator("#feeders .ag-pinned-left-cols-container .two-lines").nth(2)).to_have_text("Ф-21 Багишамал")


@pytest.mark.requirement("E153")
def test_a_feeder_shows_its_months(open_page: PageOpener, screens: Served) -> None:
    page = open_page(screens, "/losses?month=2026-03")
    page.locator("#feeders a", has_text="Ф-12 Сиаб").click()
    sentence = "Ф-12 Сиаб lost 38.0 MWh in March 2026, 20.0 % of the energy received."
    expect(page.locator("#message")).to_have_text(sentence)
    assert cell(page, "months", "February 2026", "loss_kwh") == "16.0"


def test_no_page_is_broken_or_asks_a_foreign_address(open_page: PageOpener, screens: Served) -> None:
    page = open_page(screens, "/")
    for path in ALL_PAGES:
        page.evaluate("document.querySelector('#message, #state').id = 'left'")
        page.evaluate("href => window.wattbook.go(href)", path)
        page.locator("#message, #state").first.wait_for()
        page.wait_for_load_state("networkidle")
        assert page.locator("#message, #state").first.inner_text().strip()
        assert open_page.problems == [], path


def test_the_watch_sees_a_broken_page(open_page: PageOpener, screens: Served) -> None:
    page = open_page(screens, "/balance")
    page.evaluate("fetch('http://192.0.2.1/').catch(() => 0); console.error('broken')")
    page.wait_for_load_state("networkidle")
    assert any("192.0.2.1" in problem for problem in open_page.problems)
    assert any("broken" in problem for problem in open_page.problems)
    open_page.forgive()


@pytest.mark.requirement("A32", "B31")
def test_a_manager_of_a_region_starts_there_and_sees_no_more(
    open_page: PageOpener, screens_of_samarkand: Served
) -> None:
    page = open_page(screens_of_samarkand, "/")
    expect(page).to_have_url(screens_of_samarkand.address + "/balance/UZ-SA")
    expect(page.locator("#tile-loss_kwh")).to_have_text("49.1")
    expect(page.locator("#breadcrumb a")).to_have_count(0)  # the Republic is no link

    for foreign in ("/balance", "/balance/UZ-TK/P-TK/TK03", "/losses/F-21", "/losses"):
        page.evaluate("href => window.wattbook.go(href)", foreign)
        expect(page.locator("#state")).to_contain_text("No right here")
        expect(page.locator("#state a")).to_have_text("Samarkand Region")
        expect(page.locator("#state a")).to_have_attribute("href", re.compile(foreign.split("/")[1] + "/UZ-SA"))


def test_russian_words_and_numbers(open_page: PageOpener, screens: Served) -> None:
    page = open_page(screens, "/balance?month=2026-03", language="ru")
    expect(page.locator("#message")).to_contain_text(
        "Региональные электрические сети, март 2026: потери 14,1 % поступившей энергии"
    )
    assert tile(page, "supply_kwh") == "323,9"
    expect(page.locator("html")).to_have_attribute("lang", "ru")
    page.locator(".language", has_text="EN").click()
    expect(page.locator("#message")).to_contain_text("lost 14.1 %")


def test_nothing_sticks_out_on_a_phone(open_page: PageOpener, screens: Served) -> None:
    for path in (
        "/balance/UZ-TK/P-TK/TK03/S-B",
        "/losses/F-21",
        "/migration",
        "/migration/1/rows/reading/rejected/READING_DECREASE",
        "/losses",
        "/receivables/AN01?month=2023-12",
    ):
        page = open_page(screens, path, width=390, language="ru")
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") == 390, path


def test_an_empty_database_says_what_to_do(open_page: PageOpener, screens_of_nothing: Served) -> None:
    for path in ("/", "/balance", "/losses", "/receivables", "/migration"):
        page = open_page(screens_of_nothing, path)
        expect(page.locator("#state")).to_contain_text("make demo")
        expect(page.locator("#state")).to_contain_text("wattbook build")
