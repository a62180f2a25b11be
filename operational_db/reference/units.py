"""Bringing the reference units into the hierarchy: nodes, names by language and date, aliases, placements."""

from datetime import date

import psycopg

LOCALES = ("en", "ru", "uk", "uz")

APOSTROPHES = str.maketrans({"'": "ʻ", "‘": "ʻ", "`": "ʻ"})
"""Uzbek oʻ and gʻ: names are join bait, so one letter for the many that keyboards produce. The right quote ’ stays:
Ukrainian needs it, and Uzbek ʼ (tutuq) is another letter."""


def load_units(session: psycopg.Connection, rows: list[dict[str, str]], source_id: int) -> int:
    """Load unit rows (one per unit and span of its name, parents before children); returns rows that changed something.

    A unit keeps its code through renames: each span of a name is a row with the same code.
    """
    changed = 0
    with session.cursor() as cursor:
        for number, row in enumerate(rows, start=2):
            valid_from, valid_to = date.fromisoformat(row["valid_from"]), _day_or_none(row["valid_to"])
            cursor.execute(
                "INSERT INTO ops.unit AS u (code, level, is_verified, source_id, source_row)"
                " VALUES (%s, %s, %s, %s, %s)"
                " ON CONFLICT (code) DO UPDATE SET is_verified = excluded.is_verified"
                " WHERE %s AND u.is_verified IS DISTINCT FROM excluded.is_verified",
                # What the row of today's name says holds for the unit.
                [row["code"], row["level"], row["verified"] == "true", source_id, number, valid_to is None],
            )
            row_changes = cursor.rowcount
            for locale in LOCALES:
                row_changes += _load_name(cursor, row, locale, valid_from, valid_to)
            if row["parent_code"]:
                cursor.execute(
                    "INSERT INTO ops.unit_placement (unit_id, parent_unit_id, valid_from, source_id, source_row)"
                    " SELECT u.unit_id, p.unit_id, %s, %s, %s FROM ops.unit AS u, ops.unit AS p"
                    " WHERE u.code = %s AND p.code = %s"
                    "   AND NOT EXISTS (SELECT 1 FROM ops.unit_placement AS o WHERE o.unit_id = u.unit_id)",
                    [valid_from, source_id, number, row["code"], row["parent_code"]],
                )
                row_changes += cursor.rowcount
            for alias in filter(None, row["aliases"].split("|")):
                cursor.execute(
                    "INSERT INTO ops.unit_alias (alias, unit_id) SELECT %s, unit_id FROM ops.unit WHERE code = %s"
                    " ON CONFLICT DO NOTHING",
                    [alias, row["code"]],
                )
                row_changes += cursor.rowcount
            changed += row_changes > 0
    return changed


def _load_name(
    cursor: psycopg.Cursor, row: dict[str, str], locale: str, valid_from: date, valid_to: date | None
) -> int:
    """Insert the name, or bring the name of that first day to what the file says."""
    name = row[f"name_{locale}"].translate(APOSTROPHES) if locale == "uz" else row[f"name_{locale}"]
    cursor.execute(
        "UPDATE ops.unit_name AS n SET name = %s, valid_to = %s FROM ops.unit AS u"
        " WHERE u.unit_id = n.unit_id AND u.code = %s AND n.locale = %s AND n.valid_from = %s"
        "   AND (n.name, n.valid_to) IS DISTINCT FROM (%s, %s::date)",
        [name, valid_to, row["code"], locale, valid_from, name, valid_to],
    )
    updated = cursor.rowcount
    cursor.execute(
        "INSERT INTO ops.unit_name (unit_id, locale, name, valid_from, valid_to)"
        " SELECT u.unit_id, %s, %s, %s, %s FROM ops.unit AS u WHERE u.code = %s AND NOT EXISTS ("
        "   SELECT 1 FROM ops.unit_name AS n"
        "   WHERE n.unit_id = u.unit_id AND n.locale = %s AND n.valid_from = %s)",
        [locale, name, valid_from, valid_to, row["code"], locale, valid_from],
    )
    return updated + cursor.rowcount


def _day_or_none(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
