"""Did every typed row arrive as it was sent? Hashes taken on the way in against those of the stored rows.

Belongs here: the proof of a load's typed rows in both directions, and names for what differs.
Does not belong here: sending rows (`typed_copy`), whether a row is good (`verdicts`).

PostgreSQL computes the hash of each stored row anew and compares it with the one that came with the row; row number
times hash, summed per file, finds rows that are lost, doubled or stand under another number. Only if something differs
is the file read again, to name the rows.
"""

# ruff: noqa: S608 - names come from `entities`

from collections.abc import Sequence
from typing import Final

import psycopg

from legacy_migration.dump_figures import figures_of_dump
from legacy_migration.entities import ENTITIES, Entity
from legacy_migration.landing import DumpFile
from legacy_migration.profile import Profile
from legacy_migration.source_rows import columns_of, read_rows
from legacy_migration.typed_copy import FilePart, TypedFiles, open_engine
from legacy_migration.typed_rows import facts_of_file

SENTENCES: Final = {
    "ROW_LOST": "the row was sent to migration.{entity} and does not stand there; migrate the dump again.",
    "ROW_ADDED": "the row stands in migration.{entity} and was never sent; find out who wrote it, then migrate again.",
    "ROW_CHANGED": "the row stands in migration.{entity} with other facts than were sent; migrate the dump again.",
}


def canonical_text(entity: Entity, alias: str = "t") -> str:
    """The text of a stored row's facts over which its hash is taken; `typed_copy` writes the same on the way in."""
    facts = ", ".join(
        f"coalesce({alias}.{name}{'' if str(kind) == 'TEXT' else '::text'}, '\\N')"
        for name, kind in entity.fields.items()
    )
    return f"concat_ws(E'\\t', {facts})"


def prove_transport(
    session: psycopg.Connection, load_id: int, profile: Profile, files: Sequence[DumpFile], minor_digits: int
) -> None:
    """Compare what was sent with what stands, one check per kind of fact; name every row that differs."""
    session.execute(
        "CREATE TEMPORARY TABLE stored_rows (entity text, file_id bigint, part_no smallint, row_count bigint, "
        "equal_count bigint, hash_sum numeric) ON COMMIT DROP"
    )
    sent = session.execute("SELECT DISTINCT s.entity FROM migration.sent_rows AS s WHERE s.load_id = %s", [load_id])
    names = {name for (name,) in sent}
    for entity in ENTITIES.values():
        # A SELECT of its own can use every core, within an INSERT it could not.
        if entity.name in names:
            stored = session.execute(_stored(entity, load_id)).fetchall()
            with session.cursor().copy("COPY stored_rows FROM STDIN") as copy:
                for row in stored:
                    copy.write_row(row)
    session.execute(
        "INSERT INTO migration.check_result (load_id, stage, level, entity, unit, measure, source_value, target_value, "
        "difference, tolerance, status) SELECT %(load_id)s, 'verdict', 'hash', n.entity, '', 'rows as they were sent', "
        "n.sent_count, n.equal_count, n.sent_count - n.equal_count, 0, "
        "CASE WHEN n.is_equal THEN 'equal' ELSE 'differs' END FROM ("
        "SELECT coalesce(s.entity, k.entity) AS entity, coalesce(sum(s.row_count), 0) AS sent_count, "
        "coalesce(sum(k.equal_count), 0) AS equal_count, "
        "bool_and(coalesce(s.row_count, 0) = coalesce(k.row_count, 0) AND coalesce(s.row_count, 0) = "
        "coalesce(k.equal_count, 0) AND coalesce(s.hash_sum, 0) = coalesce(k.hash_sum, 0)) AS is_equal "
        "FROM (SELECT * FROM migration.sent_rows AS s WHERE s.load_id = %(load_id)s) AS s "
        "FULL JOIN stored_rows AS k ON k.entity = s.entity AND k.file_id = s.file_id AND k.part_no = s.part_no "
        "GROUP BY 1) AS n",
        {"load_id": load_id},
    )
    differing = session.execute(
        "SELECT DISTINCT f.path FROM migration.sent_rows AS s INNER JOIN landing.file AS f ON f.file_id = s.file_id "
        "LEFT JOIN stored_rows AS k ON k.entity = s.entity AND k.file_id = s.file_id AND k.part_no = s.part_no "
        "WHERE s.load_id = %s AND (s.row_count <> coalesce(k.row_count, 0) "
        "OR s.row_count <> coalesce(k.equal_count, 0) OR s.hash_sum <> coalesce(k.hash_sum, 0))",
        [load_id],
    ).fetchall()
    if differing:
        paths = {path for (path,) in differing}
        _name_rows(session, load_id, profile, files, minor_digits, paths)
    session.execute("DROP TABLE stored_rows")


def _stored(entity: Entity, load_id: int) -> str:
    return (
        "SELECT n.entity, n.file_id, n.part_no, count(*), count(*) FILTER (WHERE n.hash::uuid = n.row_hash), "
        "sum(n.row_no * ('x' || left(n.hash, 8))::bit(32)::bigint) FROM ("
        f"SELECT '{entity.name}' AS entity, t.file_id, t.part_no, t.row_no, t.row_hash, "
        f"md5({canonical_text(entity)}) AS hash FROM migration.{entity.name} AS t "
        f"WHERE t.load_id = {load_id}) AS n GROUP BY n.entity, n.file_id, n.part_no"
    )


def _name_rows(
    session: psycopg.Connection,
    load_id: int,
    profile: Profile,
    files: Sequence[DumpFile],
    minor_digits: int,
    paths: set[str],
) -> None:
    """Read the files that differ again, and name the rows by file, row and what is wrong."""
    engine = open_engine()
    known = figures_of_dump(engine, profile, files, minor_digits)
    for file in files:
        if file.relative not in paths or file.rule is None:
            continue
        columns = columns_of(file.path, file.rule)
        facts = facts_of_file(file.path, profile, file.rule, columns, known)
        (file_id,) = session.execute(
            "SELECT f.file_id FROM landing.file AS f WHERE f.load_id = %s AND f.path = %s", [load_id, file.relative]
        ).fetchone()
        session.execute(
            "CREATE TEMPORARY TABLE sent_again (entity text, part_no smallint, row_no integer, row_hash uuid) "
            "ON COMMIT DROP"
        )
        typed = TypedFiles(engine, load_id, facts, len(columns))
        parts = (
            FilePart(file_id, file.folder_value, file.path.name, batch) for batch in read_rows(file.path, file.rule)
        )
        for entity, part_no, row_numbers, hashes in typed.hashes(parts):
            with session.cursor().copy("COPY sent_again FROM STDIN") as copy:
                for row_no, row_hash in zip(row_numbers, hashes, strict=True):
                    copy.write_row((entity, part_no, row_no, row_hash))
        for entity in dict.fromkeys(fact.entity.name for fact in facts):
            _insert_differences(session, load_id, file_id, ENTITIES[entity])
        session.execute("DROP TABLE sent_again")


def _insert_differences(session: psycopg.Connection, load_id: int, file_id: int, entity: Entity) -> None:
    told = "CASE n.code " + " ".join(
        f"WHEN '{code}' THEN '{sentence.format(entity=entity.name)}'" for code, sentence in SENTENCES.items()
    )
    session.execute(
        "INSERT INTO migration.difference (load_id, check_code, file_id, row_no, legacy_key, measure, sentence) "
        f"SELECT {load_id}, n.code, {file_id}, n.row_no, n.legacy_key, '{entity.name}', "
        f"f.path || ', row ' || n.row_no || ', part ' || n.part_no || ': ' || {told} END FROM ("
        "SELECT coalesce(s.row_no, t.row_no) AS row_no, coalesce(s.part_no, t.part_no) AS part_no, "
        "CASE WHEN t.row_no IS NULL THEN 'ROW_LOST' WHEN s.row_no IS NULL THEN 'ROW_ADDED' ELSE 'ROW_CHANGED' END "
        f"AS code, coalesce(t.legacy_key, '') AS legacy_key FROM ("
        f"SELECT s.* FROM sent_again AS s WHERE s.entity = '{entity.name}') AS s FULL JOIN ("
        f"SELECT t.row_no, t.part_no, t.row_hash, md5({canonical_text(entity)})::uuid AS stored_hash, "
        f"{entity.shown_key_sql} AS legacy_key FROM migration.{entity.name} AS t "
        f"WHERE t.load_id = {load_id} AND t.file_id = {file_id}) AS t "
        "ON t.row_no = s.row_no AND t.part_no = s.part_no "
        "WHERE s.row_hash IS DISTINCT FROM t.stored_hash OR s.row_hash IS DISTINCT FROM t.row_hash) AS n "
        f"INNER JOIN landing.file AS f ON f.file_id = {file_id}"
    )
