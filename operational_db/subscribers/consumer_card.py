"""The card of a consumer: everything a clerk is asked at the counter, on one page.

Belongs here: asking the database. Does not belong here: what was charged and why (`billing.explanation`), each document
of the account (`accounting.reconciliation`).
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from psycopg.rows import dict_row

from operational_db.billing.commands import find_account
from operational_db.connections import Role, connect
from operational_db.refused import refusals
from operational_db.settings import Settings


@dataclass(frozen=True)
class OwedForArticle:
    """What is owed for an article; minus: in advance."""

    article_code: str
    balance_minor: int


@dataclass(frozen=True)
class CardPoint:
    """A scale of a metering point; without a meter there is one line, whose meter is empty."""

    point_code: str
    resource_code: str
    place: str | None
    """All units from the Republic down to the transformer point, by their names."""
    tariff_code: str | None
    variant_code: str | None
    ordered_power_kw: Decimal | None
    contracted_kwh_per_month: Decimal | None
    serial_no: str | None
    ratio: Decimal | None
    zone_code: str | None
    read_on: date | None
    value_kwh: Decimal | None
    reading_kind: str | None


@dataclass(frozen=True)
class ConsumerCard:
    """A card as it is on a day; sums of money are those of the book now. Numbers of documents show their end alone."""

    account_no: str
    account_kind: str
    opened_on: date
    closed_on: date | None
    holder_name: str | None
    holder_kind: str | None
    tax_number: str | None
    passport_number: str | None
    phone: str | None
    address: str | None
    persons: int | None
    contract_no: str | None
    contract_signed_on: date | None
    former_numbers: list[str] | None
    balance_minor: int
    bill_month: date | None
    bill_charge_minor: int | None
    paid_on: date | None
    paid_minor: int | None
    owed: tuple[OwedForArticle, ...]
    points: tuple[CardPoint, ...]


def consumer_card(settings: Settings, account_no: str, *, on_day: date, by: str) -> ConsumerCard:
    """The card of an account on a day.

    Raises:
        Refusal: no such account among those that the user may see.
    """
    with (
        connect(settings, Role.APP, user=by) as session,
        refusals(),
        session.cursor(row_factory=dict_row) as cursor,
    ):
        account_id, res_id = find_account(session, account_no)
        session.execute("SELECT ops.require_right(%s, 'see', %s)", [by, res_id])
        head = cursor.execute("SELECT * FROM ops.card_head(%s, %s)", [account_id, on_day]).fetchone()
        points = cursor.execute("SELECT * FROM ops.card_points(%s, %s)", [account_id, on_day]).fetchall()
        units = [point["unit_id"] for point in points if point["unit_id"] is not None]
        places: dict[int, list[str]] = {}
        for row in cursor.execute("SELECT * FROM ops.unit_paths(%s::integer[], %s, 'en')", [units, on_day]):
            places.setdefault(row["leaf_unit_id"], []).append(row["unit_name"])
        owed = cursor.execute(
            "SELECT article_code, sum(movement_minor)::bigint AS balance_minor FROM ops.ledger_movement"
            " WHERE account_id = %s GROUP BY article_code HAVING sum(movement_minor) <> 0 ORDER BY article_code",
            [account_id],
        ).fetchall()
    return ConsumerCard(
        **head,
        owed=tuple(OwedForArticle(**one) for one in owed),
        points=tuple(_point(point, places) for point in points),
    )


def _point(point: dict, places: dict[int, list[str]]) -> CardPoint:
    path = places.get(point.pop("unit_id"))
    return CardPoint(place=" > ".join(path) if path else None, **point)
