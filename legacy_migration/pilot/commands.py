"""What is entered about the pilot: branches, reviews, requests, volumes. One function is one operation.

Belongs here: rights, transactions, what is new. Does not belong here: reading files (`request_files`), the report
(`report`).
"""

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import psycopg

from legacy_migration.pilot.request_files import FileOfRequests, ToldRequest, read_requests
from operational_db.connections import Role, connect
from operational_db.exchange.entered_files import ENCODING
from operational_db.exchange.pilot_tables import VOLUME_KINDS
from operational_db.exchange.sources import record_command
from operational_db.refusal import Refusal
from operational_db.refused import refusals
from operational_db.settings import Settings


@dataclass(frozen=True)
class LoadedRequests:
    """The answer to a file: requests that were new, told otherwise than before or known, and rows that are none."""

    new_count: int
    changed_count: int
    known_count: int
    unreadable: list[str]


def set_branch(
    settings: Settings, unit_code: str, *, pilot_from: date, pilot_to: date | None = None, note: str, by: str
) -> None:
    """Say from when until when (exclusive) a branch is in pilot; the same again changes nothing.

    Raises:
        Refusal: no such branch, an end before the beginning, no note, no right to migrate.
    """
    if not note.strip():
        raise Refusal("A branch in pilot needs the paper that says so; name it with --note.")
    if pilot_to is not None and pilot_to <= pilot_from:
        raise Refusal(f"The pilot of {unit_code} would end on {pilot_to} before it begins; correct one of the days.")
    arguments = {"unit": unit_code, "from": pilot_from, "to": pilot_to, "note": note}
    with connect(settings, Role.LOADER, user=by) as session, refusals():
        unit_id, user_id = _branch_with_right(session, unit_code, by)
        source_id = record_command(session, "pilot branch", arguments, user_id=user_id)
        added = session.execute(
            "INSERT INTO migration.pilot_branch (unit_id, pilot_from, pilot_to, note, source_id) "
            "SELECT %(unit)s, %(from)s, %(to)s, btrim(%(note)s), %(source)s WHERE NOT EXISTS (SELECT 1 FROM "
            "(SELECT * FROM migration.pilot_branch AS p WHERE p.unit_id = %(unit)s ORDER BY p.pilot_branch_id DESC "
            "LIMIT 1) AS b WHERE b.pilot_from = %(from)s AND b.pilot_to IS NOT DISTINCT FROM %(to)s "
            "AND b.note = btrim(%(note)s))",
            {"unit": unit_id, "from": pilot_from, "to": pilot_to, "note": note, "source": source_id},
        ).rowcount
        if not added:
            session.rollback()


def review_branch(settings: Settings, unit_code: str, *, reviewed_on: date, sponsor: str, outcome: str, by: str) -> int:
    """Record a review of the pilot's status with its sponsor and a branch; returns the requests open that day.

    Raises:
        Refusal: no such branch, it is not in pilot that day, no sponsor or outcome, no right to migrate.
    """
    if not sponsor.strip() or not outcome.strip():
        raise Refusal("A review needs who took part for the sponsor and what was agreed (--sponsor, --outcome).")
    arguments = {"unit": unit_code, "on": reviewed_on, "sponsor": sponsor, "outcome": outcome}
    with connect(settings, Role.LOADER, user=by) as session, refusals():
        unit_id, user_id = _branch_with_right(session, unit_code, by)
        in_pilot = session.execute(
            "SELECT 1 FROM (SELECT p.pilot_from, p.pilot_to FROM migration.pilot_branch AS p WHERE p.unit_id = %s "
            "ORDER BY p.pilot_branch_id DESC LIMIT 1) AS b WHERE daterange(b.pilot_from, b.pilot_to, '[]') @> %s::date",
            [unit_id, reviewed_on],
        ).fetchone()
        if in_pilot is None:
            raise Refusal(
                f"{unit_code} is not in pilot on {reviewed_on}; say from when it is with `wattbook pilot branch`."
            )
        source_id = record_command(session, "pilot review", arguments, user_id=user_id)
        return session.execute(
            "INSERT INTO migration.pilot_review (unit_id, reviewed_on, sponsor, outcome, open_count, source_id) "
            "SELECT %(unit)s, %(on)s, btrim(%(sponsor)s), btrim(%(outcome)s), count(*) FILTER (WHERE "
            "q.received_on <= %(on)s AND (q.closed_on IS NULL OR q.closed_on > %(on)s)), %(source)s FROM "
            "(SELECT DISTINCT ON (r.request_no) r.* FROM migration.pilot_request AS r "
            "ORDER BY r.request_no, r.version_no DESC) AS q WHERE q.unit_id = %(unit)s RETURNING open_count",
            {"unit": unit_id, "on": reviewed_on, "sponsor": sponsor, "outcome": outcome, "source": source_id},
        ).fetchone()[0]


def tell_volume(
    settings: Settings, unit_code: str, kind: str, entered_count: int, *, counted_on: date, by: str
) -> None:
    """Record how much of a kind a branch had entered until a day.

    Raises:
        Refusal: no such branch or kind, a negative count, no right to migrate.
    """
    if kind not in VOLUME_KINDS:
        raise Refusal(f'There is no kind "{kind}"; known are {", ".join(VOLUME_KINDS)}.')
    if entered_count < 0:
        raise Refusal(f"{entered_count} records cannot have been entered; give zero or more.")
    arguments = {"unit": unit_code, "kind": kind, "count": entered_count, "on": counted_on}
    with connect(settings, Role.LOADER, user=by) as session, refusals():
        unit_id, user_id = _branch_with_right(session, unit_code, by)
        source_id = record_command(session, "pilot volume", arguments, user_id=user_id)
        session.execute(
            "INSERT INTO migration.pilot_volume (unit_id, kind, counted_on, entered_count, source_id) "
            "VALUES (%s, %s, %s, %s, %s)",
            [unit_id, kind, counted_on, entered_count, source_id],
        )


def load_requests(
    settings: Settings, path: Path, *, by: str, delimiter: str = ",", encoding: str = ENCODING
) -> LoadedRequests:
    """Enter the requests of a file; rows that are none are told, the others stand. The same again changes nothing.

    Raises:
        Refusal: the file cannot be read, lacks a column or holds no request.
    """
    with connect(settings, Role.LOADER, user=by) as session, refusals():
        today, user_id = session.execute("SELECT current_date, ops.current_user_id()").fetchone()
        if user_id is None:
            raise Refusal(f'There is no active user "{by}"; name one with --by.')
        file = read_requests(path, today, delimiter=delimiter, encoding=encoding)
        if not file.requests and not file.unreadable:
            raise Refusal(f"{path} holds no request; look whether it is the right file.")
        session.execute("SELECT pg_advisory_xact_lock(hashtext('pilot requests'))")
        placed = _placed(session, path, file, by)
        known = {
            row[0]: row[1:]
            for row in session.execute(
                "SELECT DISTINCT ON (request_no) request_no, version_no, unit_id, received_on, subject, module, "
                "closed_on, answer FROM migration.pilot_request ORDER BY request_no, version_no DESC"
            )
        }
        new, changed = [], []
        for unit_id, request in placed:
            facts = (
                unit_id, request.received_on, request.subject, request.module, request.closed_on, request.answer,
            )  # fmt: skip
            version, *before = known.get(request.request_no, (0,))
            if tuple(before) != facts:
                (changed if before else new).append((request.request_no, version + 1, *facts, request.row_no))
        if new or changed:
            origin = {"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
            source_id = record_command(session, "pilot load", origin, user_id=user_id)
            with session.cursor().copy(
                "COPY migration.pilot_request (request_no, version_no, unit_id, received_on, subject, module, "
                "closed_on, answer, source_row, source_id) FROM STDIN"
            ) as copy:
                for row in (*new, *changed):
                    copy.write_row((*row, source_id))
        return LoadedRequests(len(new), len(changed), len(placed) - len(new) - len(changed), file.unreadable)


def _placed(session: psycopg.Connection, path: Path, file: FileOfRequests, by: str) -> list[tuple[int, ToldRequest]]:
    """Requests with their branch; those of no branch, or of one that the user has no right for, become sentences."""
    branches = {
        code: (unit_id, is_held)
        for code, unit_id, is_held in session.execute(
            "SELECT n.name, u.unit_id, ops.holds_right(%s, 'migrate', u.unit_id) FROM unnest(%s::text[]) AS n (name) "
            "LEFT JOIN ops.unit_alias AS a ON lower(a.alias) = lower(n.name) "
            "INNER JOIN ops.unit AS u ON u.code = n.name OR (u.unit_id = a.unit_id AND NOT EXISTS "
            "(SELECT 1 FROM ops.unit AS c WHERE c.code = n.name)) "
            "WHERE u.level IN ('republic', 'region', 'ptpp', 'res')",
            [by, sorted({request.branch for request in file.requests})],
        )
    }
    placed = []
    for request in file.requests:
        unit_id, is_held = branches.get(request.branch, (None, False))
        if is_held:
            placed.append((unit_id, request))
            continue
        why = (
            f'there is no branch "{request.branch}"; write the code of a RES or of a unit above it.'
            if unit_id is None
            else f'user "{by}" does not hold the right "migrate" for {request.branch}; let another user load the row.'
        )
        file.unreadable.append(f"{path.name}, row {request.row_no}: {why}")
    return placed


def _branch_with_right(session: psycopg.Connection, unit_code: str, by: str) -> tuple[int, int]:
    (unit_id,) = session.execute("SELECT ops.find_unit(%s)", [unit_code]).fetchone()
    (level,) = session.execute("SELECT level FROM ops.unit WHERE unit_id = %s", [unit_id]).fetchone()
    if level not in ("republic", "region", "ptpp", "res"):
        raise Refusal(f'"{unit_code}" is a {level.replace("_", " ")}; a branch is a RES or a unit above it.')
    (user_id,) = session.execute("SELECT ops.require_right(%s, 'migrate', %s)", [by, unit_id]).fetchone()
    return unit_id, user_id
