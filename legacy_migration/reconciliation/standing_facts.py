"""What does a load tell, and which rows of the book are its own? Views that the comparison and publishing look at.

Belongs here: views of one session. Does not belong here: the views of rows that stand (`verdicts`), any comparison.
"""

# ruff: noqa: S608 - names come from `entities`, values are our own numbers and dates

from typing import TYPE_CHECKING

import psycopg

from legacy_migration.entities import ENTITIES
from legacy_migration.loads import Protocol

if TYPE_CHECKING:
    from legacy_migration.reconciliation.days_of_load import Days


def earlier(entity: str) -> str:
    """Name of the view of rows that earlier loads of the same system brought into the book; empty for a first load."""
    return f"earlier_{entity}"


def told(entity: str) -> str:
    """Name of the view of rows that are in the book or come into it by this load: what others may hang on."""
    return f"told_{entity}"


def earlier_loads(session: psycopg.Connection, load_id: int) -> list[int]:
    """Accepted loads of the same system before this one: the same profile, and a RES in common."""
    return [number for number in _accepted_loads(session, load_id) if number < load_id]


def is_overtaken(session: psycopg.Connection, protocol: Protocol) -> bool:
    """A prepared protocol was judged beside loads of its system that are not those of today: judge the dump anew."""
    return protocol.state == "prepared" and _accepted_loads(session, protocol.load_id) != protocol.summary.get(
        "earlier_loads", []
    )


def _accepted_loads(session: psycopg.Connection, load_id: int) -> list[int]:
    found = session.execute(
        "SELECT l.load_id FROM landing.load AS l INNER JOIN landing.load AS k ON k.load_id = %(load_id)s "
        "AND k.profile = l.profile AND l.load_id <> k.load_id "
        "INNER JOIN migration.protocol AS p ON p.load_id = l.load_id "
        "WHERE (SELECT e.event FROM migration.protocol_event AS e WHERE e.protocol_id = p.protocol_id "
        "ORDER BY e.protocol_event_id DESC LIMIT 1) = 'accepted' AND EXISTS ("
        "SELECT 1 FROM (SELECT DISTINCT a.res_code FROM migration.account AS a WHERE a.load_id = k.load_id) AS a "
        "INNER JOIN (SELECT DISTINCT b.res_code FROM migration.account AS b WHERE b.load_id = l.load_id) AS b "
        "ON b.res_code = a.res_code) ORDER BY l.load_id",
        {"load_id": load_id},
    )
    return [number for (number,) in found]


def create_told_views(session: psycopg.Connection, load_id: int) -> None:
    """Rows of earlier loads, and these together with the rows that stand; needs the standing views of the session."""
    loads = ", ".join(map(str, earlier_loads(session, load_id))) or "NULL"
    for entity in ENTITIES:
        session.execute(
            f"CREATE OR REPLACE TEMPORARY VIEW {earlier(entity)} AS SELECT t.* FROM migration.{entity} AS t "
            f"WHERE t.load_id IN ({loads}) AND NOT EXISTS (SELECT 1 FROM migration.verdict AS d WHERE "
            f"d.load_id = t.load_id AND d.entity = '{entity}' AND d.file_id = t.file_id AND d.row_no = t.row_no "
            "AND d.part_no = t.part_no)"
        )
        is_first = loads == "NULL"
        session.execute(
            f"CREATE OR REPLACE TEMPORARY VIEW {told(entity)} AS SELECT t.* FROM standing_{entity} AS t"
            + ("" if is_first else f" UNION ALL SELECT t.* FROM {earlier(entity)} AS t")
        )


def create_book_views(session: psycopg.Connection, load_id: int, days: "Days") -> None:
    """Which sources of the book are the load's; and what publishing makes of half-hours and first values."""
    for name, condition in (("source_of_load", f"= {load_id}"), ("source_of_other_load", f"<> {load_id}")):
        session.execute(
            f"CREATE OR REPLACE TEMPORARY VIEW {name} AS SELECT s.source_id FROM ops.source AS s "
            f"WHERE s.kind = 'legacy_file' AND (s.arguments ->> 'load_id')::bigint {condition}"
        )
    session.execute(
        "CREATE OR REPLACE TEMPORARY VIEW point_by_half_hours_told AS SELECT p.point_code, p.amr_code "
        f"FROM standing_half_hours AS t INNER JOIN {told('metering_point')} AS p ON p.amr_code = t.point_code "
        "WHERE t.channel = '01' GROUP BY p.point_code, p.amr_code "
        f"HAVING count(DISTINCT t.measured_on) = date '{days.end_day}' - date '{days.half_hours_from}'"
    )
    session.execute(
        "CREATE OR REPLACE TEMPORARY VIEW read_before AS SELECT DISTINCT r.point_code, r.serial_no "
        f"FROM {earlier('reading')} AS r"
    )
