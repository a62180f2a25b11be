"""Which load is this? Loads, their protocols and what happened to them.

Belongs here: finding the load that a dump and profile belong to, the state of a protocol, the months of a load.
Does not belong here: reading files (`landing`), judging (`verdicts`), publishing (`publishing`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from operational_db.refusal import Refusal


@dataclass(frozen=True)
class Protocol:
    """A protocol and where it stands: prepared, accepted or withdrawn."""

    protocol_id: int
    load_id: int
    profile: str
    directory: str
    state: str
    content_sha256: str
    summary: dict


@contextmanager
def one_at_a_time(session: psycopg.Connection, what: str) -> Iterator[None]:
    """Two sessions that migrate the same dump, or publish, wait for each other. Held over commits."""
    session.execute("SELECT pg_advisory_lock(hashtext(%s))", [what])
    session.commit()
    try:
        yield
    finally:
        session.rollback()
        session.execute("SELECT pg_advisory_unlock(hashtext(%s))", [what])
        session.commit()


def load_of(
    session: psycopg.Connection,
    *,
    profile: str,
    profile_sha256: str,
    directory: str,
    dump_sha256: str,
    user_id: int,
    corrects_load_id: int | None = None,
    anew: bool = False,
) -> int:
    """The load of this dump and profile: the one begun before unless withdrawn or wanted anew, else another."""
    last = last_attempt(session, profile_sha256=profile_sha256, dump_sha256=dump_sha256)
    if last and last[2] != "withdrawn" and not anew:
        return last[0]
    (load_id,) = session.execute(
        "INSERT INTO landing.load (profile, profile_sha256, directory, dump_sha256, attempt, user_id, "
        "corrects_load_id) VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING load_id",
        [profile, profile_sha256, directory, dump_sha256, last[1] + 1 if last else 1, user_id, corrects_load_id],
    ).fetchone()
    session.commit()
    return load_id


def last_attempt(
    session: psycopg.Connection, *, profile_sha256: str, dump_sha256: str
) -> tuple[int, int, str | None] | None:
    """The newest load of this dump and profile: its number, its attempt, what happened to its protocol last."""
    return session.execute(
        "SELECT l.load_id, l.attempt, (SELECT e.event FROM migration.protocol AS p INNER JOIN "
        "migration.protocol_event AS e "
        "ON e.protocol_id = p.protocol_id WHERE p.load_id = l.load_id ORDER BY e.protocol_event_id DESC LIMIT 1) "
        "FROM landing.load AS l WHERE l.profile_sha256 = %s AND l.dump_sha256 = %s ORDER BY l.attempt DESC LIMIT 1",
        [profile_sha256, dump_sha256],
    ).fetchone()


PROTOCOL_QUERY = (
    "SELECT p.protocol_id, p.load_id, l.profile, l.directory, coalesce((SELECT e.event FROM "
    "migration.protocol_event AS e "
    "WHERE e.protocol_id = p.protocol_id ORDER BY e.protocol_event_id DESC LIMIT 1), 'prepared'), p.content_sha256, "
    "p.summary FROM migration.protocol AS p INNER JOIN landing.load AS l ON l.load_id = p.load_id "
)


def protocol_of_load(session: psycopg.Connection, load_id: int) -> Protocol | None:
    """The protocol of a load, if its verdicts are complete."""
    row = session.execute(PROTOCOL_QUERY + "WHERE p.load_id = %s", [load_id]).fetchone()
    return Protocol(*row) if row else None


def require_protocol(session: psycopg.Connection, protocol_id: int) -> Protocol:
    """The protocol by its number; refuses a number that is not there."""
    row = session.execute(PROTOCOL_QUERY + "WHERE p.protocol_id = %s", [protocol_id]).fetchone()
    if row:
        return Protocol(*row)
    (known,) = session.execute(
        "SELECT string_agg(protocol_id::text, ', ' ORDER BY protocol_id) FROM migration.protocol"
    ).fetchone()
    raise Refusal(
        f"There is no protocol {protocol_id}; "
        + (f"known are {known}." if known else "run `wattbook migrate` first, which prepares one.")
    )


def require_right(session: psycopg.Connection, load_id: int, login: str, right: str) -> int:
    """The user's id; refuses unless the right is held for every RES of the load, or for the top where a RES is new."""
    (user_id,) = session.execute(
        "SELECT ops.require_right_for_load(%s, %s, %s)", [login, right, load_id]
    ).fetchone()
    return user_id
