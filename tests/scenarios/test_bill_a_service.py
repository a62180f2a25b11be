"""Paid services from the price list to the ledger, told as the clerk who bills them would tell it."""

from datetime import date
from decimal import Decimal

import psycopg
import pytest

from operational_db.access.commands import create_user
from operational_db.billing.commands import bill_month, close_month
from operational_db.connections import Role, connect
from operational_db.payments.services import (
    bill_service,
    reverse_service,
    service_bills,
    service_prices,
    set_service_price,
)
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.cash_desk import BY, SOUM, CashDesk

JANUARY, FEBRUARY, MARCH = (date(2026, month, 1) for month in (1, 2, 3))
FIFTH = date(2026, 1, 5)
VAT = Decimal("0.12")


@pytest.fixture
def desk(settings: Settings, database: psycopg.Connection) -> CashDesk:
    desk = CashDesk(settings, database, first_month=JANUARY)
    desk.consumer("SA01/1/1")
    set_service_price(
        desk.settings, "reconnection", 45_000 * SOUM, vat_rate=VAT, since=JANUARY, meaning="Reconnection", **BY
    )
    return desk


def _ledger(desk: CashDesk, kind: str) -> list[tuple]:
    return desk.database.execute(
        "SELECT booked_month, document_no, debit_code, credit_code, amount_minor, article_code, posted_on"
        " FROM ops.ledger WHERE document_kind = %s ORDER BY booked_month, document_no, entry_no",
        [kind],
    ).fetchall()


@pytest.mark.requirement("E126", "E127", "E155")
def test_a_service_is_billed_by_the_price_of_its_day_and_paid_by_a_payment(desk: CashDesk) -> None:
    tried = bill_service(desk.settings, "SA01/1/1", "reconnection", done_on=FIFTH, quantity=2, dry_run=True, **BY)
    assert _ledger(desk, "service") == []
    done = bill_service(desk.settings, "SA01/1/1", "reconnection", done_on=FIFTH, quantity=2, note="Two lines", **BY)
    # 2 x 45,000 = 90,000, of it VAT 90,000 x 0.12 / 1.12 = 9,642.857... = 9,642.86
    assert (done.booked_month, done.service_no, done.charge_minor, done.vat_minor) == (JANUARY, 1, 9_000_000, 964_286)
    assert (tried.charge_minor, tried.vat_minor) == (9_000_000, 964_286)
    # 9,000,000 - 964,286 = 8,035,714
    assert _ledger(desk, "service") == [
        (JANUARY, 1, "4010", "9030", 8_035_714, "services", FIFTH),
        (JANUARY, 1, "4010", "6410", 964_286, "services", FIFTH),
    ]
    desk.paid("SA01/1/1", 100_000, on=FIFTH, channel_id="T1")
    # 90,000 are owed for services, 10,000 are over.
    assert desk.balances("SA01/1/1") == {"services": 0, "electricity": -10_000}
    (bill,) = service_bills(desk.settings, "SA01/1/1", **BY)
    assert (bill.meaning, bill.quantity, bill.note, bill.standing) == ("Reconnection", 2, "Two lines", "billed")


@pytest.mark.requirement("E126")
def test_a_wrong_bill_of_a_service_is_taken_back_in_the_open_month_once(desk: CashDesk) -> None:
    bill_service(desk.settings, "SA01/1/1", "reconnection", done_on=FIFTH, **BY)
    close_month(desk.settings, JANUARY, unit_code="SA01", **BY)
    taken = reverse_service(desk.settings, "SA01/1/1", JANUARY, 1, reason="Another flat", **BY)
    # 45,000 x 0.12 / 1.12 = 4,821.428... = 4,821.43
    assert (taken.booked_month, taken.service_no, taken.charge_minor, taken.vat_minor) == (
        FEBRUARY, 1, -4_500_000, -482_143,
    )  # fmt: skip
    assert [row[4] for row in _ledger(desk, "service")] == [4_017_857, 482_143, -4_017_857, -482_143]
    assert desk.balance("SA01/1/1") == 0
    assert [(b.booked_month, b.standing) for b in service_bills(desk.settings, "SA01/1/1", **BY)] == [
        (FEBRUARY, "takes back"),
        (JANUARY, "taken back"),
    ]
    with pytest.raises(Refusal, match="Bill of a service 1 of account SA01/1/1 in 2026-01 is taken back already"):
        reverse_service(desk.settings, "SA01/1/1", JANUARY, 1, reason="Again", **BY)
    with pytest.raises(Refusal, match="has no bill of a service 1 in 2026-02 that could be taken back"):
        reverse_service(desk.settings, "SA01/1/1", FEBRUARY, 1, reason="Again", **BY)
    for statement in ("UPDATE ops.service_bill SET charge_minor = 0", "DELETE FROM ops.service_bill"):
        for role in (Role.OWNER, Role.APP, Role.LOADER):
            with (
                connect(desk.settings, role) as session,
                pytest.raises(psycopg.Error, match="posted|permission denied"),
            ):
                session.execute(statement)


@pytest.mark.requirement("A35", "E126")
def test_a_new_price_holds_from_its_day_and_the_old_one_before(desk: CashDesk) -> None:
    set_service_price(desk.settings, "reconnection", 50_000 * SOUM, vat_rate=VAT, since=FEBRUARY, **BY)
    set_service_price(desk.settings, "reconnection", 60_000 * SOUM, vat_rate=VAT, since=FEBRUARY, **BY)
    prices = [
        (p.price_minor // SOUM, p.meaning, p.valid_to)
        for day in (FIFTH, FEBRUARY)
        for p in service_prices(desk.settings, on=day, **BY)
    ]
    assert prices == [(45_000, "Reconnection", FEBRUARY), (60_000, "Reconnection", None)]
    assert bill_service(
        desk.settings, "SA01/1/1", "reconnection", done_on=date(2026, 1, 31), **BY
    ).charge_minor == 45_000 * SOUM  # fmt: skip
    assert bill_service(
        desk.settings, "SA01/1/1", "reconnection", done_on=FEBRUARY, **BY
    ).charge_minor == 60_000 * SOUM  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (
            {"service_code": "dance"},
            'Service "dance" has no price on 2026-01-05; the list of that day has reconnection',
        ),
        (
            {"done_on": date(2025, 12, 31)},
            'Service "reconnection" has no price on 2025-12-31; the list of that day has no',
        ),
        ({"done_on": date(2099, 1, 1)}, "The day 2099-01-01 has not come yet"),
        ({"quantity": 0}, "A quantity of 0 cannot be billed"),
        ({"quantity": Decimal("0.0001")}, "A quantity of 0.0001 cannot be billed"),
        ({"account": "SA01/9/9"}, 'There is no account "SA01/9/9" among those you may see'),
        ({"account": "SA01-UNRECOGNISED"}, "There is no account"),
    ],
)
def test_what_cannot_be_billed_is_refused_in_a_sentence(
    desk: CashDesk, wrong: dict[str, object], sentence: str
) -> None:
    told = {"account": "SA01/1/1", "service_code": "reconnection", "done_on": FIFTH} | wrong
    with pytest.raises(Refusal, match=sentence):
        bill_service(desk.settings, **told, **BY)
    assert _ledger(desk, "service") == []


def test_the_price_list_is_kept_by_administrators_and_has_no_prices_that_cannot_be(desk: CashDesk) -> None:
    create_user(
        desk.settings, login="clerk", full_name="Clerk", group_code="billing_clerks", unit_code="SA01", **BY
    )  # fmt: skip
    with pytest.raises(Refusal, match='User "clerk" does not hold the right "administer" for UZ'):
        set_service_price(desk.settings, "reconnection", 1, vat_rate=VAT, since=FEBRUARY, by="clerk")
    with pytest.raises(Refusal, match='Service "seal" is new; say in words what it is'):
        set_service_price(desk.settings, "seal", 100, vat_rate=VAT, since=FEBRUARY, **BY)
    with pytest.raises(Refusal, match='Service "seal" cannot cost 1.00 with a VAT of 12; a price is above zero'):
        set_service_price(desk.settings, "seal", 100, vat_rate=Decimal(12), since=FEBRUARY, meaning="Seal", **BY)
    bill_service(desk.settings, "SA01/1/1", "reconnection", done_on=FIFTH, by="clerk")


@pytest.mark.requirement("A67", "A68", "D10")
def test_the_ukrainian_chart_posts_the_same_balances_to_its_own_accounts(desk: CashDesk) -> None:
    desk.database.execute("UPDATE ops.parameter SET value = 'UA' WHERE parameter_code = 'chart_of_accounts'")
    karimov = desk.book.consumer("SA01/1/2", res="SA01", readings={JANUARY: 0, FEBRUARY: 100})
    desk.owes_all(karimov, {(2025, "electricity"): 1_000, (2024, "services"): -500})
    bill_month(desk.settings, JANUARY, **BY)
    bill_service(desk.settings, "SA01/1/2", "reconnection", done_on=FIFTH, **BY)
    desk.paid("SA01/1/2", 20_000, on=FIFTH, channel_id="T1")
    totals = desk.database.execute(
        "SELECT code, sum(amount_minor)::bigint FROM (SELECT debit_code AS code, amount_minor FROM ops.ledger"
        " UNION ALL SELECT credit_code, -amount_minor FROM ops.ledger) AS e GROUP BY code ORDER BY code"
    ).fetchall()
    # Taken over 1,000 - 500; billed 100 x 600 = 60,000 with VAT 6,428.57; service 45,000 with 4,821.43; paid 20,000.
    assert totals == [
        ("00", -50_000),
        ("311", 2_000_000),
        ("361", 50_000 + 6_000_000 + 4_500_000 - 2_000_000),
        ("641", -(642_857 + 482_143)),
        ("703", -(6_000_000 - 642_857 + 4_500_000 - 482_143)),
    ]
    # 1,000 + 60,000 electricity and 44,500 services, less 20,000: the 1,000 of 2025, then electricity of January
    assert desk.balances("SA01/1/2") == {"electricity": 41_000, "services": 44_500}
    close_month(desk.settings, JANUARY, unit_code="SA01", **BY)
