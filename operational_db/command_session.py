"""A transaction of one command: in whose name, with the source of its rows, or tried and taken back."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psycopg

from operational_db.connections import Role, connect
from operational_db.exchange.sources import record_command
from operational_db.refusal import Refusal
from operational_db.refused import refusals
from operational_db.settings import Settings


@contextmanager
def command_session(
    settings: Settings, name: str, arguments: Mapping[str, object], *, by: str, dry_run: bool = False
) -> Iterator[tuple[psycopg.Connection, int]]:
    """A transaction of one command, with the source of its rows; a dry run takes all back at its end.

    Raises:
        Refusal: there is no such user, or the command is refused.
    """
    with connect(settings, Role.APP, user=by) as session, refusals():
        user_id = session.execute("SELECT ops.current_user_id()").fetchone()[0]
        if user_id is None:
            raise Refusal(f'There is no active user "{by}"; name one with --by.')
        given = {key: value for key, value in arguments.items() if value is not None}
        yield session, record_command(session, name, given, user_id=user_id)
        if dry_run:
            session.rollback()
