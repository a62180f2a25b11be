"""How many rows does a file say it holds? What a header declares, beside what was read.

Belongs here: asking the formats that declare a number. Does not belong here: reading rows (`source_rows`).
"""

import psycopg

from legacy_migration.encodings import encoding_of
from legacy_migration.landing import DumpFile
from operational_db.file_formats.dbf import read_header


def note_declared_rows(session: psycopg.Connection, load_id: int, files: list[DumpFile]) -> None:
    """Put down the number of rows that each file declares; a text file declares none."""
    declared = [
        (read_header(file.path, encoding_of(file.path, file.rule).encoding).declared_records, load_id, file.relative)
        for file in files
        if file.rule is not None and file.rule.format == "dbf"
    ]
    with session.cursor() as cursor:
        cursor.executemany("UPDATE landing.file SET declared_count = %s WHERE load_id = %s AND path = %s", declared)
