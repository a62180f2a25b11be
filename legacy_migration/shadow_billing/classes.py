"""Which class does each legacy bill fall into? The SQL of this folder, in order.

Belongs here: the order of the steps and what they are told. Does not belong here: the steps (`rules/*.sql`), the causes
that are tried one after the other (`causes/*.sql`).
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

import psycopg

from legacy_migration.landing import Progress
from legacy_migration.verdicts import create_standing_views

ROOM: Final = Path(__file__).parent
RULES: Final = tuple(sorted((ROOM / "rules").glob("*.sql")))
CAUSES: Final = tuple(sorted((ROOM / "causes").glob("*.sql")))
_FOUND: Final = "05_found.sql"

_OPEN_SUSPECTS: Final = (
    # Bills of several points are not tried: which point a cause is looked for at, nothing tells.
    "CREATE TEMPORARY VIEW open_suspect AS SELECT s.* FROM shadow_suspect AS s WHERE s.point_count = 1 "
    "AND s.energy_kwh > 0 AND NOT EXISTS (SELECT 1 FROM shadow_cause AS c WHERE c.bill_no = s.bill_no)"
)


def classify(
    session: psycopg.Connection, load_id: int, months: Sequence[date], minor_per_major: int, report: Progress
) -> None:
    """Leave the table `shadow_result` in the session: one row per legacy bill of these months, in its class."""
    words = {
        ":months": "ARRAY[" + ", ".join(f"date '{month}'" for month in months) + "]",
        ":minor_per_major": str(minor_per_major),
        ":money_digits": str(len(str(minor_per_major)) - 1),
    }
    create_standing_views(session, load_id)
    session.execute("SET LOCAL work_mem = '256MB'")
    steps = len(RULES) + len(CAUSES) - 1
    done = 0
    for rule in RULES:
        if rule.name == _FOUND:
            session.execute(_OPEN_SUSPECTS)
            for cause in CAUSES:
                report("shadow billing", done, steps)
                session.execute(_told(cause, words))
                session.execute("ANALYZE shadow_candidate")
                class_code = cause.stem.partition("_")[2]
                session.execute(_told(rule, words | {":class": class_code}))
                done += 1
            continue
        report("shadow billing", done, steps)
        session.execute(_told(rule, words))
        done += 1
    report("shadow billing", steps, steps)


def _told(file: Path, words: dict[str, str]) -> str:
    statements = file.read_text(encoding="utf-8")
    for word, value in words.items():
        statements = statements.replace(word, value)
    return statements
