"""Recording where rows come from: the `ops.source` row of a command or file."""

import json
from collections.abc import Mapping

import psycopg


def record_command(
    session: psycopg.Connection, name: str, arguments: Mapping[str, object], *, user_id: int | None
) -> int:
    """The source of all rows that this command will write; returns its source_id."""
    return _record(session, "command", name, None, arguments, user_id)


def record_reference(session: psycopg.Connection, name: str, fingerprint: str) -> int:
    """The source of rows from a reference file with this content."""
    return _record(session, "reference", name, fingerprint, {}, None)


def loaded_reference(session: psycopg.Connection, name: str) -> str | None:
    """Fingerprint of the content with which a reference file was last loaded."""
    row = session.execute(
        "SELECT fingerprint FROM ops.source WHERE kind = 'reference' AND name = %s ORDER BY source_id DESC LIMIT 1",
        [name],
    ).fetchone()
    return row[0] if row else None


def _record(
    session: psycopg.Connection,
    kind: str,
    name: str,
    fingerprint: str | None,
    arguments: Mapping[str, object],
    user_id: int | None,
) -> int:
    row = session.execute(
        "INSERT INTO ops.source (kind, name, fingerprint, arguments, user_id) VALUES (%s, %s, %s, %s, %s) "
        "RETURNING source_id",
        [kind, name, fingerprint, json.dumps(arguments, default=str), user_id],
    ).fetchone()
    return row[0]
