"""Random stories of money: paid, unrecognised, taken back, moved, months closed between; the book always adds up."""

import itertools
from datetime import date

import psycopg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as of_hypothesis
from hypothesis import strategies as st

from operational_db.billing.commands import close_month
from operational_db.payments.corrections import reverse_payment, transfer_payment
from operational_db.payments.packages import ToldPayment, add_payments, open_package, post_package
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.cash_desk import BY, SOUM, CashDesk

JANUARY, FIFTH = date(2026, 1, 1), date(2026, 1, 5)
RES = ("SA01", "SA01", "SA02")
"""Of the three accounts of a story."""

some_account = st.integers(0, len(RES) - 1)
step = st.one_of(
    st.tuples(st.just("pay"), some_account, st.integers(1, 90), st.sampled_from([None, "services", "penalty"])),
    st.tuples(st.just("pool"), st.integers(1, 90)),
    st.tuples(st.just("reverse"), st.integers(0, 20)),
    st.tuples(st.just("move"), st.integers(0, 20), some_account),
    st.tuples(st.just("close")),
)
stories = st.lists(step, min_size=2, max_size=10)
numbers = itertools.count(1)
# The database is the same for all stories: each has accounts of its own, and goes on in the months that are open.
few = of_hypothesis(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def desk(settings: Settings, database: psycopg.Connection) -> CashDesk:
    return CashDesk(settings, database, first_month=JANUARY, months=1)


class Story:
    """What a story did so far, as a plain list of what stands: id of each payment, its account and its soum."""

    def __init__(self, desk: CashDesk) -> None:
        self.desk = desk
        self.number = next(numbers)
        self.accounts = [f"{res}/{self.number}/{place}" for place, res in enumerate(RES)]
        self.standing: dict[str, tuple[str, int]] = {}
        self.gone: list[str] = []
        self.payment_nos = itertools.count(1)
        for place, account_no in enumerate(self.accounts):
            desk.owes_all(desk.consumer(account_no), {(2024, "services"): 30 + place, (2025, "electricity"): 40})

    def go(self, act: str, *told: object) -> None:
        getattr(self, act)(*told)

    def pay(self, place: int, soum: int, article: str | None) -> None:
        self._post(self.accounts[place], self.accounts[place], soum, RES[place], article, None)

    def pool(self, soum: int) -> None:
        self._post("SA01-UNRECOGNISED", None, soum, "SA01", None, "SA01")

    def reverse(self, pick: int) -> None:
        channel_id = self._picked(pick)
        if channel_id is None:
            return
        reverse_payment(self.desk.settings, "bank", channel_id, reason="Story", **BY)
        del self.standing[channel_id]
        self.gone.append(channel_id)

    def move(self, pick: int, place: int) -> None:
        channel_id = self._picked(pick)
        if channel_id is None:
            return
        account_no, soum = self.standing[channel_id]
        if account_no == self.accounts[place]:
            with pytest.raises(Refusal, match="name another account"):
                transfer_payment(self.desk.settings, "bank", channel_id, account_no, reason="Story", **BY)
            return
        transfer_payment(self.desk.settings, "bank", channel_id, self.accounts[place], reason="Story", **BY)
        del self.standing[channel_id]
        self.gone.append(channel_id)
        self.standing[f"{channel_id}~moved"] = (self.accounts[place], soum)

    def close(self) -> None:
        # Both RES in step: money is not moved to where its month has not been opened yet.
        month = self._open_month("SA01")
        for res in sorted(set(RES)):
            close_month(self.desk.settings, month, unit_code=res, **BY)

    def _picked(self, pick: int) -> str | None:
        """One of the payments that stand; one that is gone is refused."""
        if self.gone:
            with pytest.raises(Refusal, match="a payment is taken back once"):
                reverse_payment(self.desk.settings, "bank", self.gone[pick % len(self.gone)], reason="Story", **BY)
        standing = sorted(self.standing)
        return standing[pick % len(standing)] if standing else None

    def _post(self, on: str, told: str | None, soum: int, unit: str, article: str | None, pool: str | None) -> None:
        channel_id = f"S{self.number}-{next(self.payment_nos)}"
        open_package(
            self.desk.settings, channel_id, "bank", paid_on=FIFTH, month=self._open_month(unit), declared_count=1,
            declared_minor=soum * SOUM, unit_code=unit, **BY,
        )  # fmt: skip
        add_payments(
            self.desk.settings, channel_id, [ToldPayment(told, soum * SOUM, channel_id, article=article)], **BY
        )  # fmt: skip
        post_package(self.desk.settings, channel_id, pool_res=pool, **BY)
        self.standing[channel_id] = (on, soum)

    def _open_month(self, res: str) -> date:
        return self.desk.database.execute(
            "SELECT min(booked_month) FROM ops.open_period WHERE res_id = %s", [self.desk.book.res_ids[res]]
        ).fetchone()[0]


@pytest.mark.requirement("E107", "E114", "E145", "E155")
@few
@given(acts=stories)
def test_balance_payments_and_ledger_agree_and_closed_months_stay(desk: CashDesk, acts: list[tuple]) -> None:
    pool_before = _pool_soum(desk)
    story = Story(desk)
    for act in acts:
        story.go(*act)
    for place, account_no in enumerate(story.accounts):
        # 30 + place and 40 were owed; what stands was paid.
        paid = sum(soum for on, soum in story.standing.values() if on == account_no)
        assert desk.balance(account_no) == 70 + place - paid
        # Taken back in full means owed in full, article by article.
        if not paid:
            assert {of: owed for of, owed in desk.balances(account_no).items() if owed} == {
                "services": 30 + place,
                "electricity": 40,
            }
    in_pool = sum(soum for on, soum in story.standing.values() if on == "SA01-UNRECOGNISED")
    assert _pool_soum(desk) == pool_before + in_pool
    # Each payment is its entries, each reversal the payment that it takes back, in no month before it.
    assert desk.database.execute(
        "SELECT p.external_id FROM ops.payment AS p LEFT JOIN ops.ledger AS g ON g.account_id = p.account_id"
        "   AND g.booked_month = p.booked_month AND g.document_kind = 'payment' AND g.document_no = p.payment_no"
        " GROUP BY p.account_id, p.booked_month, p.payment_no"
        " HAVING sum(g.amount_minor) IS DISTINCT FROM p.amount_minor"
    ).fetchall() == []  # fmt: skip
    assert desk.database.execute(
        "SELECT w.external_id FROM ops.payment_reversal AS r"
        " INNER JOIN ops.payment AS w USING (account_id, booked_month, payment_no)"
        " LEFT JOIN ops.payment AS b ON b.account_id = r.account_id AND b.booked_month = r.reversing_month"
        "   AND b.payment_no = r.reversing_payment_no"
        " LEFT JOIN ops.payment AS n ON n.account_id = r.right_account_id AND n.booked_month = r.right_month"
        "   AND n.payment_no = r.right_payment_no"
        " WHERE b.amount_minor IS DISTINCT FROM -w.amount_minor OR b.booked_month < w.booked_month"
        "   OR b.paid_on <> w.paid_on OR n.amount_minor <> w.amount_minor OR n.paid_on <> w.paid_on"
    ).fetchall() == []  # fmt: skip
    # Closed months are what they were when they closed.
    assert desk.database.execute(
        "SELECT res_id, booked_month FROM ops.period_close"
        " WHERE content_hash <> ops.period_content_hash(res_id, booked_month)"
    ).fetchall() == []  # fmt: skip


def _pool_soum(desk: CashDesk) -> int:
    minor = desk.database.execute(
        "SELECT coalesce(sum(p.amount_minor), 0) FROM ops.payment AS p INNER JOIN ops.account AS a USING (account_id)"
        " WHERE a.kind = 'technical'"
    ).fetchone()[0]
    return int(minor) // SOUM
