"""From typed rows to a protocol: proof of transport, verdicts, cell ledger, checks, in one transaction.

Belongs here: the order of these steps and the protocol row that ends them. Does not belong here: the steps themselves.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from typing import Final

import psycopg

from legacy_migration.cell_ledger.counts import count_cells
from legacy_migration.checks import compare_with_dump, count_verdicts, run_check_rules
from legacy_migration.dump_figures import first_day, minor_digits_of_book
from legacy_migration.duplicates.candidates import find_duplicates
from legacy_migration.entities import ENTITIES
from legacy_migration.landing import DumpFile, Progress
from legacy_migration.profile import Profile
from legacy_migration.reasons import write_reasons
from legacy_migration.reconciliation.later_dump import compare_with_earlier_loads
from legacy_migration.reconciliation.standing_facts import create_told_views, earlier_loads
from legacy_migration.transport import prove_transport
from legacy_migration.verdicts import create_standing_views, judge, refresh_statistics


def verify(
    session: psycopg.Connection,
    load_id: int,
    profile: Profile,
    files: Sequence[DumpFile],
    user_id: int,
    on_progress: Progress,
) -> int:
    """Judge all rows of a landed load and write its protocol; returns the protocol's number. The caller commits."""
    minor_digits = minor_digits_of_book(session)
    session.execute("SET LOCAL work_mem = '256MB'")
    write_reasons(session)
    steps = 6
    on_progress("verdicts", 0, steps)
    refresh_statistics(session, *ENTITIES, "sent_rows", "cell_pattern", "cell_column")
    on_progress("verdicts", 1, steps)
    prove_transport(session, load_id, profile, files, minor_digits)
    on_progress("verdicts", 2, steps)
    create_standing_views(session, load_id)
    create_told_views(session, load_id)
    judge(session, load_id, profile)
    on_progress("verdicts", 3, steps)
    # The dump by itself first, whole; what an earlier load brought of it is told apart after that.
    run_check_rules(session, load_id, "verdict")
    compare_with_earlier_loads(session, load_id)
    find_duplicates(session, load_id)
    on_progress("verdicts", 4, steps)
    count_verdicts(session, load_id)
    compare_with_dump(session, load_id, profile, parts_of_rows(profile), minor_digits)
    count_cells(session, load_id)
    on_progress("verdicts", steps - 1, steps)
    protocol_id = _write_protocol(session, load_id, user_id, first_day(profile, files))
    on_progress("verdicts", steps, steps)
    return protocol_id


def parts_of_rows(profile: Profile) -> dict[tuple[str, str], int]:
    """How many facts of a kind each row of a file tells, where it tells them of every row."""
    parts: Counter[tuple[str, str]] = Counter()
    for file in profile.files:
        for rows in file.rows:
            parts[file.name, rows.entity] += rows.months or 1
    filtered = {(file.name, rows.entity) for file in profile.files for rows in file.rows if rows.only_first}
    return {key: count for key, count in parts.items() if key not in filtered}


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
    "cells": "SELECT f.path, c.column_name, c.class, c.rule, c.cell_count FROM migration.cell_count AS c "
    "INNER JOIN landing.file AS f ON f.file_id = c.file_id WHERE c.load_id = %(load_id)s ORDER BY 1, 2, 3, 4",
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
