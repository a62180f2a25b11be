"""What is new in a later dump of a system that was loaded before? Each fact by its key against what was loaded.

Belongs here: unchanged, new, changed and gone rows, and what becomes of each. Does not belong here: judging a dump by
itself (`verdicts`), which loads are of one system (`standing_facts`).

- unchanged: merged, ALREADY_LOADED, pointing to the file and row that brought it;
- new: stays loaded, and publishing adds it to what is there;
- changed: never written over the book, whose history rests on it. Rejected, CHANGED_SINCE_LOAD, with the old and the
  new value and the command that changes it; evidence alone (charges of the old program, code lists, conductors) stays
  loaded, since nothing in the book rests on it;
- gone: a difference; nothing is deleted. A file that is not in the dump at all is named once.
"""

# ruff: noqa: S608 - names come from `entities`, values are our own numbers and texts

from typing import Final

import psycopg

from legacy_migration.canonical_rules import literal
from legacy_migration.entities import ENTITIES, Entity
from legacy_migration.reconciliation.standing_facts import EVIDENCE, earlier, earlier_loads, identity
from legacy_migration.rejects.family import corrected_load

_WITHDRAW: Final = (
    "no command changes it; while nothing of the first load is billed, withdraw that load and load this dump instead"
)
_COMMAND: Final = {
    "account": f"a number of residents is entered with `wattbook family add`; for anything else, {_WITHDRAW}",
    "meter": "change it with `wattbook meters edit`, `set-ratio`, `remove` or `replace`",
    "reading": "cancel the old value with `wattbook readings cancel` and enter the new one with `wattbook readings "
    "enter`, "
    "or say what was used with `wattbook readings adjust` where it is billed",
    "payment": "take the old payment back with `wattbook payments reverse`, or move it with `wattbook payments "
    "transfer`",
    "payment_package": "ask the channel which total is right",
}


def compare_with_earlier_loads(session: psycopg.Connection, load_id: int) -> None:
    """Give the rows of a later dump their verdicts and name what changed or is gone.

    Nothing to do for a first one, nor for rows that came back: those were judged beside the rows they were.
    """
    if corrected_load(session, load_id) is not None or not earlier_loads(session, load_id):
        return
    for entity in ENTITIES.values():
        _compare(session, load_id, entity)
    _files_gone(session, load_id)


def _key(entity: Entity, alias: str) -> str:
    """One text for the identity; an empty part is told apart from a missing one."""
    return (
        "concat_ws(chr(31), "
        + ", ".join(f"coalesce({alias}.{name}::text, chr(30))" for name in identity(entity))
        + ")"
    )


def _facts(entity: Entity) -> list[str]:
    return [name for name in entity.fields if name not in identity(entity)]


def _stake(entity: Entity, alias: str) -> str:
    energy = f"coalesce({alias}.{entity.energy}, 0)" if entity.energy else "0"
    money = " + ".join(f"coalesce({alias}.{column}, 0)" for column in entity.money) or "0"
    return f"{energy} AS energy_kwh, {money} AS amount_minor"


def _compare(session: psycopg.Connection, load_id: int, entity: Entity) -> None:
    """Rows that stand beside those of earlier loads; a fact without a key of its own is compared as a whole."""
    name, facts = entity.name, _facts(entity)
    key, shown = _key(entity, "t"), entity.shown_key_sql
    extra = ""
    if entity.key:
        hashed = f"hash_record_extended(ROW({', '.join(f't.{fact}' for fact in facts)}, 0), 0)"
    else:  # several rows of one identity are added: they changed together or not at all
        values = ", ".join(f"t.{fact}" for fact in facts)
        hashed = f"sum(hash_record_extended(ROW({values}, 0), 0)) OVER (PARTITION BY {key})"
        extra = f", sum(t.{entity.energy}) OVER (PARTITION BY {key}) AS total_kwh"
        facts = ["total_kwh"]
    told = f"SELECT t.*, {key} AS identity, {hashed} AS fact_hash, {shown} AS shown_key{extra}"
    # A row of evidence may have been loaded by several dumps: the last one counts.
    session.execute(
        f"CREATE TEMPORARY TABLE earlier_fact ON COMMIT DROP AS SELECT DISTINCT ON (n.identity) n.* "
        f"FROM ({told} FROM {earlier(name)} AS t) AS n ORDER BY n.identity, n.load_id DESC, n.file_id, n.row_no"
    )
    session.execute("ANALYZE earlier_fact")
    session.execute(
        "CREATE TEMPORARY TABLE found_again ON COMMIT DROP AS SELECT n.identity, n.file_id, n.row_no, n.part_no, "
        "n.shown_key, e.file_id AS earlier_file_id, e.row_no AS earlier_row_no, n.fact_hash = e.fact_hash AS "
        f"is_unchanged, {_changes(facts)} AS changes, {_stake(entity, 'n')} "
        f"FROM ({told} FROM standing_{name} AS t) AS n INNER JOIN earlier_fact AS e ON e.identity = n.identity"
    )
    (standing,) = session.execute(f"SELECT count(*) FROM standing_{name}").fetchone()
    _already_loaded(session, load_id, entity)
    _changed(session, load_id, entity)
    gone = _gone(session, load_id, entity)
    _count(session, load_id, entity, standing, gone)
    session.execute("DROP TABLE earlier_fact, found_again")


def _changes(facts: list[str]) -> str:
    """Field, old and new value of every fact that is not the same, as a JSON array."""
    if not facts:
        return "'[]'::jsonb"
    told = ", ".join(
        f"CASE WHEN n.{fact} IS DISTINCT FROM e.{fact} THEN "
        f"jsonb_build_object('field', '{fact}', 'old', e.{fact}, 'new', n.{fact}) END"
        for fact in facts
    )
    return f"to_jsonb(array_remove(ARRAY[{told}], NULL))"


def _already_loaded(session: psycopg.Connection, load_id: int, entity: Entity) -> None:
    session.execute(
        "INSERT INTO migration.verdict (load_id, entity, file_id, row_no, part_no, verdict, reason_code, legacy_key, "
        f"other_file_id, other_row_no, energy_kwh, amount_minor, sentence) SELECT {load_id}, '{entity.name}', "
        "a.file_id, "
        "a.row_no, a.part_no, 'merged', 'ALREADY_LOADED', a.shown_key, a.earlier_file_id, a.earlier_row_no, "
        "a.energy_kwh, a.amount_minor, format('%s, row %s (%s): loaded before, from %s, row %s; nothing to do.', "
        "f.path, a.row_no, a.shown_key, k.path, a.earlier_row_no) FROM found_again AS a "
        "INNER JOIN landing.file AS f ON f.file_id = a.file_id INNER JOIN landing.file AS k "
        "ON k.file_id = a.earlier_file_id WHERE a.is_unchanged"
    )


_VALUES_SQL: Final = (
    "(SELECT string_agg(format('%s was %s and is now %s', c ->> 'field', coalesce(c ->> 'old', 'empty'), "
    "coalesce(c ->> 'new', 'empty')), ', ' ORDER BY c ->> 'field') FROM jsonb_array_elements(a.changes) AS c)"
)


def _changed(session: psycopg.Connection, load_id: int, entity: Entity) -> None:
    if entity.name in EVIDENCE:
        advice = "'loaded as evidence; nothing in the book rests on it.'"
    else:
        advice = literal(f"the book keeps what it has; {_COMMAND.get(entity.name, _WITHDRAW)}.")
        session.execute(
            "INSERT INTO migration.verdict (load_id, entity, file_id, row_no, part_no, verdict, reason_code, field, "
            "value, legacy_key, other_file_id, other_row_no, energy_kwh, amount_minor, sentence) "
            f"SELECT {load_id}, '{entity.name}', a.file_id, a.row_no, a.part_no, 'rejected', 'CHANGED_SINCE_LOAD', "
            "(SELECT string_agg(c ->> 'field', '/' ORDER BY c ->> 'field') FROM jsonb_array_elements(a.changes) AS c), "
            "(SELECT string_agg(c ->> 'new', '/' ORDER BY c ->> 'field') FROM jsonb_array_elements(a.changes) AS c), "
            "a.shown_key, a.earlier_file_id, a.earlier_row_no, a.energy_kwh, a.amount_minor, "
            f"{_sentence(advice)} FROM found_again AS a INNER JOIN landing.file AS f ON f.file_id = a.file_id "
            "INNER JOIN landing.file AS k ON k.file_id = a.earlier_file_id WHERE NOT a.is_unchanged"
        )
    session.execute(
        "INSERT INTO migration.difference (load_id, check_code, file_id, row_no, legacy_key, measure, stated, "
        "expected, "
        f"sentence, energy_kwh, amount_minor) SELECT {load_id}, 'CHANGED_SINCE_LOAD', a.file_id, a.row_no, "
        "a.shown_key, "
        f"'{entity.name}.' || coalesce(c.field, 'rows'), CASE WHEN jsonb_typeof(c.new) = 'number' "
        "THEN (c.new #>> '{}')::numeric END, CASE WHEN jsonb_typeof(c.old) = 'number' "
        f"THEN (c.old #>> '{{}}')::numeric END, {_sentence(advice)}, a.energy_kwh, a.amount_minor "
        "FROM found_again AS a INNER JOIN landing.file AS f ON f.file_id = a.file_id "
        "INNER JOIN landing.file AS k ON k.file_id = a.earlier_file_id "
        "LEFT JOIN LATERAL jsonb_to_recordset(a.changes) AS c (field text, old jsonb, new jsonb) ON true "
        "WHERE NOT a.is_unchanged"
    )


def _sentence(advice: str) -> str:
    return (
        "format('%s, row %s (%s): since it was loaded from %s, row %s, %s; %s', f.path, a.row_no, a.shown_key, "
        "k.path, "
        f"a.earlier_row_no, coalesce({_VALUES_SQL}, 'its rows are others'), {advice})"
    )


def _gone(session: psycopg.Connection, load_id: int, entity: Entity) -> int:
    """Facts of files that came again which no row of this dump tells, or only one that was rejected."""
    return session.execute(
        "INSERT INTO migration.difference (load_id, check_code, file_id, row_no, legacy_key, measure, sentence, "
        f"energy_kwh, amount_minor) SELECT {load_id}, CASE WHEN o.identity IS NULL THEN 'GONE_SINCE_LOAD' "
        f"ELSE 'REJECTED_SINCE_LOAD' END, e.file_id, e.row_no, e.shown_key, '{entity.name}', "
        "format('%s, row %s (%s): loaded from the dump before, and %s; the book keeps it, find out which dump is "
        "right.', "
        "k.path, e.row_no, e.shown_key, CASE WHEN o.identity IS NULL THEN 'not in this dump' "
        f"ELSE 'rejected in this dump' END), {_stake(entity, 'e')} FROM earlier_fact AS e "
        "INNER JOIN landing.file AS k ON k.file_id = e.file_id "
        f"INNER JOIN landing.file AS f ON f.load_id = {load_id} AND f.path = k.path "
        "LEFT JOIN found_again AS a ON a.identity = e.identity "
        f"LEFT JOIN (SELECT DISTINCT {_key(entity, 't')} AS identity FROM migration.{entity.name} AS t "
        f"WHERE t.load_id = {load_id} AND NOT t.is_deleted) AS o ON o.identity = e.identity WHERE a.identity IS NULL"
    ).rowcount


def _count(session: psycopg.Connection, load_id: int, entity: Entity, standing: int, gone: int) -> None:
    """What became of the facts, as rows of the protocol."""
    unchanged, changed = session.execute(
        "SELECT count(*) FILTER (WHERE a.is_unchanged), count(*) FILTER (WHERE NOT a.is_unchanged) FROM found_again "
        "AS a"
    ).fetchone()
    counts = {"unchanged": unchanged, "changed": changed, "new": standing - unchanged - changed, "gone": gone}
    for what, count in counts.items():
        if count:
            session.execute(
                "INSERT INTO migration.check_result (load_id, stage, level, entity, unit, measure, source_value, "
                "tolerance, status) VALUES (%s, 'verdict', 'row', %s, '', %s, %s, 0, 'noted')",
                [load_id, entity.name, f"since the load before: {what}", count],
            )


def _files_gone(session: psycopg.Connection, load_id: int) -> None:
    loads = ", ".join(map(str, earlier_loads(session, load_id)))
    session.execute(
        "INSERT INTO migration.difference (load_id, check_code, file_id, legacy_key, measure, stated, expected, "
        "sentence, "
        f"energy_kwh, amount_minor) SELECT {load_id}, 'FILE_GONE', k.file_id, k.path, 'rows', 0, k.row_count, "
        "format('%s, %s rows in the dump before: not in this one; the book keeps what it brought.', k.path, "
        f"k.row_count), 0, 0 FROM landing.file AS k WHERE k.load_id IN ({loads}) AND k.described_as IS NOT NULL "
        f"AND NOT EXISTS (SELECT 1 FROM landing.file AS f WHERE f.load_id = {load_id} AND f.path = k.path)"
    )
