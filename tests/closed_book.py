"""A book whose January is closed, with a row in every posted table, whatever tables there will be.

For tests of what may be done to a closed month by whom: tables, roles and partitions are found in the database and in
roles.sql, so that one that is added later is asked as well.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import psycopg
from psycopg import sql

from operational_db.billing.commands import bill_month, close_month
from operational_db.billing.unwinding import unwind_credits
from operational_db.connections import connect_as_admin
from operational_db.debt.penalties import charge_penalties
from operational_db.schema import ROLES_FILE
from operational_db.settings import Settings
from tests.cash_desk import BY, CashDesk
from tests.penalty_desk import PenaltyDesk
from tests.small_book import ADMINISTRATOR

JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)
TENTH = date(2026, 1, 10)

_OF_TYPE = {
    "B": "false", "A": "'{}'", "D": f"'{JANUARY}'", "N": "1", "S": "'x'", "U": "'{}'", "V": "B'1'",
}  # fmt: skip
"""By category of type in pg_type, a value for a column that must have one."""


@dataclass(frozen=True)
class PostedTable:
    """A table of posted rows.

    Attributes:
        partition: that of January, where it has partitions.
        is_monthly: whether its rows name a month.
        column: the last one.
    """

    name: str
    partition: str | None
    is_monthly: bool
    column: str

    @property
    def places(self) -> Iterator[str]:
        """Under what names a row of it may be asked for."""
        yield self.name
        if self.partition is not None:
            yield self.partition


class ClosedBook:
    """SA01 with a bill, payments, a penalty and a credit in January, which is closed; every other table has a row."""

    def __init__(self, settings: Settings, database: psycopg.Connection) -> None:
        self.settings = settings
        self.database = database
        desk = CashDesk(settings, database, first_month=JANUARY)
        self.res_id = desk.book.res_ids["SA01"]
        self.account_id = desk.book.consumer(
            "SA01/1/1", res="SA01", readings={JANUARY: 1000, FEBRUARY: 1100}
        ).account_id  # fmt: skip
        late = PenaltyDesk(desk.book, database)
        late.account("SA01/1/2")
        late.owes("SA01/1/2", 1_000_000, on=date(2025, 11, 30))
        desk.consumer("SA01/1/3")
        desk.paid("SA01/1/3", 12_000, on=TENTH, channel_id="A1")
        bill_month(settings, JANUARY, **BY)
        charge_penalties(settings, JANUARY, **BY)
        unwind_credits(settings, JANUARY, **BY)
        close_month(settings, JANUARY, **BY)
        self.tables = self._posted_tables()
        self._loosen()
        for table in self.tables:
            if not self._has_row(table):
                self._make_up_row(table)

    @staticmethod
    def roles() -> list[str]:
        """Every role that roles.sql makes."""
        return re.findall(r"CREATE ROLE (\w+)", ROLES_FILE.read_text(encoding="utf-8"))

    def session(self, role: str | None) -> psycopg.Connection:
        """A session as the role, for the administrator, who holds every right; without a role as the owner of all."""
        session = connect_as_admin(self.settings)
        session.execute("SELECT set_config('wattbook.user_login', %s, false)", [ADMINISTRATOR])
        if role is not None:
            session.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
        session.commit()
        return session

    def content(self) -> dict[str, list[str]]:
        """All posted rows as text, by table."""
        return {
            table.name: [
                row[0] for row in self.database.execute(f"SELECT t::text FROM ops.{table.name} AS t ORDER BY 1")
            ]
            for table in self.tables
        }

    def another_row(self, table: PostedTable) -> bytes:
        """A row like one that stands in January, with another key, as COPY reads it."""
        keys = [
            row[0]
            for row in self.database.execute(
                "SELECT a.attname FROM pg_index AS i"
                " INNER JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)"
                " WHERE i.indrelid = %s::regclass AND i.indisprimary AND a.attname NOT IN ('account_id', 'res_id')"
                " AND format_type(a.atttypid, NULL) IN ('bigint', 'integer', 'smallint')",
                [f"ops.{table.name}"],
            )
        ] or ["source_row"]
        changed = ", ".join(f"'{key}', 9999" for key in keys)
        statement = (
            f"COPY (SELECT (jsonb_populate_record(t, jsonb_build_object({changed}))).* FROM ops.{table.name} AS t"
            f" WHERE booked_month = '{JANUARY}' LIMIT 1) TO STDOUT (FORMAT binary)"
        )
        with self.database.cursor().copy(statement) as copy:
            return b"".join(bytes(block) for block in copy)

    def _posted_tables(self) -> list[PostedTable]:
        return [
            PostedTable(*row)
            for row in self.database.execute(
                "SELECT c.relname,"
                " CASE WHEN c.relkind = 'p' THEN ops.partition_name(c.relname, %s) END,"
                " EXISTS (SELECT 1 FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attname = 'booked_month'),"
                " (SELECT a.attname FROM pg_attribute AS a WHERE a.attrelid = c.oid AND NOT a.attisdropped"
                "  ORDER BY a.attnum DESC LIMIT 1)"
                " FROM pg_class AS c"
                " INNER JOIN pg_trigger AS t ON t.tgrelid = c.oid AND t.tgname = 'refuse_change'"
                " WHERE c.relnamespace = 'ops'::regnamespace AND NOT c.relispartition ORDER BY 1",
                [JANUARY],
            )
        ]

    def _loosen(self) -> None:
        """Away with what says which rows make sense, so that it is the guards that answer and nothing before them."""
        for table, constraint in self.database.execute(
            "SELECT c.relname, k.conname FROM pg_constraint AS k INNER JOIN pg_class AS c ON c.oid = k.conrelid"
            " WHERE c.relnamespace = 'ops'::regnamespace AND NOT c.relispartition AND k.contype IN ('c', 'f')"
            " AND c.relname = ANY (%s)",
            [[table.name for table in self.tables]],
        ).fetchall():
            self.database.execute(
                sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(
                    sql.Identifier("ops", table), sql.Identifier(constraint)
                )
            )

    def _has_row(self, table: PostedTable) -> bool:
        condition = f"WHERE booked_month = '{JANUARY}'" if table.is_monthly else ""
        return self.database.execute(f"SELECT EXISTS (SELECT 1 FROM ops.{table.name} {condition})").fetchone()[0]

    def _make_up_row(self, table: PostedTable) -> None:
        """A row of the closed month that nobody could post, put there with the guards switched off."""
        known = {"booked_month": f"'{JANUARY}'", "res_id": str(self.res_id), "account_id": str(self.account_id)}
        columns = self.database.execute(
            "SELECT a.attname, t.typcategory FROM pg_attribute AS a INNER JOIN pg_type AS t ON t.oid = a.atttypid"
            " WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped"
            " AND (a.attnotnull OR a.attname = ANY (%s))",
            [f"ops.{table.name}", list(known)],
        ).fetchall()
        names = ", ".join(name for name, _ in columns)
        values = ", ".join(known.get(name, _OF_TYPE[category]) for name, category in columns)
        with self.database.transaction():
            self.database.execute("SET LOCAL session_replication_role = replica")
            self.database.execute(f"INSERT INTO ops.{table.name} ({names}) OVERRIDING SYSTEM VALUE VALUES ({values})")
