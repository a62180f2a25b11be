"""A desk where money comes in: a book with consumers who owe, for tests about payments."""

from collections.abc import Mapping
from datetime import date

import psycopg

from operational_db.connections import Role, connect
from operational_db.payments.packages import ToldPayment, add_payments, open_package, post_package
from operational_db.settings import Settings
from tests.money_desk import take_over_articles
from tests.small_book import ADMINISTRATOR, Consumer, SmallBook

BY = {"by": ADMINISTRATOR}
SOUM = 100
"""So many tiyin make one."""


class CashDesk:
    """A book of January 2026 and the month after, with short ways to debts, packages and what came of them."""

    def __init__(self, settings: Settings, database: psycopg.Connection, *, first_month: date, months: int = 2) -> None:
        self.settings = settings
        self.database = database
        self.book = SmallBook(settings, first_month=first_month, res_codes=("SA01", "SA02"))
        month = first_month
        for _ in range(months - 1):
            month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
            self.book.open(month)

    def consumer(self, account_no: str, *, name: str | None = None) -> Consumer:
        """An account that owes nothing yet."""
        known = self.book.consumer(account_no, res=account_no.partition("/")[0], readings={})
        if name is not None:
            self.book.live_at(known, name, "Registon", account_no.rpartition("/")[2])
        return known

    def former_number(self, consumer: Consumer, alias: str) -> None:
        """The number that an account had in the old program."""
        with connect(self.settings, Role.LOADER) as session:
            session.execute(
                "INSERT INTO ops.account_number_alias (alias, account_id, source_id) VALUES (%s, %s, %s)",
                [alias, consumer.account_id, self.book.source_id],
            )

    def owes(self, consumer: Consumer, year: int, soum: int, *, article: str = "electricity") -> None:
        """A debt taken over from the old program, by year of origin; an advance where it is below zero."""
        self.owes_all(consumer, {(year, article): soum})

    def owes_all(self, consumer: Consumer, debts: Mapping[tuple[int, str], int]) -> None:
        """Debts by year of origin and article, taken over at once."""
        month = self.database.execute(
            "SELECT min(booked_month) FROM ops.open_period WHERE res_id = %s", [consumer.res_id]
        ).fetchone()[0]
        take_over_articles(self.book, consumer, {debt: soum * SOUM for debt, soum in debts.items()}, month)

    def package(
        self, number: str, payments: list[ToldPayment], *, on: date, channel: str = "bank", unit: str = "SA01"
    ) -> None:
        """A package whose cover declares what its payments are."""
        open_package(
            self.settings, number, channel, paid_on=on, declared_count=len(payments),
            declared_minor=sum(payment.amount_minor for payment in payments), unit_code=unit, **BY,
        )  # fmt: skip
        add_payments(self.settings, number, payments, **BY)

    def paid(
        self, account_no: str, soum: int, *, on: date, channel_id: str, article: str | None = None,
        channel: str = "bank", number: str | None = None,
    ) -> None:  # fmt: skip
        """One payment, posted in a package of its own."""
        number = number or f"P-{channel}-{channel_id}"
        told = ToldPayment(account_no, soum * SOUM, channel_id, article=article)
        self.package(number, [told], on=on, channel=channel, unit=account_no.partition("/")[0])
        post_package(self.settings, number, **BY)

    def balance(self, account_no: str) -> int:
        """What an account owes, in soum."""
        minor = self.database.execute(
            "SELECT ops.account_balance_minor(account_id) FROM ops.account WHERE account_no = %s", [account_no]
        ).fetchone()[0]
        assert minor % SOUM == 0
        return minor // SOUM

    def balances(self, account_no: str) -> dict[str, int]:
        """What an account owes by article, in soum; articles that nothing moved are left out."""
        rows = self.database.execute(
            "SELECT g.article_code, sum((d.is_consumer_balance::int - c.is_consumer_balance::int) * g.amount_minor)"
            " FROM ops.ledger AS g INNER JOIN ops.account AS a USING (account_id)"
            " INNER JOIN ops.ledger_account AS d ON d.ledger_account_code = g.debit_code"
            " INNER JOIN ops.ledger_account AS c ON c.ledger_account_code = g.credit_code"
            " WHERE a.account_no = %s GROUP BY g.article_code",
            [account_no],
        ).fetchall()
        return {article: int(minor) // SOUM for article, minor in rows}

    def entries(self, account_no: str) -> list[tuple]:
        """Ledger entries of the account's payments: month, article, soum."""
        rows = self.database.execute(
            "SELECT g.booked_month, g.article_code, g.amount_minor FROM ops.ledger AS g"
            " INNER JOIN ops.account AS a USING (account_id)"
            " WHERE a.account_no = %s AND g.document_kind = 'payment' ORDER BY g.document_no, g.entry_no",
            [account_no],
        ).fetchall()
        return [(month, article, minor // SOUM) for month, article, minor in rows]
