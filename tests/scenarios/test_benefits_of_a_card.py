"""The directory of benefits and the card of a point as a clerk keeps them: categories, holders, grants that change."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
import python_calamine

from operational_db.access.commands import create_user
from operational_db.benefits.categories import (
    Category,
    CategoryChange,
    add_category,
    change_category,
    close_category,
    list_categories,
    reopen_category,
)
from operational_db.benefits.grants import (
    Holder,
    OtherGrant,
    end_benefit,
    grant_benefit,
    list_grants,
    reassign_benefit,
)
from operational_db.benefits.holders import HolderCount, counts_of, holders_on, write_holders
from operational_db.benefits.recalculation import preview_reassignment
from operational_db.billing.commands import bill_month
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.small_book import ADMINISTRATOR, SmallBook
from tests.subsidy_desk import JANUARY, KARIMOV, SubsidyDesk

NEW_YEAR, MARCH, JUNE, OCTOBER = date(2019, 1, 1), date(2019, 3, 1), date(2019, 6, 1), date(2019, 10, 1)
BY = {"by": ADMINISTRATOR}
VETERAN = Category("veteran", "Veterans of war", Decimal("0.75"), "dwelling", "state budget", "3")
TEACHER = Category("teacher", "Teachers in villages", Decimal(1), "fixed", "local budget", "11", Decimal(30))
OKSANA = Holder("Oksana Kovalenko", tax_id="2345678901", document="AB 123456")
PETRO = Holder("Petro Bondar", document="CD 777")


@pytest.fixture
def book(settings: Settings) -> SmallBook:
    """Two categories; 100 and 101 in Sadova street, 102 in Lisova street, 200 in another RES."""
    book = SmallBook(settings, first_month=NEW_YEAR, res_codes=("SA01", "SA02"))
    for account_no, res, street, house in (
        ("100", "SA01", "Sadova", "10"), ("101", "SA01", "Sadova", "2"), ("102", "SA01", "Lisova", "1"),
        ("200", "SA02", "Miru", "5"),
    ):  # fmt: skip
        consumer = book.consumer(account_no, res=res, since=NEW_YEAR, readings={})
        book.live_at(consumer, f"Subscriber {account_no}", street, house, since=NEW_YEAR)
    for category in (VETERAN, TEACHER):
        add_category(settings, category, from_day=date(2000, 1, 1), **BY)
    return book


def _grant(book: SmallBook, account_no: str, category: str, holder: Holder, *, persons: int = 1) -> int:
    return grant_benefit(
        book.settings, f"{account_no}#1", category, holder, from_day=NEW_YEAR, persons=persons, dwelling="gas_stove",
        **BY,
    )  # fmt: skip


def _grants(book: SmallBook) -> list[tuple]:
    return [
        (g.grant_no, g.category_code, g.full_name, g.entitled_persons, g.valid_from, g.valid_to)
        for g in list_grants(book.settings, **BY)
    ]


@pytest.mark.requirement("E43", "E75")
def test_a_category_is_added_once_and_changed_from_a_day_on(book: SmallBook) -> None:
    with pytest.raises(Refusal, match='There is a category of benefit "veteran" already'):
        add_category(book.settings, VETERAN, from_day=MARCH, **BY)
    with pytest.raises(Refusal, match="a name, a financing source and a row of the report; give all three"):
        add_category(book.settings, Category("blind", "Blind", Decimal("0.5"), "none", " ", "4"), from_day=MARCH, **BY)
    with pytest.raises(Refusal, match='There is no category of benefit "blind"'):
        change_category(book.settings, "blind", CategoryChange(share=Decimal("0.5")), from_day=MARCH, **BY)
    with pytest.raises(Refusal, match="gives that since 2000-01-01 already; say what changes on 2019-03-01"):
        change_category(book.settings, "veteran", CategoryChange(share=Decimal("0.75")), from_day=MARCH, **BY)
    change_category(book.settings, "teacher", CategoryChange(share=Decimal("0.5")), from_day=MARCH, **BY)
    change_category(book.settings, "teacher", CategoryChange(norm_kind="none", report_row="12"), from_day=JUNE, **BY)
    told = [
        (c.valid_from, c.category_name, c.share, c.norm_kind, c.fixed_norm_kwh, c.financing_source, c.report_row)
        for c in list_categories(book.settings, **BY)
        if c.category_code == "teacher"
    ]
    name, budget = "Teachers in villages", "local budget"
    assert told == [
        (date(2000, 1, 1), name, Decimal(1), "fixed", Decimal(30), budget, "11"),
        (MARCH, name, Decimal("0.5"), "fixed", Decimal(30), budget, "11"),
        (JUNE, name, Decimal("0.5"), "none", None, budget, "12"),
    ]


@pytest.mark.requirement("E54")
def test_a_law_brings_a_category_back_for_a_time(book: SmallBook) -> None:
    before = _grant(book, "100", "teacher", OKSANA)
    close_category(book.settings, "teacher", on=MARCH, **BY)
    # The law brings it back from June; who held it before asks for it anew.
    reopen_category(book.settings, "teacher", **BY)
    again = grant_benefit(book.settings, "100#1", "teacher", OKSANA, from_day=JUNE, **BY)
    # The law ends in October, and so does what it gave.
    assert close_category(book.settings, "teacher", on=OCTOBER, **BY) == 1
    assert [(row[0], row[4], row[5]) for row in _grants(book)] == [(before, NEW_YEAR, MARCH), (again, JUNE, OCTOBER)]
    with pytest.raises(Refusal, match="not valid since 2019-10-01 and cannot be granted"):
        grant_benefit(book.settings, "101#1", "teacher", PETRO, from_day=OCTOBER, **BY)


@pytest.mark.requirement("E49")
def test_who_keeps_cards_does_not_change_what_a_category_gives(book: SmallBook) -> None:
    create_user(book.settings, login="clerk", full_name="C", group_code="billing_clerks", unit_code="SA01", **BY)
    for try_it in (
        lambda: add_category(
            book.settings, Category("x", "X", Decimal(1), "none", "a", "1"), from_day=MARCH, by="clerk"
        ),
        lambda: change_category(
            book.settings, "veteran", CategoryChange(share=Decimal(1)), from_day=MARCH, by="clerk"
        ),
        lambda: close_category(book.settings, "veteran", on=MARCH, by="clerk"),
    ):  # fmt: skip
        with pytest.raises(Refusal, match='"clerk" does not hold the right "administer"'):
            try_it()
    grant_no = _grant(book, "100", "veteran", OKSANA)
    reassign_benefit(book.settings, grant_no, OtherGrant(category_code="teacher"), from_day=JUNE, by="clerk")
    assert [c.share for c in list_categories(book.settings, by="clerk") if c.category_code == "veteran"] == [
        Decimal("0.75")
    ]


@pytest.mark.requirement("E44", "E45", "E163")
def test_holders_are_listed_and_counted_by_category_res_locality_and_street(book: SmallBook, tmp_path: Path) -> None:
    _grant(book, "100", "veteran", OKSANA, persons=4)
    _grant(book, "100", "teacher", OKSANA)
    _grant(book, "101", "veteran", PETRO, persons=2)
    _grant(book, "102", "veteran", PETRO)
    _grant(book, "200", "veteran", PETRO)
    ended = _grant(book, "102", "teacher", PETRO)
    end_benefit(book.settings, ended, on=JUNE, **BY)
    found = holders_on(book.settings, JUNE, **BY)
    # Within a street by house: 2 comes before 10. What ended on that day is not held on it.
    assert [(h.category_code, h.res_code, h.street_name, h.house, h.account_no, h.full_name) for h in found] == [
        ("teacher", "SA01", "Sadova", "10", "100", "Oksana Kovalenko"),
        ("veteran", "SA01", "Lisova", "1", "102", "Petro Bondar"),
        ("veteran", "SA01", "Sadova", "2", "101", "Petro Bondar"),
        ("veteran", "SA01", "Sadova", "10", "100", "Oksana Kovalenko"),
        ("veteran", "SA02", "Miru", "5", "200", "Petro Bondar"),
    ]
    # Gas stove, four persons: 70 + 3 x 30 = 160 kWh.
    assert (found[3].norm_kwh, found[3].share, found[3].report_row, found[3].document) == (
        160, Decimal("0.75"), "3", "AB 123456",
    )  # fmt: skip
    town = "Самарканд"
    assert counts_of(found) == [
        HolderCount("teacher", "SA01", town, "Sadova", 1, 1, 1),
        HolderCount("veteran", "SA01", town, "Lisova", 1, 1, 1),
        HolderCount("veteran", "SA01", town, "Sadova", 2, 2, 6),
        HolderCount("veteran", "SA02", town, "Miru", 1, 1, 1),
    ]
    assert [h.account_no for h in holders_on(book.settings, JUNE, street="sadova", category_code="veteran", **BY)] == [
        "101", "100",
    ]  # fmt: skip
    assert [h.account_no for h in holders_on(book.settings, JUNE, unit_code="SA02", locality=town, **BY)] == ["200"]
    assert holders_on(book.settings, JUNE, locality="Elsewhere", **BY) == []
    with pytest.raises(Refusal, match='no category of benefit "blind"'):
        holders_on(book.settings, JUNE, category_code="blind", **BY)
    for name in ("holders.csv", "holders.xlsx"):
        write_holders(found, tmp_path / name)
    with (tmp_path / "holders.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["full_name"], row["entitled_persons"], row["valid_to"]) for row in rows][3] == (
        "Oksana Kovalenko", "4", "",
    )  # fmt: skip
    sheet = python_calamine.CalamineWorkbook.from_path(tmp_path / "holders.xlsx").get_sheet_by_index(0).to_python()
    assert [row[11] for row in sheet] == ["full_name", *(h.full_name for h in found)]


@pytest.mark.requirement("E44")
def test_holders_of_another_res_are_not_shown(book: SmallBook) -> None:
    create_user(book.settings, login="far", full_name="F", group_code="billing_clerks", unit_code="SA02", **BY)
    _grant(book, "100", "veteran", OKSANA)
    assert holders_on(book.settings, JUNE, by="far") == []


@pytest.mark.requirement("E46", "E50")
def test_a_person_with_two_benefits_is_one_holder(book: SmallBook, database: psycopg.Connection) -> None:
    _grant(book, "100", "veteran", Holder("Oksana Kovalenko", document="AB 123456"))
    # The same paper, and now the tax number is known; then by the tax number alone, with a paper for the other right.
    reassigned = _grant(book, "100", "teacher", Holder("Oksana  kovalenko", "2345678901", "AB 123456"))
    end_benefit(book.settings, reassigned, on=MARCH, **BY)
    grant_benefit(
        book.settings, "100#1", "teacher", Holder("Oksana Kovalenko", "2345678901", "School 5"), from_day=JUNE, **BY
    )
    # At another account it is another row: a holder belongs to an account.
    _grant(book, "101", "veteran", OKSANA)
    held = database.execute(
        "SELECT a.account_no, h.full_name, h.tax_id, h.document FROM ops.benefit_holder AS h"
        " INNER JOIN ops.account AS a USING (account_id) ORDER BY a.account_no"
    ).fetchall()
    assert held == [
        ("100", "Oksana Kovalenko", "2345678901", "AB 123456"), ("101", "Oksana Kovalenko", "2345678901", "AB 123456")
    ]  # fmt: skip
    papers = [(h.account_no, h.category_code, h.document) for h in holders_on(book.settings, OCTOBER, **BY)]
    assert papers == [
        ("100", "teacher", "School 5"), ("101", "veteran", "AB 123456"), ("100", "veteran", "AB 123456")
    ]  # fmt: skip
    with pytest.raises(
        Refusal, match='Tax number 2345678901 is that of "Oksana Kovalenko" at this account, not of "Petro'
    ):
        grant_benefit(
            book.settings, "100#1", "teacher", Holder("Petro Bondar", "2345678901"), from_day=MARCH, to_day=JUNE, **BY
        )


@pytest.mark.requirement("E48")
def test_a_grant_becomes_another_category_from_a_day_on_and_keeps_its_end(book: SmallBook) -> None:
    first = grant_benefit(
        book.settings, "100#1", "teacher", OKSANA, from_day=NEW_YEAR, to_day=OCTOBER, dwelling="gas_stove", **BY
    )
    second = reassign_benefit(book.settings, first, OtherGrant(category_code="veteran"), from_day=MARCH, **BY)
    assert _grants(book) == [
        (first, "teacher", "Oksana Kovalenko", 1, NEW_YEAR, MARCH),
        (second, "veteran", "Oksana Kovalenko", 1, MARCH, OCTOBER),
    ]
    with pytest.raises(Refusal, match="does not hold on 2019-10-01 .it holds from 2019-03-01 to 2019-10-01"):
        reassign_benefit(book.settings, second, OtherGrant(persons=2), from_day=OCTOBER, **BY)
    with pytest.raises(Refusal, match="gives that already; say what changes on 2019-06-01"):
        reassign_benefit(book.settings, second, OtherGrant(category_code="veteran", persons=1), from_day=JUNE, **BY)


@pytest.mark.requirement("E48", "E51", "E66")
def test_another_number_of_entitled_persons_is_a_new_dated_grant(book: SmallBook) -> None:
    first = _grant(book, "100", "veteran", OKSANA, persons=4)
    second = reassign_benefit(book.settings, first, OtherGrant(persons=3), from_day=JUNE, **BY)
    # From its own first day it is cancelled wholly and given anew: the number was wrong from the beginning.
    third = reassign_benefit(book.settings, second, OtherGrant(persons=2), from_day=JUNE, **BY)
    assert _grants(book) == [
        (first, "veteran", "Oksana Kovalenko", 4, NEW_YEAR, JUNE),
        (second, "veteran", "Oksana Kovalenko", 3, JUNE, JUNE),
        (third, "veteran", "Oksana Kovalenko", 2, JUNE, None),
    ]


@pytest.mark.requirement("E48")
def test_another_person_takes_a_grant_over_and_a_try_leaves_it(book: SmallBook) -> None:
    first = _grant(book, "100", "veteran", OKSANA)
    reassign_benefit(book.settings, first, OtherGrant(holder_name="Petro Bondar"), from_day=JUNE, dry_run=True, **BY)
    assert _grants(book) == [(first, "veteran", "Oksana Kovalenko", 1, NEW_YEAR, None)]
    second = reassign_benefit(
        book.settings, first, OtherGrant(holder_name="Petro Bondar", document="CD 777"), from_day=JUNE, **BY
    )
    (row,) = [h for h in holders_on(book.settings, OCTOBER, **BY) if h.grant_no == second]
    assert (row.full_name, row.tax_id, row.document) == ("Petro Bondar", None, "CD 777")


def test_what_a_grant_is_refused_for_leaves_the_old_one_standing(book: SmallBook) -> None:
    first = _grant(book, "100", "veteran", OKSANA)
    close_category(book.settings, "teacher", on=MARCH, **BY)
    for how, why in (
        ({"category_code": "teacher"}, "not valid since 2019-03-01 and cannot be granted"),
        ({"category_code": "blind"}, 'no category of benefit "blind"'),
        ({"dwelling": "palace"}, "known are cold_water_only"),
        ({"persons": 0}, "A benefit for 0 persons is none"),
    ):
        with pytest.raises(Refusal, match=why):
            reassign_benefit(book.settings, first, OtherGrant(**how), from_day=JUNE, **BY)
    assert _grants(book) == [(first, "veteran", "Oksana Kovalenko", 1, NEW_YEAR, None)]
    with pytest.raises(Refusal, match="There is no grant 999"):
        reassign_benefit(book.settings, 999, OtherGrant(persons=2), from_day=JUNE, **BY)


@pytest.mark.requirement("E48")
def test_what_was_known_of_a_card_is_in_the_audit_trail(book: SmallBook, database: psycopg.Connection) -> None:
    first = _grant(book, "100", "veteran", OKSANA, persons=4)
    reassign_benefit(book.settings, first, OtherGrant(persons=3), from_day=JUNE, **BY)
    trail = database.execute(
        "SELECT table_name, operation, count(*) FROM audit.row_version WHERE user_login = %s"
        " AND table_name LIKE 'ops.benefit%%' GROUP BY table_name, operation ORDER BY table_name, operation",
        [ADMINISTRATOR],
    ).fetchall()
    assert trail == [
        ("ops.benefit_category", "INSERT", 2), ("ops.benefit_category_version", "INSERT", 2),
        # Granted; its version with an end, and the grant after it; the first version is no longer known.
        ("ops.benefit_grant", "INSERT", 3), ("ops.benefit_grant", "UPDATE", 1), ("ops.benefit_holder", "INSERT", 1),
    ]  # fmt: skip


@pytest.mark.requirement("E48")
def test_what_another_category_changes_on_bills_is_shown_before_it_is_done(
    settings: Settings, database: psycopg.Connection
) -> None:
    desk = SubsidyDesk(settings, database)
    desk.grants_half(KARIMOV, JANUARY)
    quarter = Category("quarter", "A quarter of all", Decimal("0.25"), "none", "state budget", "2")
    add_category(settings, quarter, from_day=JANUARY, **BY)
    bill_month(settings, JANUARY, **BY)
    assert desk.owed(KARIMOV) == 80_000  # 160,000 less half
    ((grant_no, *_),) = _grants(desk.book)
    # A line's energy lies evenly on its days. Of 31 days 15 have half: of 200 kWh at 600 they have 96.774194, of 50 at
    # 800 24.193548, together 77,419.35, half of it 38,709.68. The other 16 have a quarter of 82,580.65: 20,645.16.
    # Together 59,354.84 instead of 80,000.
    other = OtherGrant(category_code="quarter")
    (seen,) = preview_reassignment(settings, grant_no, other, from_day=date(2026, 1, 16), **BY)
    assert (seen.right_benefit_minor, seen.change_minor) == (5_935_484, 2_064_516)
    assert desk.owed(KARIMOV) == 80_000
    reassign_benefit(settings, grant_no, other, from_day=date(2026, 1, 16), **BY)
    bill_month(settings, JANUARY, **BY)
    assert desk.owed(KARIMOV) == 100_645.16
