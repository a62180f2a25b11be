"""Contracts at the counter: drawn up, signed, terminated; who has none; and the card that tells a consumer all."""

from datetime import date
from decimal import Decimal

import psycopg
import pytest

from operational_db.access.commands import create_user
from operational_db.billing.commands import bill_month
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from operational_db.subscribers.consumer_card import OwedForArticle, consumer_card
from operational_db.subscribers.contracts import (
    AccountWithoutContract,
    Contract,
    accounts_without_contract,
    contracts_of_account,
    draw_up_contract,
    sign_contract,
    terminate_contract,
)
from tests.money_desk import pay
from tests.small_book import ADMINISTRATOR, Consumer, SmallBook

JANUARY, FIFTH, TENTH, FEBRUARY, MARCH = (
    date(2026, 1, 1), date(2026, 1, 5), date(2026, 1, 10), date(2026, 2, 1), date(2026, 3, 1),
)  # fmt: skip
HOME, SHOP = "SA01/1/1", "SA01/900/1"
BY = {"by": ADMINISTRATOR}
SOUM = 100


@pytest.fixture
def book(settings: Settings) -> SmallBook:
    """A shop of SA01 and a household of SA02; the household of SA01 is `home`."""
    book = SmallBook(settings, first_month=JANUARY, res_codes=("SA01", "SA02"))
    book.consumer(SHOP, res="SA01", tariff="uz.legal", kind="legal", readings={JANUARY: 0})
    book.consumer("SA02/1/1", res="SA02", readings={JANUARY: 0})
    return book


@pytest.fixture(autouse=True)
def home(book: SmallBook) -> Consumer:
    return book.consumer(HOME, res="SA01", persons=4, readings={JANUARY: 1000, FEBRUARY: 1350})


@pytest.mark.requirement("A37", "A40", "B36", "B39")
@pytest.mark.parametrize("account", [HOME, SHOP])
def test_a_contract_is_drawn_up_signed_and_terminated(book: SmallBook, account: str) -> None:
    kind = "household" if account == HOME else "legal"
    assert draw_up_contract(book.settings, account, "17-2026", from_day=JANUARY, **BY) == account
    assert contracts_of_account(book.settings, account, on_day=TENTH, **BY) == [
        Contract(account, kind, "17-2026", None, "not_signed", JANUARY)
    ]
    sign_contract(book.settings, account, "17-2026", signed_on=FIFTH, from_day=TENTH, **BY)
    terminate_contract(book.settings, account, "17-2026", from_day=MARCH, reason="Moved away", **BY)
    seen = [contracts_of_account(book.settings, account, on_day=day, **BY)[0] for day in (FIFTH, TENTH, MARCH)]
    assert [(one.status, one.since, one.signed_on) for one in seen] == [
        ("not_signed", JANUARY, FIFTH),
        ("signed", TENTH, FIFTH),
        ("terminated", MARCH, FIFTH),
    ]


@pytest.mark.requirement("A37", "A40")
def test_what_the_book_knew_before_stays(book: SmallBook, database: psycopg.Connection) -> None:
    draw_up_contract(book.settings, SHOP, "17-2026", from_day=JANUARY, **BY)
    sign_contract(book.settings, SHOP, "17-2026", signed_on=FIFTH, from_day=FIFTH, **BY)
    versions = database.execute(
        "SELECT status, valid_from, valid_to, known_to IS NULL FROM ops.contract_status ORDER BY contract_status_id"
    ).fetchall()
    assert sorted(versions, key=str) == sorted(
        [
            ("not_signed", JANUARY, None, False),
            ("not_signed", JANUARY, FIFTH, True),
            ("signed", FIFTH, None, True),
        ],
        key=str,
    )


@pytest.mark.requirement("A37", "A40")
def test_accounts_without_a_contract_are_listed(book: SmallBook) -> None:
    draw_up_contract(book.settings, HOME, "1", from_day=JANUARY, **BY)
    draw_up_contract(book.settings, SHOP, "2", from_day=JANUARY, **BY)
    sign_contract(book.settings, SHOP, "2", signed_on=FIFTH, from_day=FIFTH, **BY)
    home = AccountWithoutContract(HOME, "household", "1", "not_signed")
    other = AccountWithoutContract("SA02/1/1", "household", None, None)
    assert accounts_without_contract(book.settings, "SA01", on_day=TENTH, **BY) == [home]
    assert accounts_without_contract(book.settings, "UZ", on_day=TENTH, **BY) == [home, other]
    terminate_contract(book.settings, SHOP, "2", from_day=TENTH, reason="Closed down", **BY)
    assert accounts_without_contract(book.settings, "SA01", on_day=TENTH, **BY) == [
        AccountWithoutContract(SHOP, "legal", "2", "terminated"),
        home,
    ]


@pytest.mark.requirement("A37", "A40")
def test_what_cannot_be_is_refused_with_a_sentence(book: SmallBook) -> None:
    draw_up_contract(book.settings, SHOP, "1", from_day=JANUARY, **BY)
    draw_up_contract(book.settings, SHOP, "2", from_day=JANUARY, **BY)
    sign_contract(book.settings, SHOP, "1", signed_on=FIFTH, from_day=FIFTH, **BY)
    settings = book.settings
    for sentence, refused in {
        'The number "1" is that of a contract of account SA01/900/1 already; a RES gives a number once.': lambda: (
            draw_up_contract(settings, HOME, "1", from_day=JANUARY, **BY)
        ),
        "A contract of account SA01/1/1 needs a number; give it with --number.": lambda: draw_up_contract(
            settings, HOME, " ", from_day=JANUARY, **BY
        ),
        "Contract 1 of account SA01/900/1 is in force from 2026-01-05; terminate it first, or let this one begin after "
        "it.": lambda: sign_contract(settings, SHOP, "2", signed_on=FIFTH, from_day=TENTH, **BY),
        "Contract 1 of account SA01/900/1 was signed on 2026-01-05 already; nothing is to be signed.": lambda: (
            sign_contract(settings, SHOP, "1", signed_on=TENTH, from_day=TENTH, **BY)
        ),
        "Contract 2 is signed on 2026-01-10 and cannot be in force from 2026-01-05; give a later day with --from.": (
            lambda: sign_contract(settings, SHOP, "2", signed_on=TENTH, from_day=FIFTH, **BY)
        ),
        "Contract 2 cannot be signed on 2126-01-01, a day that has not come yet; check the day.": lambda: sign_contract(
            settings, SHOP, "2", signed_on=date(2126, 1, 1), from_day=date(2126, 1, 1), **BY
        ),
        'Account SA01/1/1 has no contract "9"; see `wattbook contract list --account SA01/1/1`.': lambda: (
            terminate_contract(settings, HOME, "9", from_day=TENTH, reason="?", **BY)
        ),
        "Contract 1 of account SA01/900/1 stands since 2026-01-05 and cannot end on 2026-01-01; give a later day.": (
            lambda: terminate_contract(settings, SHOP, "1", from_day=JANUARY, reason="?", **BY)
        ),
    }.items():
        with pytest.raises(Refusal) as told:
            refused()
        assert str(told.value) == sentence


@pytest.mark.requirement("A37", "A40")
def test_two_contracts_are_never_in_force_at_once(book: SmallBook) -> None:
    for number in ("1", "2", "3"):
        draw_up_contract(book.settings, SHOP, number, from_day=JANUARY, **BY)
    sign_contract(book.settings, SHOP, "1", signed_on=FIFTH, from_day=FEBRUARY, **BY)
    # It would begin before the other, and go on beside it from February on.
    with pytest.raises(Refusal, match="Contract 1 of account SA01/900/1 is in force from 2026-02-01"):
        sign_contract(book.settings, SHOP, "2", signed_on=FIFTH, from_day=TENTH, **BY)
    terminate_contract(book.settings, SHOP, "1", from_day=MARCH, reason="Another rate", **BY)
    sign_contract(book.settings, SHOP, "3", signed_on=TENTH, from_day=MARCH, **BY)
    in_force = [
        one.contract_no
        for one in contracts_of_account(book.settings, SHOP, on_day=MARCH, **BY)
        if one.status == "signed"
    ]
    assert in_force == ["3"]


@pytest.mark.requirement("A37", "A40")
def test_a_dry_run_leaves_nothing_and_only_those_with_the_right_may(book: SmallBook) -> None:
    draw_up_contract(book.settings, HOME, "1", from_day=JANUARY, dry_run=True, **BY)
    assert contracts_of_account(book.settings, HOME, on_day=TENTH, **BY) == []
    create_user(book.settings, login="manager", full_name="M", group_code="management", unit_code="SA01", **BY)
    with pytest.raises(Refusal, match='"manager" does not hold the right "keep_contracts" for SA01'):
        draw_up_contract(book.settings, HOME, "1", from_day=JANUARY, by="manager")


@pytest.mark.requirement("A16", "A19", "A39", "A42", "B15", "B17", "B18", "B40", "B41")
def test_the_card_of_a_household_tells_what_there_is_to_pay(book: SmallBook, home: Consumer) -> None:
    bill_month(book.settings, JANUARY, **BY)  # 200 x 600 + 150 x 800 = 240 000
    pay(book, home, FIFTH, 40_000 * SOUM)
    draw_up_contract(book.settings, HOME, "17-2026", from_day=JANUARY, **BY)
    sign_contract(book.settings, HOME, "17-2026", signed_on=FIFTH, from_day=FIFTH, **BY)
    card = consumer_card(book.settings, HOME, on_day=FEBRUARY, **BY)
    assert (card.account_kind, card.persons, card.contract_no, card.contract_signed_on) == (
        "household", 4, "17-2026", FIFTH,
    )  # fmt: skip
    assert (card.bill_month, card.bill_charge_minor) == (JANUARY, 240_000 * SOUM)
    assert (card.paid_on, card.paid_minor) == (FIFTH, 40_000 * SOUM)
    # 240 000 charged less 40 000 paid
    assert card.balance_minor == 200_000 * SOUM
    assert card.owed == (OwedForArticle("electricity", 200_000 * SOUM),)
    (point,) = card.points
    assert (point.resource_code, point.tariff_code, point.read_on, point.value_kwh) == (
        "electricity", "uz.household", FEBRUARY, Decimal(1350),
    )  # fmt: skip
    assert point.place == "Regional Electric Networks > Samarkand Region > Samarkand PTPP > Samarkand City RES"
    # On 10 January the meter had been read on 1 January alone.
    assert consumer_card(book.settings, HOME, on_day=TENTH, **BY).points[0].value_kwh == Decimal(1000)


@pytest.mark.requirement("A17", "B16", "A39", "B38")
def test_the_card_of_a_legal_consumer_masks_its_numbers(book: SmallBook, database: psycopg.Connection) -> None:
    with database.transaction():
        database.execute(
            "WITH holder AS (INSERT INTO ops.subscriber (kind, full_name, tax_number, source_id)"
            " VALUES ('organisation', 'Shop «Чилонзор»', '301234567', %(source)s) RETURNING subscriber_id)"
            " INSERT INTO ops.account_subscriber (account_id, subscriber_id, valid_from, source_id)"
            " SELECT a.account_id, h.subscriber_id, a.opened_on, %(source)s FROM ops.account AS a, holder AS h"
            " WHERE a.account_no = %(account)s",
            {"source": book.source_id, "account": SHOP},
        )
    card = consumer_card(book.settings, SHOP, on_day=TENTH, **BY)
    assert (card.holder_name, card.holder_kind, card.tax_number) == ("Shop «Чилонзор»", "organisation", "…567")
    assert (card.contract_no, card.bill_month, card.paid_on, card.balance_minor) == (None, None, None, 0)
    assert [(one.tariff_code, one.value_kwh) for one in card.points] == [("uz.legal", Decimal(0))]


@pytest.mark.requirement("A16", "A17")
def test_a_card_of_another_unit_is_not_there(book: SmallBook) -> None:
    create_user(book.settings, login="clerk", full_name="C", group_code="billing_clerks", unit_code="SA02", **BY)
    with pytest.raises(Refusal, match='There is no account "SA01/1/1" among those you may see'):
        consumer_card(book.settings, HOME, on_day=TENTH, by="clerk")
