"""What does a load tell, and which rows of the book are its own? Views that the comparison and publishing look at.

Belongs here: views of one session. Does not belong here: the views of rows that stand (`verdicts`), any comparison.
"""

# ruff: noqa: S608 - names come from `entities`, values are our own numbers and dates

from datetime import date

import psycopg

from legacy_migration.entities import ENTITIES

IN_BOOK_ALREADY = ("ALREADY_LOADED", "CHANGED_SINCE_LOAD")
"""Reasons for which a row of a later dump is not loaded though what it tells of is in the book."""


def told(entity: str) -> str:
    """Name of the view of rows whose subject is in the book or comes into it by this load: what others may hang on."""
    return f"told_{entity}"


# Loads of the same old system that stand in the book, this one left out.
ACCEPTED_BEFORE = (
    "SELECT l.load_id FROM landing.load AS l INNER JOIN landing.load AS k ON k.load_id = {load_id} "
    "AND k.profile = l.profile AND k.load_id <> l.load_id "
    "INNER JOIN migration.protocol AS p ON p.load_id = l.load_id "
    "INNER JOIN LATERAL (SELECT e.event, e.protocol_event_id FROM migration.protocol_event AS e "
    "WHERE e.protocol_id = p.protocol_id ORDER BY e.protocol_event_id DESC LIMIT 1) AS e ON e.event = 'accepted'"
)


def create_told_views(session: psycopg.Connection, load_id: int) -> None:
    """Rows of the load that are loaded or were before."""
    reasons = ", ".join(f"'{reason}'" for reason in IN_BOOK_ALREADY)
    for entity in ENTITIES:
        session.execute(
            f"CREATE OR REPLACE TEMPORARY VIEW {told(entity)} AS SELECT t.* FROM migration.{entity} AS t "
            f"WHERE t.load_id = {load_id} AND NOT EXISTS (SELECT 1 FROM migration.verdict AS d WHERE "
            f"d.load_id = {load_id} AND d.entity = '{entity}' AND d.file_id = t.file_id AND d.row_no = t.row_no "
            f"AND d.part_no = t.part_no AND d.reason_code NOT IN ({reasons}))"
        )


def create_book_views(session: psycopg.Connection, load_id: int, first_day: date, end_day: date) -> None:
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
        f"HAVING count(DISTINCT t.measured_on) = date '{end_day}' - date '{first_day}'"
    )
    session.execute(
        "CREATE OR REPLACE TEMPORARY VIEW read_before AS SELECT DISTINCT r.point_code, r.serial_no "
        f"FROM migration.reading AS r WHERE r.load_id IN ({ACCEPTED_BEFORE.format(load_id=load_id)}) "
        "AND r.load_id < "
        f"{load_id} AND NOT EXISTS (SELECT 1 FROM migration.verdict AS d WHERE d.load_id = r.load_id "
        "AND d.entity = 'reading' AND d.file_id = r.file_id AND d.row_no = r.row_no AND d.part_no = r.part_no)"
    )
