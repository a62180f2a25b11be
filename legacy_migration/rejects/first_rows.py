"""What returned rows must know of the whole dump: its first day, and the first rows of a file (`only_first`).

Belongs here: asking the dump to which the rows belong. Does not belong here: the rules that use it (`typed_rows`).

The opening balance of a consumer stands in the row of the first month. Where the row of a later month comes back alone,
it is not the first one, and opens nothing.
"""

from collections.abc import Mapping
from dataclasses import replace

import psycopg

from legacy_migration.landed_files import stored_rows
from legacy_migration.profile import FiguresOfDump, FileRule, Profile
from legacy_migration.rejects.family import dump_of
from operational_db.refusal import Refusal


def with_figures_of_dump(
    session: psycopg.Connection,
    corrected_load_id: int,
    profile: Profile,
    used: Profile,
    returned: Mapping[str, list[Mapping[str, str]]],
) -> Profile:
    """The profile for returned rows, with what the rows of `profile`'s dump tell of it as a whole.

    Raises:
        Refusal: a row came back as one from before the first.
    """
    load_id = dump_of(session, corrected_load_id)
    (first_day,) = session.execute(
        "SELECT summary ->> 'first_day' FROM migration.protocol WHERE load_id = %s", [load_id]
    ).fetchone()
    smallest = {}
    for name, rows in returned.items():
        for column in sorted({rule.only_first for rule in profile.file(name).rows if rule.only_first}):
            first = _first_of_dump(session, load_id, profile.file(name), column)
            here = min(filter(None, (cells[column].strip() for cells in rows)), default=None)
            if here is not None and first is not None and here < first:
                raise Refusal(
                    f'A returned row of "{name}" has {here} in {column}, before the first of the dump ({first}), which '
                    "would make another month the opening one; migrate the corrected dump as a whole."
                )
            smallest[name, column] = first
    return replace(used, of_dump=FiguresOfDump(first_day, smallest))


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
