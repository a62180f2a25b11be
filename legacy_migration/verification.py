"""From raw rows to a protocol: typed rows, verdicts, checks, in one transaction.

Belongs here: the order of these steps and the protocol row that ends them. Does not belong here: the steps themselves.
"""

import csv
import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Final

import psycopg

from legacy_migration.canonical_rules import DATE_FORMATS
from legacy_migration.checks import compare_with_dump, count_verdicts, run_check_rules
from legacy_migration.duplicates.candidates import find_duplicates
from legacy_migration.entities import ENTITIES
from legacy_migration.landing import Progress
from legacy_migration.profile import MAPPINGS_DIR, Profile
from legacy_migration.reconciliation.later_dump import compare_with_earlier_loads
from legacy_migration.reconciliation.standing_facts import create_told_views, earlier_loads
from legacy_migration.typed_rows import typed_inserts
from legacy_migration.verdicts import create_standing_views, judge, refresh_statistics
from operational_db.refusal import Refusal

REASONS: Final = MAPPINGS_DIR / "reason.csv"


def verify(session: psycopg.Connection, load_id: int, profile: Profile, user_id: int, on_progress: Progress) -> int:
    """Judge all rows of a landed load and write its protocol; returns the protocol's number. The caller commits."""
    minor_digits = minor_digits_of_book(session)
    session.execute("SET LOCAL work_mem = '256MB'")
    _write_reasons(session)
    first_day = _first_day(session, load_id, profile)
    inserts = list(typed_inserts(session, load_id, profile, minor_digits, first_day))
    steps = len(inserts) + 3
    parts: Counter[tuple[str, str]] = Counter()
    filtered = {(file.name, rows.entity) for file in profile.files for rows in file.rows if rows.only_first}
    for done, insert in enumerate(inserts):
        on_progress("verdicts", done, steps)
        session.execute(insert.statement)
        parts[insert.described_as, insert.entity] = max(parts[insert.described_as, insert.entity], insert.part_no + 1)
    refresh_statistics(session, *ENTITIES)
    for insert in inserts:
        for remark in insert.remarks:
            session.execute(remark)
    create_standing_views(session, load_id)
    create_told_views(session, load_id)
    on_progress("verdicts", steps - 3, steps)
    judge(session, load_id, profile)
    on_progress("verdicts", steps - 2, steps)
    # The dump by itself first, whole; what an earlier load brought of it is told apart after that.
    run_check_rules(session, load_id, "verdict")
    compare_with_earlier_loads(session, load_id)
    find_duplicates(session, load_id)
    count_verdicts(session, load_id)
    whole = {key: count for key, count in parts.items() if key not in filtered}
    compare_with_dump(session, load_id, profile, whole, minor_digits)
    on_progress("verdicts", steps - 1, steps)
    protocol_id = _write_protocol(session, load_id, user_id, first_day)
    on_progress("verdicts", steps, steps)
    return protocol_id


def minor_digits_of_book(session: psycopg.Connection) -> int:
    """How many digits the smallest coin has behind the point."""
    row = session.execute("SELECT value FROM ops.parameter WHERE parameter_code = 'minor_per_major'").fetchone()
    if row is None:
        raise Refusal("The database has no reference data; run `wattbook reference load` first.")
    return len(row[0]) - 1


def _write_reasons(session: psycopg.Connection) -> None:
    with Path(REASONS).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            session.execute(
                "INSERT INTO migration.reason (reason_code, sentence) VALUES (%s, %s) "
                "ON CONFLICT (reason_code) DO UPDATE SET sentence = excluded.sentence",
                [row["reason_code"], row["sentence"]],
            )


def _first_day(session: psycopg.Connection, load_id: int, profile: Profile) -> str | None:
    """The first day that the dump tells of, where the profile says in which cell it stands."""
    if profile.first_day is None:
        return None
    described_as, column, date_format = profile.first_day
    row = session.execute(
        "SELECT f.path, btrim(r.cells[array_position(f.columns, %s)]) FROM landing.file AS f "
        "INNER JOIN landing.row AS r ON r.file_id = f.file_id WHERE f.load_id = %s AND f.described_as = %s "
        "ORDER BY r.row_no LIMIT 1",
        [column, load_id, described_as],
    ).fetchone()
    path, text = row or ("", "")
    pattern, (year, month, day) = DATE_FORMATS[date_format]
    (is_date,) = session.execute("SELECT coalesce(%s ~ %s, false)", [text, pattern]).fetchone()
    if not is_date:
        raise Refusal(
            f'The first day of the dump should stand in {column} of "{described_as}" ({path}), but "{text}" is no date '
            f"of the form {date_format}; ask for the file again or correct the profile."
        )
    return f"{text[year - 1 : year + 3]}-{text[month - 1 : month + 1]}-{text[day - 1 : day + 1]}"


_CONTENT: Final = {
    "files": "SELECT path, sha256, row_count, deleted_count FROM landing.file WHERE load_id = %(load_id)s ORDER BY 1",
    "counts": "SELECT f.path, c.entity, c.read_count, c.loaded_count, c.merged_count, c.rejected_count, "
    "c.out_of_scope_count FROM migration.verdict_count AS c INNER JOIN landing.file AS f ON f.file_id = c.file_id "
    "WHERE c.load_id = %(load_id)s ORDER BY 1, 2",
    "checks": "SELECT level, entity, unit, measure, trim_scale(source_value), trim_scale(target_value), status "
    "FROM migration.check_result WHERE load_id = %(load_id)s AND stage = 'verdict' ORDER BY 1, 2, 3, 4",
    "verdicts": "SELECT entity, verdict, sentence, part_no FROM migration.verdict WHERE load_id = %(load_id)s "
    "ORDER BY 1, 2, 3, 4",
    "remarks": "SELECT entity, sentence, field FROM migration.remark WHERE load_id = %(load_id)s ORDER BY 1, 2, 3",
    "differences": "SELECT check_code, sentence FROM migration.difference WHERE load_id = %(load_id)s ORDER BY 1, 2",
    "duplicates": "SELECT kind, first_key, second_key, score, evidence FROM migration.duplicate "
    "WHERE load_id = %(load_id)s ORDER BY 1, 2, 3",
}
"""What the protocol's hash covers: nothing that depends on a clock or a counter of the database."""


def _write_protocol(session: psycopg.Connection, load_id: int, user_id: int, first_day: str | None) -> int:
    hashed = hashlib.sha256()
    for query in _CONTENT.values():
        for row in session.execute(query, {"load_id": load_id}):
            hashed.update(("|".join("" if cell is None else str(cell) for cell in row) + "\n").encode())
    read, loaded, merged, rejected, out = session.execute(
        "SELECT coalesce(sum(read_count), 0)::bigint, coalesce(sum(loaded_count), 0)::bigint, "
        "coalesce(sum(merged_count), 0)::bigint, coalesce(sum(rejected_count), 0)::bigint, "
        "coalesce(sum(out_of_scope_count), 0)::bigint FROM migration.verdict_count WHERE load_id = %s",
        [load_id],
    ).fetchone()
    (differing,) = session.execute(
        "SELECT count(*) FROM migration.check_result WHERE load_id = %s AND status = 'differs'", [load_id]
    ).fetchone()
    (file_count, row_count) = session.execute(
        "SELECT count(*), coalesce(sum(row_count), 0)::bigint FROM landing.file WHERE load_id = %s", [load_id]
    ).fetchone()
    if first_day is None:
        (first_day,) = session.execute("SELECT min(read_on)::text FROM told_reading WHERE is_opening").fetchone()
    summary = {
        "file_count": file_count, "row_count": row_count, "read_count": read, "loaded_count": loaded,
        "merged_count": merged, "rejected_count": rejected, "out_of_scope_count": out, "differing_count": differing,
        "first_day": first_day, "earlier_loads": earlier_loads(session, load_id),
    }  # fmt: skip
    (protocol_id,) = session.execute(
        "INSERT INTO migration.protocol (load_id, prepared_by, content_sha256, summary) VALUES (%s, %s, %s, %s) "
        "RETURNING protocol_id",
        [load_id, user_id, hashed.hexdigest(), json.dumps(summary)],
    ).fetchone()
    return protocol_id
