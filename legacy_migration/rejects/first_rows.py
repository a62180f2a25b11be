"""A rule that holds only for the first rows of a dump (`only_first`) holds for what returns only if that is of them.

Belongs here: what was the first of the whole dump. Does not belong here: the rule itself (`typed_rows`).
"""

from collections.abc import Mapping
from dataclasses import replace

import psycopg

from legacy_migration.landed_files import stored_rows
from legacy_migration.profile import FileRule, Profile
from operational_db.refusal import Refusal


def without_later_first_rows(
    session: psycopg.Connection,
    dump_load_id: int,
    profile: Profile,
    used: Profile,
    returned: Mapping[str, list[Mapping[str, str]]],
) -> Profile:
    """The profile for returned rows: where the smallest of them is not the dump's, they tell no such fact.

    Else the opening balance of a consumer, which stands in the row of the first month, would be taken from a later
    month whose row alone came back.
    """
    files = []
    for rule in used.files:
        kept = []
        for rows in rule.rows:
            if not rows.only_first or rule.name not in returned:
                kept.append(rows)
                continue
            column = rows.only_first
            here = min(filter(None, (cells[column].strip() for cells in returned[rule.name])), default=None)
            first = _first_of_dump(session, dump_load_id, profile.file(rule.name), column)
            if here is not None and first is not None and here < first:
                raise Refusal(
                    f'A returned row of "{rule.name}" has {here} in {column}, before the first of the dump ({first}), '
                    "which would make another month the opening one; migrate the corrected dump as a whole."
                )
            if here == first:
                kept.append(rows)
        files.append(replace(rule, rows=tuple(kept)))
    return replace(used, files=tuple(files))


def _first_of_dump(session: psycopg.Connection, load_id: int, rule: FileRule, column: str) -> str | None:
    files = session.execute(
        "SELECT file_id FROM landing.file WHERE load_id = %s AND described_as = %s", [load_id, rule.name]
    ).fetchall()
    return min(
        (
            cell.strip()
            for (file_id,) in files
            for batch in stored_rows(session, file_id, rule)
            for cell in batch.text[column].to_pylist()
            if cell.strip()
        ),
        default=None,
    )
