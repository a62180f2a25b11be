"""How the screens read: sessions of the role web that carry the signed-in user's rights, and nothing but SELECT.

Row-level security decides what comes back; what is asked is in `queries`.
"""

import queue
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from dashboards.words.refusals import RefusedInWords
from operational_db.connections import Role, connect
from operational_db.settings import Settings

_SLOWEST_ANSWER_MS = 20_000

Query = str | sql.Composed


class NothingBuilt(RefusedInWords):
    """The warehouse that the screens read has not been built in this database."""

    def __init__(self) -> None:
        super().__init__(
            "There is nothing to show yet: run `make demo` for a synthetic utility, or `wattbook build` after your own "
            "files are migrated and billed."
        )


class Reader:
    """Answers questions for one user; sessions are kept open between questions and shared by threads in turn."""

    def __init__(self, settings: Settings, login: str) -> None:
        self.settings = settings
        self.login = login
        self._idle: queue.LifoQueue[psycopg.Connection] = queue.LifoQueue()

    def rows(self, query: Query, parameters: Mapping[str, object] | None = None) -> list[dict[str, Any]]:
        """All rows of the answer, each by column name."""
        session = self._take()
        try:
            try:
                found = session.execute(query, parameters).fetchall()
            except psycopg.OperationalError:
                # The server was restarted since the last question; a fresh session tells whether it is there again.
                session.close()
                session = self._open()
                found = session.execute(query, parameters).fetchall()
        except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName) as error:
            raise NothingBuilt from error
        except psycopg.errors.QueryCanceled as error:
            raise RefusedInWords(
                "The database needed more than {count} seconds for this page; try a smaller unit, or a moment later.",
                count=_SLOWEST_ANSWER_MS // 1000,
            ) from error
        except psycopg.OperationalError as error:
            raise RefusedInWords(
                "The database does not answer; try again in a moment, or run `wattbook doctor`."
            ) from error
        finally:
            self._idle.put(session)
        return found

    def row(self, query: Query, parameters: Mapping[str, object] | None = None) -> dict[str, Any] | None:
        """The only row of the answer; None when there is none."""
        found = self.rows(query, parameters)
        return found[0] if found else None

    def close(self) -> None:
        while not self._idle.empty():
            self._idle.get_nowait().close()

    def _take(self) -> psycopg.Connection:
        while True:
            try:
                session = self._idle.get_nowait()
            except queue.Empty:
                return self._open()
            if not session.closed:
                return session

    def _open(self) -> psycopg.Connection:
        session = connect(self.settings, Role.WEB, user=self.login, autocommit=True)
        session.row_factory = dict_row
        # A rebuild of the warehouse replaces its tables, and a prepared statement would not survive that.
        session.prepare_threshold = None
        session.execute("SET default_transaction_read_only = on")
        session.execute(f"SET statement_timeout = {_SLOWEST_ANSWER_MS}")
        return session
