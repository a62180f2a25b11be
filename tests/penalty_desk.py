"""Debts and money put into a small book as the loader puts them, for tests of what late payment costs."""

import itertools
from datetime import date

import psycopg

from operational_db.connections import Role, connect
from tests.small_book import SmallBook

_numbers = itertools.count(1)


class PenaltyDesk:
    """Accounts that owe and pay; amounts in main units of money, 100 coins each."""

    def __init__(self, book: SmallBook, database: psycopg.Connection) -> None:
        self.book = book
        self.database = database

    def account(self, account_no: str, *, kind: str = "household", res: str = "SA01") -> str:
        tariff = "uz.household" if kind == "household" else "uz.legal"
        self.book.consumer(account_no, res=res, kind=kind, tariff=tariff, readings={})
        return account_no

    def owes(self, account_no: str, amount: int, *, on: date, booked: date = date(2026, 1, 1)) -> None:
        """A debt by a document of a day, booked in a month."""
        self._post(
            "ops.post_opening_balances",
            "SELECT account_id, %s::date AS booked_month, %s AS year_of_origin, %s::bigint AS balance_minor,"
            " 'electricity'::text AS article_code, %s::date AS posted_on, res_id, %s::bigint AS source_id,"
            " 0 AS source_row FROM ops.account WHERE account_no = %s",
            [booked, next(_numbers), amount * 100, on, self.book.source_id, account_no],
        )

    def pays(self, account_no: str, amount: int, *, on: date, booked: date | None = None) -> None:
        """Money of a day, booked in its month unless told otherwise."""
        self._post(
            "ops.post_payments",
            "SELECT 'bank'::text AS channel_code, %s::text AS external_id, account_id, %s::date AS booked_month,"
            " NULL::bigint AS payment_package_id, %s::date AS paid_on, %s::bigint AS amount_minor,"
            " 'electricity'::text AS article_code, NULL::text AS payer_text, res_id, %s::bigint AS source_id,"
            " 0 AS source_row FROM ops.account WHERE account_no = %s",
            [
                f"P{next(_numbers)}", (booked or on).replace(day=1), on, amount * 100, self.book.source_id, account_no,
            ],
        )  # fmt: skip

    def posted(self, account_no: str) -> list[tuple]:
        """Lines of penalties: month, kind, due day, span, debt and charge in coins."""
        return self.database.execute(
            "SELECT p.booked_month, p.kind, p.due_on, p.day_from, p.day_to, p.debt_minor, p.charge_minor"
            " FROM ops.penalty AS p INNER JOIN ops.account AS a USING (account_id) WHERE a.account_no = %s"
            " ORDER BY p.booked_month, p.penalty_no, p.line_no",
            [account_no],
        ).fetchall()

    def charged_minor(self, account_no: str) -> int:
        """What the ledger says the account owes for penalties."""
        return self.database.execute(
            "SELECT coalesce(sum(CASE WHEN d.is_consumer_balance THEN amount_minor ELSE -amount_minor END), 0)::bigint"
            " FROM ops.ledger AS g INNER JOIN ops.account AS a USING (account_id)"
            " INNER JOIN ops.ledger_account AS d ON d.ledger_account_code = g.debit_code"
            " WHERE a.account_no = %s AND g.article_code = 'penalty'",
            [account_no],
        ).fetchone()[0]

    def in_ukraine(self) -> None:
        """The book of a Ukrainian supplier."""
        self.database.execute(
            "UPDATE ops.parameter SET value = 'UA' WHERE parameter_code IN ('country', 'chart_of_accounts')"
        )
        # Debts of the tests come in by the rule of opening balances, which the Uzbek chart has.
        self.database.execute(
            "INSERT INTO ops.posting_rule (chart, document_kind, component, debit_code, credit_code)"
            " SELECT 'UA', document_kind, component, debit_code, credit_code FROM ops.posting_rule WHERE chart = 'UZ'"
            " ON CONFLICT DO NOTHING"
        )

    def _post(self, procedure: str, rows: str, values: list[object]) -> None:
        with connect(self.book.settings, Role.LOADER) as session:
            table = f"work.desk_{next(_numbers)}"
            session.execute(f"CREATE TABLE {table} AS {rows}", values)
            session.execute(f"GRANT SELECT ON {table} TO wattbook_owner")
            session.execute(f"SELECT {procedure}(%s)", [table])
            session.execute(f"DROP TABLE {table}")
