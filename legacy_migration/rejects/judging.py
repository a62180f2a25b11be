"""Which returned rows are in the book already? Two rules before those that hold for every row.

Belongs here: what a returned row shares with the row it was, or with another that was loaded. Does not belong here:
rules for rows of a dump (`verdicts`).
"""

# ruff: noqa: S608 - names come from `entities`, values are our own numbers

import psycopg

from legacy_migration.entities import Entity


def name_loaded_before(session: psycopg.Connection, load_id: int, entity: Entity, inserted: str) -> None:
    """A row may tell several facts, of which one was rejected and the others loaded: those are not loaded again.

    `inserted` is the beginning of an INSERT into verdicts whose SELECT goes on with its columns from reason_code on.
    """
    facts = ", ".join(f"t.{column}" for column in entity.fields)
    earlier = facts.replace("t.", "e.")
    session.execute(
        "CREATE TEMPORARY TABLE IF NOT EXISTS row_origin ON COMMIT DROP AS "
        "WITH RECURSIVE origin AS ("
        "SELECT b.file_id, b.row_no, b.rejected_file_id, b.rejected_row_no FROM migration.returned_row AS b "
        f"WHERE b.load_id = {load_id} UNION ALL "
        "SELECT o.file_id, o.row_no, b.rejected_file_id, b.rejected_row_no FROM origin AS o "
        "INNER JOIN migration.returned_row AS b ON b.file_id = o.rejected_file_id AND b.row_no = o.rejected_row_no) "
        "SELECT * FROM origin"
    )
    session.execute(
        f"{inserted} CASE WHEN ROW({facts})::text = ROW({earlier})::text THEN 'merged' ELSE 'rejected' END, "
        f"CASE WHEN ROW({facts})::text = ROW({earlier})::text THEN 'EXACT_REPEAT' ELSE 'LOADED_BEFORE' END, "
        f"NULL, NULL, {entity.shown_key_sql}, e.file_id, e.row_no, {stake(entity)} FROM standing_{entity.name} AS t "
        "INNER JOIN row_origin AS o ON o.file_id = t.file_id AND o.row_no = t.row_no "
        f"INNER JOIN earlier_{entity.name} AS e ON e.file_id = o.rejected_file_id AND e.row_no = o.rejected_row_no "
        "AND e.part_no = t.part_no"
    )


def name_repeated_in_book(
    session: psycopg.Connection, entity: Entity, inserted: str, *, merged: str, is_joined: bool
) -> None:
    """A returned row with the key of a row that was loaded: merged into it if it is equal, else rejected."""
    if not entity.key:
        return
    facts = ", ".join(f"t.{column}" for column in entity.fields)
    earlier = facts.replace("t.", "e.")
    same = "true" if is_joined or entity.name == "reading" else f"ROW({facts})::text = ROW({earlier})::text"
    keys = " AND ".join(f"e.{column} = t.{column}" for column in entity.key)
    session.execute(
        f"{inserted} CASE WHEN {same} THEN 'merged' ELSE 'rejected' END, "
        f"CASE WHEN {same} THEN {merged} ELSE '{entity.repeat_reason}' END, NULL, NULL, {entity.shown_key_sql}, "
        f"e.file_id, e.row_no, {stake(entity)} FROM standing_{entity.name} AS t "
        f"INNER JOIN earlier_{entity.name} AS e ON {keys}"
    )


def stake(entity: Entity) -> str:
    """Energy and money of a row `t`, as two columns."""
    energy = f"coalesce(t.{entity.energy}, 0)" if entity.energy else "0"
    money = " + ".join(f"coalesce(t.{column}, 0)" for column in entity.money) or "0"
    return f"{energy}, {money}"
