"""A desk that keeps subsidies: a household with bills of January and February 2026, and what became of its subsidy."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import psycopg

from operational_db.benefits.categories import Category, add_category
from operational_db.benefits.grants import Holder, grant_benefit
from operational_db.settings import Settings
from operational_db.subsidies.accruals import (
    RefusedSubsidy,
    SubsidyOfMonth,
    ToldSubsidy,
    Use,
    accrue_subsidies,
    subsidies_of_month,
    use_subsidies,
)
from tests.small_book import ADMINISTRATOR, SmallBook

JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
SOUM = 100
KARIMOV = "SA01/1/1"


class SubsidyDesk:
    """In soum. Karimov is billed 200 x 600 + 50 x 800 = 160,000 for January, 150 x 600 = 90,000 for February."""

    def __init__(self, settings: Settings, database: psycopg.Connection) -> None:
        self.settings = settings
        self.database = database
        self.book = SmallBook(settings, first_month=JANUARY, res_codes=("SA01", "SA02"))
        self.karimov = self.book.consumer(KARIMOV, res="SA01", readings={JANUARY: 0, FEBRUARY: 250})

    def read_in_february(self) -> None:
        """The reading of the first of March, once February is open."""
        self.book.reading(self.karimov, MARCH, 400)

    def award(
        self, account_no: str, month: date, soum: int, *, decision: str = "D-1", kind: str = "award"
    ) -> list[RefusedSubsidy]:
        return accrue_subsidies(
            self.settings, [ToldSubsidy(account_no, month, soum * SOUM, decision, kind)], by=ADMINISTRATOR
        )

    def use(self, month: date, *, dry_run: bool = False) -> Use:
        return use_subsidies(self.settings, month, unit_code="SA01", by=ADMINISTRATOR, dry_run=dry_run)

    def month(self, account_no: str, month: date) -> SubsidyOfMonth:
        (found,) = subsidies_of_month(self.settings, month, account_no=account_no, by=ADMINISTRATOR)
        return found

    def grants_half(self, account_no: str, since: date) -> None:
        """A benefit that pays half of all consumption."""
        half = Category("half", "Half of all", Decimal("0.5"), "none", "state budget", "1")
        add_category(self.settings, half, from_day=JANUARY, by=ADMINISTRATOR)
        grant_benefit(
            self.settings, f"{account_no}#1", "half", Holder("Karimov Olim"), from_day=since, by=ADMINISTRATOR
        )

    def posted(self, account_no: str) -> list[tuple]:
        """Entries of subsidies in the ledger: month, number, debit, credit, soum, day."""
        rows = self.database.execute(
            "SELECT g.booked_month, g.document_no, g.debit_code, g.credit_code, g.amount_minor, g.posted_on"
            " FROM ops.ledger AS g INNER JOIN ops.account AS a USING (account_id)"
            " WHERE a.account_no = %s AND g.document_kind = 'subsidy' ORDER BY g.booked_month, g.document_no",
            [account_no],
        ).fetchall()
        return [(*row[:4], row[4] / SOUM, row[5]) for row in rows]

    def owed(self, account_no: str) -> float:
        minor = self.database.execute(
            "SELECT ops.account_balance_minor(account_id) FROM ops.account WHERE account_no = %s", [account_no]
        ).fetchone()[0]
        return minor / SOUM


def in_soum(found: SubsidyOfMonth) -> tuple[float, ...]:
    """Carried, awarded, recalculated, used, unused."""
    minors = (
        found.carried_minor, found.awarded_minor, found.recalculated_minor, found.used_minor, found.unused_minor,
    )  # fmt: skip
    return tuple(minor / SOUM for minor in minors)


def list_of_social_security(folder: Path, *rows: str, name: str = "awards.csv") -> Path:
    """A file of awards as social security sends it."""
    file = folder / name
    file.write_text("\n".join(["account_no,for_month,amount,decision,kind,last_month", *rows, ""]), encoding="utf-8")
    return file
