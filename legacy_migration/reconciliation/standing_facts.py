"""What does a load tell, and which rows of the book are its own? Views that the comparison and publishing look at.

Belongs here: views of one session. Does not belong here: the views of rows that stand (`verdicts`), any comparison.
"""

# ruff: noqa: S608 - names come from `entities`, values are our own numbers and dates

from typing import TYPE_CHECKING, Final

import psycopg

from legacy_migration.entities import ENTITIES, Entity
from legacy_migration.loads import Protocol
from legacy_migration.rejects.family import corrected_load

if TYPE_CHECKING:
    from legacy_migration.reconciliation.days_of_load import Days


EVIDENCE: Final = ("charge", "code_entry", "conductor")
"""Facts on which nothing in the book rests: a later dump may tell them anew, and the last one told counts."""
_IDENTITY: Final = {
    "reading": ("point_code", "serial_no", "read_on"),
    "declared_energy": ("point_code", "direction", "service_month"),
}


def identity(entity: Entity) -> tuple[str, ...]:
    """By which columns a fact is found again in another load; the entity's key unless given."""
    return _IDENTITY.get(entity.name, entity.key)


def earlier(entity: str) -> str:
    """Name of the view of rows that earlier loads of the same system brought into the book; empty for a first load."""
    return f"earlier_{entity}"


def told(entity: str) -> str:
    """Name of the view of rows that are in the book or come into it by this load: what others may hang on."""
    return f"told_{entity}"


def earlier_loads(session: psycopg.Connection, load_id: int) -> list[int]:
    """Loads of the same system that were accepted before this one was, or by now: dumps and what came back of them.

    One system: the same profile, and a RES in common between the dumps that the loads go back to.
    """
    found = session.execute(
        "WITH RECURSIVE way AS (SELECT l.load_id, l.load_id AS place, l.corrects_load_id FROM landing.load AS l "
        "UNION ALL SELECT w.load_id, l.load_id, l.corrects_load_id FROM way AS w "
        "INNER JOIN landing.load AS l ON l.load_id = w.corrects_load_id), "
        "origin AS (SELECT w.load_id, w.place AS dump_id FROM way AS w WHERE w.corrects_load_id IS NULL), "
        "accepted AS (SELECT p.load_id, n.protocol_event_id FROM migration.protocol AS p CROSS JOIN LATERAL ("
        "SELECT e.event, e.protocol_event_id FROM migration.protocol_event AS e WHERE e.protocol_id = p.protocol_id "
        "ORDER BY e.protocol_event_id DESC LIMIT 1) AS n WHERE n.event = 'accepted') "
        "SELECT l.load_id FROM origin AS k INNER JOIN landing.load AS m ON m.load_id = k.load_id "
        "INNER JOIN landing.load AS l ON l.profile = m.profile AND l.load_id <> k.load_id "
        "INNER JOIN origin AS o ON o.load_id = l.load_id INNER JOIN accepted AS a ON a.load_id = l.load_id "
        "LEFT JOIN accepted AS b ON b.load_id = k.load_id WHERE k.load_id = %(load_id)s "
        "AND (b.load_id IS NULL OR a.protocol_event_id < b.protocol_event_id) AND (o.dump_id = k.dump_id OR EXISTS ("
        "SELECT 1 FROM (SELECT DISTINCT x.res_code FROM migration.account AS x WHERE x.load_id = k.dump_id) AS x "
        "INNER JOIN (SELECT DISTINCT y.res_code FROM migration.account AS y WHERE y.load_id = o.dump_id) AS y "
        "ON y.res_code = x.res_code)) ORDER BY l.load_id",
        {"load_id": load_id},
    )
    return [number for (number,) in found]


def is_overtaken(session: psycopg.Connection, protocol: Protocol) -> bool:
    """A prepared protocol was judged beside loads of its system that are not those of today: judge the dump anew."""
    return protocol.state == "prepared" and earlier_loads(session, protocol.load_id) != protocol.summary.get(
        "earlier_loads", []
    )


def create_told_views(session: psycopg.Connection, load_id: int) -> None:
    """Rows of earlier loads, and these together with the rows that stand; needs the standing views of the session.

    A later dump tells again what was loaded before: its own row is the one that is told, so that each fact is there
    once. Rows that came back are judged beside every row of the book.
    """
    loads = ", ".join(map(str, earlier_loads(session, load_id)))
    came_back = corrected_load(session, load_id) is not None
    for name, entity in ENTITIES.items():
        columns = identity(entity)
        last, order = "", ""
        if name in EVIDENCE and columns:
            by = ", ".join(f"t.{column}" for column in columns)
            last, order = f"DISTINCT ON ({by}) ", f" ORDER BY {by}, t.load_id DESC, t.file_id, t.row_no, t.part_no"
        session.execute(
            f"CREATE OR REPLACE TEMPORARY VIEW {earlier(name)} AS SELECT {last}t.* FROM migration.{name} AS t "
            f"WHERE t.load_id IN ({loads or 'NULL'}) AND NOT EXISTS (SELECT 1 FROM migration.verdict AS d WHERE "
            f"d.load_id = t.load_id AND d.entity = '{name}' AND d.file_id = t.file_id AND d.row_no = t.row_no "
            f"AND d.part_no = t.part_no){order}"
        )
        rows = f"SELECT t.* FROM standing_{name} AS t"
        if loads:
            rows += f" UNION ALL SELECT t.* FROM {earlier(name)} AS t"
        if loads and columns and not came_back:
            same = " AND ".join(f"s.{column} = t.{column}" for column in columns)
            rows += f" WHERE NOT EXISTS (SELECT 1 FROM standing_{name} AS s WHERE {same})"
        session.execute(f"CREATE OR REPLACE TEMPORARY VIEW {told(name)} AS {rows}")


def create_book_views(session: psycopg.Connection, load_id: int, days: "Days") -> None:
    """Which sources of the book are the load's; which points are billed by half-hours that cover every day of the load;
    which meters were read before."""
    for name, condition in (("source_of_load", f"= {load_id}"), ("source_of_other_load", f"<> {load_id}")):
        session.execute(
            f"CREATE OR REPLACE TEMPORARY VIEW {name} AS SELECT s.source_id FROM ops.source AS s "
            f"WHERE s.kind = 'legacy_file' AND (s.arguments ->> 'load_id')::bigint {condition}"
        )
    session.execute(
        "CREATE OR REPLACE TEMPORARY VIEW point_by_half_hours_told AS SELECT p.point_code, p.amr_code "
        f"FROM standing_half_hours AS t INNER JOIN {told('metering_point')} AS p ON p.amr_code = t.point_code "
        # A point that the book bills by its readings already goes on so.
        f"WHERE t.channel = '01' AND (p.point_code NOT IN (SELECT r.point_code FROM {earlier('reading')} AS r) "
        "OR EXISTS (SELECT 1 FROM ops.measured_energy AS e INNER JOIN ops.metering_point AS m "
        "ON m.metering_point_id = e.metering_point_id WHERE e.kind = 'half_hours' AND m.code = p.account_no || '#' "
        "|| CASE WHEN p.point_code = p.account_no THEN '1' ELSE p.point_code END)) GROUP BY p.point_code, p.amr_code "
        f"HAVING count(DISTINCT t.measured_on) = date '{days.end_day}' - date '{days.half_hours_from}'"
    )
    session.execute(
        "CREATE OR REPLACE TEMPORARY VIEW read_before AS SELECT DISTINCT r.point_code, r.serial_no "
        f"FROM {earlier('reading')} AS r"
    )
