"""Payments that turn out wrong after they were posted: taken back, moved, recognised; told as a clerk would tell it."""

from datetime import date

import psycopg
import pytest

from dashboards.bills.statement import what_happened
from dashboards.bills.words import BillWords
from operational_db.access.commands import create_user
from operational_db.accounting.reconciliation import reconcile_account
from operational_db.billing.commands import bill_month, close_month
from operational_db.connections import Role, connect
from operational_db.payments.corrections import bind_payment, doubled_payments, reverse_payment, transfer_payment
from operational_db.payments.packages import ToldPayment, post_package, show_package
from operational_db.payments.recognition import pool_payments, suggest_for_payment, suggest_payers
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.cash_desk import BY, SOUM, CashDesk
from tests.integration.test_postings_side_by_side import Beside
from tests.small_book import ADMINISTRATOR

JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)
FIFTH = date(2026, 1, 5)


@pytest.fixture
def desk(settings: Settings, database: psycopg.Connection) -> CashDesk:
    desk = CashDesk(settings, database, first_month=JANUARY)
    for account_no in ("SA01/1/1", "SA01/1/2", "SA02/1/1"):
        desk.consumer(account_no)
    return desk


def _payments(desk: CashDesk, account_no: str) -> list[tuple]:
    rows = desk.database.execute(
        "SELECT p.booked_month, p.paid_on, p.amount_minor FROM ops.payment AS p"
        " INNER JOIN ops.account AS a USING (account_id) WHERE a.account_no = %s ORDER BY p.payment_no",
        [account_no],
    ).fetchall()
    return [(month, day, minor // SOUM) for month, day, minor in rows]


@pytest.mark.requirement("E107", "E117")
def test_a_payment_is_taken_back_in_the_open_month_with_its_day(desk: CashDesk) -> None:
    sobirov = desk.consumer("SA01/2/1")
    desk.owes(sobirov, 2025, 70_000)
    desk.owes(sobirov, 2024, 20_000, article="services")
    desk.paid("SA01/2/1", 100_000, on=FIFTH, channel_id="T1")
    # services 20,000 of 2024 first, then electricity 70,000, and 10,000 over as an advance
    assert desk.entries("SA01/2/1") == [(JANUARY, "electricity", 80_000), (JANUARY, "services", 20_000)]
    close_month(desk.settings, JANUARY, unit_code="SA01", **BY)
    tried = reverse_payment(desk.settings, "bank", "T1", reason="Returned by the bank", dry_run=True, **BY)
    assert desk.balance("SA01/2/1") == -10_000
    done = reverse_payment(desk.settings, "bank", "T1", reason="Returned by the bank", **BY)
    assert (tried.amount_minor, tried.booked_month) == (done.amount_minor, done.booked_month)
    assert (done.account_no, done.amount_minor, done.booked_month) == ("SA01/2/1", 100_000 * SOUM, FEBRUARY)
    assert _payments(desk, "SA01/2/1") == [(JANUARY, FIFTH, 100_000), (FEBRUARY, FIFTH, -100_000)]
    assert desk.entries("SA01/2/1")[2:] == [(FEBRUARY, "electricity", -80_000), (FEBRUARY, "services", -20_000)]
    # Both debts are there again: 70,000 + 20,000.
    assert desk.balances("SA01/2/1") == {"electricity": 70_000, "services": 20_000}
    assert show_package(desk.settings, "P-bank-T1", **BY)[1][0].standing == "taken back"
    assert desk.database.execute(
        "SELECT r.reason, u.login FROM ops.payment_reversal AS r INNER JOIN ops.source AS s USING (source_id)"
        " INNER JOIN ops.app_user AS u USING (user_id)"
    ).fetchall() == [("Returned by the bank", "administrator")]


@pytest.mark.requirement("E107")
def test_a_payment_is_taken_back_once_and_a_reversal_never(desk: CashDesk) -> None:
    desk.paid("SA01/1/1", 10_000, on=FIFTH, channel_id="T1")
    with pytest.raises(Refusal, match="What is posted is corrected for a reason"):
        reverse_payment(desk.settings, "bank", "T1", reason="  ", **BY)
    reverse_payment(desk.settings, "bank", "T1", reason="Twice", **BY)
    with pytest.raises(Refusal, match=r"Payment bank T1 was taken back on \S+ already \(Twice\); a payment is taken"):
        reverse_payment(desk.settings, "bank", "T1", reason="Twice", **BY)
    with pytest.raises(Refusal, match="was taken back on"):
        transfer_payment(desk.settings, "bank", "T1", "SA01/1/2", reason="Wrong flat", **BY)
    with pytest.raises(Refusal, match="Payment bank T1~reversed takes another one back and is not taken back itself"):
        reverse_payment(desk.settings, "bank", "T1~reversed", reason="Oh", **BY)
    with pytest.raises(Refusal, match='no posted payment "T9" of channel bank among those you may see'):
        reverse_payment(desk.settings, "bank", "T9", reason="Twice", **BY)
    # The channel sends it again: it is the same money still.
    with pytest.raises(Refusal, match="channel bank has sent this payment before"):
        desk.paid("SA01/1/1", 10_000, on=FIFTH, channel_id="T1", number="R-99")
    for statement in ("UPDATE ops.payment_reversal SET reason = ''", "DELETE FROM ops.payment_reversal"):
        for role in (Role.OWNER, Role.APP, Role.LOADER):
            with (
                connect(desk.settings, role) as session,
                pytest.raises(psycopg.Error, match="posted|permission denied"),
            ):
                session.execute(statement)


@pytest.mark.requirement("E107", "E117", "E155")
def test_a_payment_of_the_wrong_account_is_moved_to_the_right_one(desk: CashDesk) -> None:
    desk.owes(desk.consumer("SA02/3/1"), 2025, 4_000, article="penalty")
    desk.paid("SA01/1/1", 10_000, on=FIFTH, channel_id="T1")
    close_month(desk.settings, JANUARY, unit_code="SA01", **BY)
    moved = transfer_payment(desk.settings, "bank", "T1", "SA02/3/1", reason="Neighbour's number", **BY)
    # January is closed for SA01 and open for SA02.
    assert (moved.booked_month, moved.right_month, moved.amount_minor) == (FEBRUARY, JANUARY, 10_000 * SOUM)
    assert _payments(desk, "SA01/1/1") == [(JANUARY, FIFTH, 10_000), (FEBRUARY, FIFTH, -10_000)]
    assert _payments(desk, "SA02/3/1") == [(JANUARY, FIFTH, 10_000)]
    # There it pays the debt of that account: 4,000 penalty, 6,000 over.
    assert desk.balances("SA02/3/1") == {"electricity": -6_000, "penalty": 0}
    assert desk.balance("SA01/1/1") == 0
    # It can be moved on, and back.
    transfer_payment(desk.settings, "bank", "T1~moved", "SA01/1/2", article="services", reason="His", **BY)
    assert (desk.balance("SA02/3/1"), desk.balances("SA01/1/2")) == (4_000, {"services": -10_000})
    transfer_payment(desk.settings, "bank", "T1~moved~moved", "SA01/1/1", reason="No, the first was right", **BY)
    # The named article goes with it.
    assert desk.balances("SA01/1/1") == {"electricity": 0, "services": -10_000}
    with pytest.raises(Refusal, match="T1~moved~moved~moved stands on account SA01/1/1 already; name another account"):
        transfer_payment(desk.settings, "bank", "T1~moved~moved~moved", "SA01/1/1", reason="x", **BY)
    with pytest.raises(Refusal, match='There is no account "SA01/9/9" among those you may see'):
        transfer_payment(desk.settings, "bank", "T1~moved~moved~moved", "SA01/9/9", reason="x", **BY)


def test_of_two_clerks_who_correct_the_same_payment_at_once_one_is_refused(desk: CashDesk) -> None:
    desk.paid("SA01/1/1", 10_000, on=FIFTH, channel_id="T1")
    both = [
        Beside(lambda: reverse_payment(desk.settings, "bank", "T1", reason="Returned", **BY)),
        Beside(lambda: transfer_payment(desk.settings, "bank", "T1", "SA01/1/2", reason="His", **BY)),
    ]
    for clerk in both:
        clerk.end()
    (failure,) = [clerk.failure for clerk in both if clerk.failure is not None]
    assert "a payment is taken back once" in str(failure)
    assert desk.balance("SA01/1/1") == 0
    assert desk.balance("SA01/1/2") in (0, -10_000)


@pytest.mark.requirement("E151")
def test_moving_needs_the_right_for_both_res(desk: CashDesk) -> None:
    create_user(
        desk.settings, login="manager", full_name="m", group_code="billing_managers", unit_code="SA01", **BY
    )  # fmt: skip
    create_user(desk.settings, login="manager", full_name="m", group_code="management", unit_code="SA02", **BY)
    desk.paid("SA01/1/1", 10_000, on=FIFTH, channel_id="T1")
    with pytest.raises(Refusal, match='User "manager" does not hold the right "post_payments" for SA02'):
        transfer_payment(desk.settings, "bank", "T1", "SA02/1/1", reason="x", by="manager")
    transfer_payment(desk.settings, "bank", "T1", "SA01/1/2", reason="x", by="manager")
    create_user(desk.settings, login="neighbour", full_name="n", group_code="management", unit_code="SA02", **BY)
    for role in (Role.APP, Role.WEB, Role.READER):
        for login, seen in (("manager", 1), ("neighbour", 0)):
            with connect(desk.settings, role, user=login) as session:
                assert session.execute("SELECT count(*) FROM ops.payment_reversal").fetchone() == (seen,)
                assert session.execute("SELECT count(*) FROM ops.standing_payment").fetchone() == (seen,)
                assert session.execute("SELECT count(*) FROM ops.payment_draft").fetchone() == (0,)


@pytest.mark.requirement("E114", "E145")
def test_unrecognised_money_is_bound_to_its_account(desk: CashDesk) -> None:
    desk.package("R-1", [ToldPayment("O'ktam 17", 9_000 * SOUM, "B1")], on=FIFTH)
    post_package(desk.settings, "R-1", pool_res="SA01", **BY)
    assert [(p.external_id, p.payer_text, p.amount_minor) for p in pool_payments(desk.settings, **BY)] == [
        ("B1", "O'ktam 17", 9_000 * SOUM)
    ]
    bind_payment(desk.settings, "bank", "B1", "SA01/1/2", **BY)
    assert (desk.balance("SA01-UNRECOGNISED"), desk.balance("SA01/1/2")) == (0, -9_000)
    assert pool_payments(desk.settings, unit_code="SA01", **BY) == []
    with pytest.raises(Refusal, match="Payment bank B1~moved is not unrecognised, it stands on account SA01/1/2"):
        bind_payment(desk.settings, "bank", "B1~moved", "SA01/1/1", **BY)


@pytest.mark.requirement("E114", "E117")
def test_the_statement_says_what_was_recognised_and_what_was_moved(desk: CashDesk) -> None:
    desk.package("R-9", [ToldPayment("unknown 77", 30_000 * SOUM, "T1")], on=FIFTH)
    post_package(desk.settings, "R-9", pool_res="SA01", **BY)
    bind_payment(desk.settings, "bank", "T1", "SA01/1/1", reason="Receipt seen", **BY)
    desk.paid("SA01/1/2", 40_000, on=FIFTH, channel_id="T2")
    transfer_payment(desk.settings, "bank", "T2", "SA01/1/1", reason="Neighbour's number", **BY)

    def told(account_no: str) -> list[tuple]:
        lines = reconcile_account(desk.settings, account_no, by=ADMINISTRATOR).lines
        return [(line.kind, (line.amount_minor or 0) // SOUM, line.reason) for line in lines if line.document_kind]

    assert told("SA01/1/1") == [
        ("recognised", -30_000, "Receipt seen"),
        ("moved_here", -40_000, "Neighbour's number"),
    ]
    assert told("SA01/1/2") == [("payment", -40_000, None), ("taken_back", 40_000, "Neighbour's number")]
    statement = reconcile_account(desk.settings, "SA01/1/1", by=ADMINISTRATOR)
    words = [what_happened(line, BillWords("en"), str) for line in statement.lines if line.document_kind]
    assert [one.partition(": ")[2] for one in words] == [
        "recognised, came in without an account", "moved here from another account"
    ]  # fmt: skip


@pytest.mark.requirement("E21", "E145")
def test_whose_money_it_may_be_is_suggested_with_the_evidence(desk: CashDesk) -> None:
    book = desk.book
    used = {JANUARY: 0, FEBRUARY: 100}
    karimov = book.consumer("SA01/5/1", res="SA01", readings=used)
    book.live_at(karimov, "Каримов Алишер", "Registon", "1")
    rustam = book.consumer("SA01/5/2", res="SA01", readings={JANUARY: 0})
    book.live_at(rustam, "Каримов Рустам", "Registon", "2")
    mill = book.consumer("SA01/5/3", res="SA01", readings={JANUARY: 0})
    desk.former_number(mill, "SA01:8801")
    bill_month(desk.settings, JANUARY, **BY)
    # 100 kWh x 600 = 60,000, all of it unpaid
    desk.package(
        "R-1", [ToldPayment("№8801,", 60_000 * SOUM, "B1", payer="КАРИМОВ Алишёр, Registon")], on=FIFTH
    )  # fmt: skip
    post_package(desk.settings, "R-1", pool_res="SA01", **BY)
    found = suggest_for_payment(desk.settings, "bank", "B1", **BY)
    assert [(one.account_no, one.holder, one.score, one.evidence) for one in found] == [
        # 50 + 30 + 20
        (
            "SA01/5/1", "Каримов Алишер", 100, ("the payer wrote the name of its holder, Каримов Алишер; "
            "it owes exactly 60000.00; its last bill (2026-01) was exactly 60000.00"),
        ),
        ("SA01/5/3", None, 80, "the payer wrote 8801, its number in the old program"),
        ("SA01/5/2", "Каримов Рустам", 30, "the payer wrote the surname of its holder, Каримов Рустам"),
    ]  # fmt: skip
    assert [
        one.account_no for one in suggest_payers(desk.settings, unit_code="UZ", amount_minor=60_000 * SOUM, **BY)
    ] == ["SA01/5/1"]
    by_number = suggest_payers(desk.settings, unit_code="SA02", payer_text="л/с SA01/5/2 за свет", **BY)
    assert [(one.account_no, one.evidence) for one in by_number] == [
        ("SA01/5/2", "the payer wrote its number SA01/5/2")
    ]
    assert suggest_payers(desk.settings, unit_code="SA01", amount_minor=1, **BY) == []
    with pytest.raises(Refusal, match="Name the sum that was paid, or what the payer wrote"):
        suggest_payers(desk.settings, unit_code="SA01", **BY)
    bind_payment(desk.settings, "bank", "B1", found[0].account_no, **BY)
    with pytest.raises(Refusal, match='no unrecognised payment "B1" of channel bank'):
        suggest_for_payment(desk.settings, "bank", "B1", **BY)


@pytest.mark.requirement("E107", "E155")
def test_payments_that_came_in_twice_are_found_and_left_to_the_clerk(desk: CashDesk) -> None:
    desk.paid("SA01/1/1", 10_000, on=FIFTH, channel_id="a17")
    desk.paid("SA01/1/1", 10_000, on=date(2026, 1, 6), channel_id="00 A17")  # the bank's second file pads its ids
    desk.paid("SA01/1/2", 10_000, on=FIFTH, channel_id="B1")
    desk.paid("SA01/1/2", 10_000, on=FIFTH, channel_id="B2")
    desk.paid("SA01/1/2", 10_000, on=date(2026, 1, 7), channel_id="B3")
    desk.paid("SA02/1/1", 10_000, on=FIFTH, channel_id="B1", channel="post")  # another account, another channel
    found = doubled_payments(desk.settings, since=JANUARY, **BY)
    assert [(d.certainty, d.account_no, d.external_id, d.other_external_id, d.other_package_no) for d in found] == [
        ("certain", "SA01/1/1", "a17", "00 A17", "P-bank-00 A17"),
        ("probable", "SA01/1/2", "B1", "B2", "P-bank-B2"),
    ]
    assert doubled_payments(desk.settings, since=FEBRUARY, **BY) == []
    reverse_payment(desk.settings, "bank", "00 A17", reason="Sent twice", **BY)
    assert [d.certainty for d in doubled_payments(desk.settings, since=JANUARY, **BY)] == ["probable"]
    assert desk.balance("SA01/1/1") == -10_000
