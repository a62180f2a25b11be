"""Why is a row or cell not simply carried? The sentences behind reason codes, from `mappings/reason.csv`.

Belongs here: bringing them into the database. Does not belong here: giving a row its reason (`verdicts`).
"""

import csv
from typing import Final

import psycopg

from legacy_migration.profile import MAPPINGS_DIR

REASONS: Final = MAPPINGS_DIR / "reason.csv"


def write_reasons(session: psycopg.Connection) -> None:
    """Bring every reason into the database as it is told now. The caller commits."""
    with REASONS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            session.execute(
                "INSERT INTO migration.reason (reason_code, sentence) VALUES (%s, %s) "
                "ON CONFLICT (reason_code) DO UPDATE SET sentence = excluded.sentence",
                [row["reason_code"], row["sentence"]],
            )
