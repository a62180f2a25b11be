"""What a manager does with receivables: sees who does not collect, goes down to them, reads who owes and since when."""

import re

import psycopg
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PageOpener, Served
from tests.browser.small_money import LONG_PLACE
from tests.browser.test_screens import cell, tile

pytestmark = [pytest.mark.browser, pytest.mark.db]


@pytest.mark.requirement("A6", "B6")
def test_a_place_tells_what_it_collected_against_its_target(
    open_page: PageOpener, screens: Served, database: psycopg.Connection
) -> None:
    page = open_page(screens, "/receivables?month=2026-03")
    summed = database.execute(
        "SELECT round(sum(opening_minor) / 1e8, 1), round(sum(charged_minor) / 1e8, 1),"
        " round(sum(paid_minor) / 1e8, 1),"
        " round(sum(debt_minor) / 1e8, 1), round(sum(overpaid_minor) / 1e8, 1)"
        " FROM marts.fct_receivables WHERE booked_month = '2026-03-01'"
    ).fetchone()
    shown = [tile(page, f"{name}_minor") for name in ("opening", "charged", "paid", "debt", "overpaid")]
    assert shown == [f"{figure:.1f}" for figure in summed] == ["55.0", "188.2", "120.0", "128.2", "10.0"]
    assert tile(page, "collection_share") == "63.8"  # 120 of 188.2003
    expect(page.locator(".tile", has=page.locator("#tile-collection_share"))).to_contain_text("target 95.0 %")
    expect(page.locator(".tile", has=page.locator("#tile-debt_minor"))).to_have_attribute(
        "title", re.compile("Balances of those who owe")
    )
    message = page.locator("#message")
    expect(message).to_contain_text(
        "was paid 63.8 % of what it charged in March 2026, 31.2 points less than its target of 95.0 %."
    )
    expect(message).to_contain_text("Half of what was not collected is in Tashkent City.")  # 43.2 of 68.2
    expect(message).to_contain_text("The debt grew by 73.2 million UZS to 128.2 million UZS.")  # 128.2 - 55
    expect(message).to_contain_text("12 units under it have no figures in this month.")  # 14 regions, 2 with money


def test_the_worst_place_stands_first_and_leads_down(open_page: PageOpener, screens: Served) -> None:
    page = open_page(screens, "/receivables?month=2026-03")
    names = page.locator("#children .ag-pinned-left-cols-container .two-lines")
    expect(names).to_have_text(["Tashkent City", "Samarkand Region"])
    assert cell(page, "children", "Tashkent City", "uncollected_minor") == "43.2"
    assert cell(page, "children", "Tashkent City", "collection_share") == "0.0"  # nothing paid is zero, not blank
    assert cell(page, "children", "Tashkent City", "above_target_share") == "−95.0"
    assert cell(page, "children", "Samarkand Region", "collection_share") == "82.8"  # 120 of 145
    assert cell(page, "children", "Samarkand Region", "target_share") == "98.0"
    assert cell(page, "children", "Samarkand Region", "collection_share_change") == "+0.9"  # 82.76 - 81.82
    assert cell(page, "children", "Samarkand Region", "debt_growth_minor") == "+30.0"
    for column, total in (("uncollected_minor", "68.2"), ("charged_minor", "188.2"), ("debt_minor", "128.2")):
        assert page.locator(f'#children .ag-floating-top [col-id="{column}"]').inner_text() == total

    way = (
        ("Samarkand Region", "/receivables/UZ-SA?month=2026-03"),
        ("Samarkand PTPP", "/receivables/UZ-SA/P-SA?month=2026-03"),
        ("Samarkand City RES", "/receivables/UZ-SA/P-SA/SA01?month=2026-03"),
    )
    for name, path in way:
        page.locator("#children a", has_text=name).click()
        expect(page.locator("#place-name")).to_have_text(name)
        expect(page).to_have_url(screens.address + path)
    expect(page.locator("#children")).to_have_count(0)  # money is kept no deeper
    page.go_back()
    expect(page.locator("#place-name")).to_have_text("Samarkand PTPP")
    page.go_back()
    expect(page.locator("#place-name")).to_have_text("Samarkand Region")
    expect(page).to_have_url(screens.address + "/receivables/UZ-SA?month=2026-03")
    page.locator(".question", has_text="Balance").click()
    expect(page).to_have_url(screens.address + "/balance/UZ-SA?month=2026-03")
    page.locator("a.tile", has=page.locator("#tile-debt_minor")).click()
    expect(page).to_have_url(screens.address + "/receivables/UZ-SA?month=2026-03")


@pytest.mark.requirement("A18")
def test_debts_stand_by_age_and_article_under_their_years(open_page: PageOpener, screens: Served) -> None:
    page = open_page(screens, "/receivables/UZ-SA/P-SA/SA01?month=2026-03")
    rows = page.locator("#debts .ag-pinned-left-cols-container .two-lines")
    expect(rows).to_have_text(["Electricity", "2021", "2024", "2026", "Penalties", "2026"])
    assert cell(page, "debts", "Electricity", "owed_minor") == "68.0"  # 38 + 10 + 15 + 5
    assert cell(page, "debts", "Electricity", "advance_minor") == "10.0"
    ages = [
        page.locator(f'#debts .ag-center-cols-container [row-index="2"] [col-id="{age}"]').inner_text()
        for age in ("owed_minor", "current_minor", "years_1_3_minor", "over_3_years_minor", "advance_minor")
    ]
    assert ages == ["15.0", "0.0", "15.0", "0.0", ""]  # 2024; what is in advance has no year
    total = page.locator('#debts .ag-floating-top [col-id="owed_minor"]')
    assert total.inner_text() == tile(page, "debt_minor") == "70.0"

    assert cell(page, "articles", "Penalties", "collection_share") == "33.3"  # 1 of 3
    assert cell(page, "articles", "Electricity", "other_minor") == "−5.0"
    assert cell(page, "channels", "PAYNET terminal", "paid_minor") == "80.0"
    assert cell(page, "channels", "PAYNET terminal", "paid_share") == "66.7"  # 80 of 120
    assert cell(page, "channels", "Bank", "base_paid_minor") == "90.0"

    page = open_page(screens, "/receivables?month=2026-03")
    assert cell(page, "channels", "Post office", "paid_minor") == "0.0"  # used in February, not in March


def test_a_place_without_money_or_too_deep_says_so(open_page: PageOpener, screens: Served) -> None:
    page = open_page(screens, "/receivables/UZ-AN?month=2026-03")
    expect(page.locator("#state")).to_contain_text("No money of Andijan Region is known in March 2026")
    page.locator("#month").click()
    page.get_by_role("option", name="December 2023").click()
    expect(page).to_have_url(screens.address + "/receivables/UZ-AN?month=2023-12")
    expect(page.locator("#message")).to_contain_text("no target is set")

    page = open_page(screens, "/receivables/F-12")
    expect(page.locator("#state")).to_contain_text("Money is kept by RES and above, not for Ф-12 Сиаб.")
    page.locator("#state a").click()
    expect(page.locator("#place-name")).to_have_text("Samarkand City RES")


def test_a_month_without_charges_has_no_share(open_page: PageOpener, screens: Served) -> None:
    page = open_page(screens, "/receivables/AN02?month=2023-12")
    assert tile(page, "collection_share") == "nothing charged"
    assert tile(page, "charged_minor") == "0.0"
    expect(page.locator("#message")).to_contain_text(
        "No share can be told for Khanabad City RES in December 2023: nothing charged; 1,000.0 thousand UZS was paid."
    )
    assert cell(page, "debts", "Electricity", "advance_minor") == "1,000.0"
    page = open_page(screens, "/receivables/AN03?month=2023-12")
    assert tile(page, "collection_share") == "100.0"
    expect(page.locator("main")).to_contain_text("Nothing is owed and nothing is in advance.")
    page = open_page(screens, "/receivables/UZ-AN/P-AN?month=2023-12")
    assert cell(page, "children", "Khanabad City RES", "collection_share") == ""
    assert cell(page, "children", LONG_PLACE, "charged_minor") == "9,876,543.2"  # billion


@pytest.mark.requirement("A32", "B31")
def test_a_manager_of_a_region_sees_its_money_alone(open_page: PageOpener, screens_of_samarkand: Served) -> None:
    page = open_page(screens_of_samarkand, "/receivables/UZ-SA?month=2026-03")
    assert tile(page, "paid_minor") == "120.0"
    page = open_page(screens_of_samarkand, "/receivables?month=2026-03")
    expect(page.locator("#state")).to_contain_text("No right here")


def test_receivables_in_russian(open_page: PageOpener, screens: Served) -> None:
    page = open_page(screens, "/receivables?month=2026-03", language="ru")
    expect(page.locator("#message")).to_contain_text(
        "март 2026: собрано 63,8 % начисленного, на 31,2 п. п. ниже задания"
    )
    assert tile(page, "charged_minor") == "188,2"
