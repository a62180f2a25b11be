"""The pool of unrecognised payments, and whose money it may be.

Does not belong here: giving a payment to its account (`corrections.bind_payment`).
"""

from dataclasses import dataclass
from datetime import date

from psycopg.rows import class_row

from operational_db.connections import Role, connect
from operational_db.refusal import Refusal
from operational_db.refused import refusals
from operational_db.settings import Settings


@dataclass(frozen=True)
class PoolPayment:
    """A payment that stands on the technical account of a RES."""

    res_code: str
    channel_code: str
    external_id: str
    paid_on: date
    amount_minor: int
    payer_text: str | None
    package_no: str | None


@dataclass(frozen=True)
class PayerSuggestion:
    """An account that may have paid, with the evidence in words; the higher the score, the stronger."""

    account_no: str
    holder: str | None
    score: int
    evidence: str


def pool_payments(settings: Settings, *, by: str, unit_code: str | None = None) -> list[PoolPayment]:
    """Unrecognised payments of RES of a unit (all that the user may see unless told), oldest first.

    Raises:
        Refusal: there is no such unit.
    """
    with connect(settings, Role.APP, user=by) as session, refusals():
        cursor = session.cursor(row_factory=class_row(PoolPayment))
        return cursor.execute(
            "SELECT u.code AS res_code, p.channel_code, p.external_id, p.paid_on, p.amount_minor, p.payer_text,"
            "  k.package_no"
            " FROM ops.account AS a"
            " INNER JOIN ops.standing_payment AS p ON p.account_id = a.account_id"
            " INNER JOIN ops.unit AS u ON u.unit_id = p.res_id"
            " LEFT JOIN ops.payment_package AS k ON k.payment_package_id = p.payment_package_id"
            " WHERE a.kind = 'technical' AND (%(unit)s::text IS NULL OR p.res_id IN"
            "   (SELECT r.res_id FROM ops.res_under(ops.find_unit(%(unit)s::text), current_date) AS r))"
            " ORDER BY p.paid_on, p.payment_no",
            {"unit": unit_code},
        ).fetchall()


def suggest_for_payment(
    settings: Settings, channel_code: str, external_id: str, *, by: str, limit: int = 10
) -> list[PayerSuggestion]:
    """Accounts that an unrecognised payment may be meant for, the likeliest first.

    Raises:
        Refusal: there is no such payment in the pool, as the user may see it.
    """
    with connect(settings, Role.APP, user=by) as session, refusals():
        found = session.execute(
            "SELECT p.res_id, p.payer_text, p.amount_minor FROM ops.payment_key AS k"
            " INNER JOIN ops.standing_payment AS p ON p.account_id = k.account_id"
            "   AND p.booked_month = k.booked_month AND p.payment_no = k.payment_no"
            " INNER JOIN ops.account AS a ON a.account_id = p.account_id AND a.kind = 'technical'"
            " WHERE k.channel_code = %s AND k.external_id = %s",
            [channel_code, external_id],
        ).fetchone()
        if found is None:
            raise Refusal(
                f'There is no unrecognised payment "{external_id}" of channel {channel_code} among those you may see; '
                "list the pool to find it."
            )
        res_id, payer_text, amount_minor = found
        cursor = session.cursor(row_factory=class_row(PayerSuggestion))
        return cursor.execute(_SUGGEST, [[res_id], payer_text, amount_minor, limit]).fetchall()


def suggest_payers(
    settings: Settings,
    *,
    unit_code: str,
    by: str,
    payer_text: str | None = None,
    amount_minor: int | None = None,
    limit: int = 10,
) -> list[PayerSuggestion]:
    """Accounts of RES of a unit that a sum, or what somebody wrote, points to, the likeliest first.

    Raises:
        Refusal: there is no such unit, or neither a sum nor a text is told.
    """
    if amount_minor is None and not (payer_text or "").strip():
        raise Refusal("Name the sum that was paid, or what the payer wrote, to find the payer by.")
    with connect(settings, Role.APP, user=by) as session, refusals():
        res_ids = session.execute(
            "SELECT array_agg(r.res_id) FROM ops.res_under(ops.find_unit(%s), current_date) AS r", [unit_code]
        ).fetchone()[0]
        cursor = session.cursor(row_factory=class_row(PayerSuggestion))
        return cursor.execute(_SUGGEST, [res_ids or [], payer_text, amount_minor, limit]).fetchall()


_SUGGEST = "SELECT account_no, holder, score, evidence FROM ops.suggest_payers(%s::integer[], %s, %s) LIMIT %s"
