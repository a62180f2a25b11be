"""Shadow billing as an operation: re-rate the legacy bills of a load, keep what is new, tell the figures.

Belongs here: rights, the transaction, keeping and summing up. Does not belong here: classifying bills (`classes`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import psycopg
from psycopg.rows import class_row

from legacy_migration.landing import Progress
from legacy_migration.loads import Protocol, one_at_a_time, require_protocol, require_right
from legacy_migration.shadow_billing.classes import classify
from operational_db.connections import Role, connect
from operational_db.exchange.shadow_tables import SHADOW_CLASSES
from operational_db.exchange.sources import record_command
from operational_db.refusal import Refusal
from operational_db.refused import refusals
from operational_db.settings import Settings


@dataclass(frozen=True)
class ShadowFigure:
    """The bills of a RES, month and class: how many, and what the old program and ours make of them."""

    res_code: str
    service_month: date
    class_code: str
    bill_count: int
    energy_kwh: Decimal
    charge_minor: int
    our_minor: int
    unrated_count: int


@dataclass(frozen=True)
class ShadowDifference:
    """A bill that is not equal, with what explains it."""

    res_code: str
    service_month: date
    class_code: str
    legacy_key: str
    energy_kwh: Decimal
    charge_minor: int
    our_kwh: Decimal | None
    our_minor: int | None
    evidence: str


@dataclass(frozen=True)
class ShadowBilling:
    """What a shadow billing found."""

    protocol_id: int
    months: list[date]
    minor_per_major: int
    changed_count: int
    unread_count: int
    figures: list[ShadowFigure]

    def count_of(self, class_code: str) -> int:
        return sum(figure.bill_count for figure in self.figures if figure.class_code == class_code)


def _say_nothing(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def shadow_bill(
    settings: Settings,
    protocol_id: int | None = None,
    *,
    by: str,
    months: Sequence[date] = (),
    on_progress: Progress | None = None,
) -> ShadowBilling:
    """Re-rate the legacy bills of a judged or accepted load and keep their classes; the same again changes nothing.

    Args:
        protocol_id: the newest that is not withdrawn unless given.
        months: all months of the load unless given.

    Raises:
        Refusal: there is no such protocol or month, the load is withdrawn, or the user lacks the right to migrate.
    """
    report = on_progress or _say_nothing
    with connect(settings, Role.LOADER, user=by) as session, refusals():
        protocol = _protocol(session, protocol_id)
        with one_at_a_time(session, f"shadow {protocol.load_id}"):
            user_id = require_right(session, protocol.load_id, by, "migrate")
            months = _months(session, protocol, months)
            coins = _minor_per_major(session)
            classify(session, protocol.load_id, months, coins, report)
            changed = _keep(session, protocol, months, user_id)
            session.commit()
            return _told(session, protocol, months, coins, changed)


def has_legacy_bills(settings: Settings) -> bool:
    """Whether the newest load that stands tells of bills of the old program."""
    with connect(settings, Role.LOADER) as session:
        return session.execute(
            "SELECT EXISTS (SELECT 1 FROM migration.charge AS c WHERE c.load_id = %s AND NOT c.is_deleted)",
            [_protocol(session, None).load_id],
        ).fetchone()[0]


def shadow_differences(
    settings: Settings,
    protocol_id: int,
    *,
    class_code: str | None = None,
    res_code: str | None = None,
    limit: int = 1000,
) -> list[ShadowDifference]:
    """The bills of a load that are not equal, the dearest differences first."""
    if class_code is not None and class_code not in SHADOW_CLASSES:
        raise Refusal(f'There is no class "{class_code}"; known are {", ".join(SHADOW_CLASSES)}.')
    with connect(settings, Role.LOADER) as session:
        protocol = require_protocol(session, protocol_id)
        cursor = session.cursor(row_factory=class_row(ShadowDifference))
        return cursor.execute(
            "SELECT b.res_code, b.service_month, b.class AS class_code, b.legacy_key, b.energy_kwh, b.charge_minor, "
            "b.our_kwh, b.our_minor, b.evidence FROM migration.shadow_bill AS b "
            "WHERE b.load_id = %(load_id)s AND b.class <> 'equal' AND (%(class)s::text IS NULL OR b.class = %(class)s) "
            "AND (%(res)s::text IS NULL OR b.res_code = %(res)s) "
            "ORDER BY abs(b.charge_minor - coalesce(b.our_minor, 0)) DESC, b.file_id, b.row_no, b.part_no "
            "LIMIT %(limit)s",
            {"load_id": protocol.load_id, "class": class_code, "res": res_code, "limit": limit},
        ).fetchall()


def _protocol(session: psycopg.Connection, protocol_id: int | None) -> Protocol:
    if protocol_id is None:
        (protocol_id,) = session.execute(
            "SELECT max(p.protocol_id) FROM migration.protocol AS p WHERE NOT EXISTS (SELECT 1 FROM "
            "migration.protocol_event AS e WHERE e.protocol_id = p.protocol_id AND e.event = 'withdrawn')"
        ).fetchone()
        if protocol_id is None:
            raise Refusal("No load has a protocol that stands; run `wattbook migrate DIR` first.")
    protocol = require_protocol(session, protocol_id)
    if protocol.state == "withdrawn":
        raise Refusal(f"Protocol {protocol_id} was withdrawn; migrate the dump again and re-rate the new protocol.")
    return protocol


def _months(session: psycopg.Connection, protocol: Protocol, wanted: Sequence[date]) -> list[date]:
    known = [
        row[0]
        for row in session.execute(
            "SELECT DISTINCT c.service_month FROM migration.charge AS c WHERE c.load_id = %s AND NOT c.is_deleted "
            "AND c.service_month IS NOT NULL ORDER BY 1",
            [protocol.load_id],
        )
    ]
    if not known:
        raise Refusal(
            f"Protocol {protocol.protocol_id} has no bills of the old program; describe their file in the profile "
            "(`to: charge`) and migrate again."
        )
    missing = sorted(set(wanted) - set(known))
    if missing:
        raise Refusal(
            f"Protocol {protocol.protocol_id} has no bills of {missing[0]:%Y-%m}; it has {known[0]:%Y-%m} to "
            f"{known[-1]:%Y-%m}."
        )
    return sorted(set(wanted)) or known


def _minor_per_major(session: psycopg.Connection) -> int:
    return int(
        session.execute("SELECT value FROM ops.parameter WHERE parameter_code = 'minor_per_major'").fetchone()[0]
    )


_KEPT = (
    "file_id, row_no, part_no, res_code, legacy_key, service_month, tariff_code, energy_kwh, charge_minor, our_kwh, "
    "our_minor, class, evidence"
)


def _keep(session: psycopg.Connection, protocol: Protocol, months: list[date], user_id: int) -> int:
    """Replace what is another than before; returns how many bills are new or different."""
    scope = {"load_id": protocol.load_id, "months": months}
    kept = "FROM migration.shadow_bill WHERE load_id = %(load_id)s AND service_month = ANY (%(months)s)"
    (changed,) = session.execute(
        f"SELECT count(DISTINCT (n.file_id, n.row_no, n.part_no)) FROM ((SELECT {_KEPT} FROM shadow_result EXCEPT "  # noqa: S608
        f"SELECT {_KEPT} {kept}) UNION ALL (SELECT {_KEPT} {kept} EXCEPT SELECT {_KEPT} FROM shadow_result)) AS n",
        scope,
    ).fetchone()
    if changed == 0:
        return 0
    source_id = record_command(
        session, "shadow", {"protocol_id": protocol.protocol_id, "months": [str(m) for m in months]}, user_id=user_id
    )
    (run_id,) = session.execute(
        "INSERT INTO migration.shadow_run (load_id, months, bill_count, user_id, source_id) "
        "SELECT %s, %s, count(*), %s, %s FROM shadow_result RETURNING shadow_run_id",
        [protocol.load_id, months, user_id, source_id],
    ).fetchone()
    session.execute(f"DELETE {kept}", scope)
    session.execute(
        f"INSERT INTO migration.shadow_bill (load_id, {_KEPT}, shadow_run_id) "  # noqa: S608 - our own columns
        f"SELECT %s, {_KEPT}, %s FROM shadow_result",
        [protocol.load_id, run_id],
    )
    return changed


def _told(
    session: psycopg.Connection, protocol: Protocol, months: list[date], coins: int, changed: int
) -> ShadowBilling:
    scope = {"load_id": protocol.load_id, "months": months, "classes": list(SHADOW_CLASSES)}
    cursor = session.cursor(row_factory=class_row(ShadowFigure))
    figures = cursor.execute(
        "SELECT b.res_code, b.service_month, b.class AS class_code, count(*) AS bill_count, "
        "sum(b.energy_kwh) AS energy_kwh, sum(b.charge_minor)::bigint AS charge_minor, "
        "coalesce(sum(b.our_minor), 0)::bigint AS our_minor, "
        "count(*) FILTER (WHERE b.our_minor IS NULL) AS unrated_count FROM migration.shadow_bill AS b "
        "WHERE b.load_id = %(load_id)s AND b.service_month = ANY (%(months)s) "
        "GROUP BY b.res_code, b.service_month, b.class "
        "ORDER BY b.res_code, b.service_month, array_position(%(classes)s, b.class)",
        scope,
    ).fetchall()
    (unread,) = session.execute(
        "SELECT count(*) FROM migration.verdict AS v WHERE v.load_id = %s AND v.entity = 'charge' "
        "AND v.verdict = 'rejected'",
        [protocol.load_id],
    ).fetchone()
    return ShadowBilling(protocol.protocol_id, months, coins, changed, unread, figures)
