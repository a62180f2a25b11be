"""A desk of a Ukrainian supplier of 2017 where benefits are granted: consumers, their months read, billed and closed.

The price list of March 2017 (domain.md 2.3): a kWh up to 100 a month costs 0.90 with VAT, above that 1.68.
"""

from datetime import date
from decimal import Decimal

import psycopg

from operational_db.benefits.categories import Category, set_category
from operational_db.benefits.grants import Holder, grant_benefit
from operational_db.billing.commands import bill_month, close_month
from operational_db.settings import Settings
from tests.small_book import ADMINISTRATOR, Consumer, SmallBook

MARCH, APRIL, MAY, JUNE, JULY = (date(2017, month, 1) for month in range(3, 8))
HOLDER = Holder("Oksana Kovalenko", tax_id="2345678901", document="AB 123456")

HALF = Category("half", "Half of 160 kWh", Decimal("0.5"), "fixed", "state budget", "3", Decimal(160))
"""The category of the published sum: 300 kWh cost 426.00, of them 160 with the benefit 190.80, the benefit is 95.40."""
TEACHER = Category("teacher", "Teachers in villages", Decimal(1), "fixed", "local budget", "11", Decimal(30))
VETERAN = Category("veteran", "Veterans of war", Decimal("0.75"), "dwelling", "state budget", "4")
LIMITLESS = Category("limitless", "A quarter of everything", Decimal("0.25"), "none", "state budget", "7")


class BenefitDesk:
    """A book of one RES with March to July 2017 open, and four categories in the directory."""

    def __init__(self, settings: Settings, database: psycopg.Connection) -> None:
        self.settings = settings
        self.database = database
        self.book = SmallBook(settings, first_month=MARCH, res_codes=("SA01",))
        for month in (APRIL, MAY, JUNE, JULY):
            self.book.open(month)
        database.execute(
            "UPDATE ops.parameter SET value = 'UA' WHERE parameter_code IN ('country', 'chart_of_accounts')"
        )
        for category in (HALF, TEACHER, VETERAN, LIMITLESS):
            set_category(settings, category, from_day=date(2000, 1, 1), by=ADMINISTRATOR)

    def consumer(self, account_no: str, *uses_kwh: int, tariff: str = "ua.household") -> Consumer:
        """An account whose meter is read on the first of each month: so much used in March, April ..."""
        readings = {MARCH: 1000}
        for number, used_kwh in enumerate(uses_kwh):
            readings[date(2017, 4 + number, 1)] = max(readings.values()) + used_kwh
        return self.book.consumer(account_no, res="SA01", tariff=tariff, since=MARCH, readings=readings)

    def grant(self, account_no: str, category: str, from_day: date, to_day: date | None = None, **also: object) -> int:
        return grant_benefit(
            self.settings, f"{account_no}#1", category, HOLDER, from_day=from_day, to_day=to_day, by=ADMINISTRATOR,
            **also,
        )  # fmt: skip

    def bill(self, *months: date) -> None:
        for month in months:
            bill_month(self.settings, month, by=ADMINISTRATOR)

    def close(self, month: date) -> str:
        """Closes a month; returns the hash of its rows."""
        close_month(self.settings, month, by=ADMINISTRATOR)
        return self.database.execute(
            "SELECT content_hash FROM ops.period_close WHERE booked_month = %s", [month]
        ).fetchone()[0]

    def hash_now(self, month: date) -> str:
        """The hash of what a month holds now."""
        return self.database.execute(
            "SELECT ops.period_content_hash(%s, %s)", [self.book.res_ids["SA01"], month]
        ).fetchone()[0]

    def bills(self, consumer: Consumer, month: date) -> list[tuple]:
        """Bills of a month: number, kind, kWh, coins at the full price, coins of the benefit."""
        return self.database.execute(
            "SELECT b.bill_no, b.kind, b.energy_kwh, b.charge_minor, coalesce(n.benefit_minor, 0)::bigint"
            " FROM ops.bill AS b LEFT JOIN LATERAL (SELECT sum(l.benefit_minor) AS benefit_minor"
            "   FROM ops.benefit_line AS l WHERE l.account_id = b.account_id AND l.booked_month = b.booked_month"
            "   AND l.bill_no = b.bill_no) AS n ON true"
            " WHERE b.account_id = %s AND b.booked_month = %s ORDER BY b.bill_no",
            [consumer.account_id, month],
        ).fetchall()

    def benefits(self, consumer: Consumer, month: date, bill_no: int = 1) -> list[tuple]:
        """Benefits of a bill, line by line: line, category, kWh, coins at the full price, coins of the benefit."""
        return self.database.execute(
            "SELECT line_no, category_code, energy_kwh, full_minor, benefit_minor FROM ops.benefit_line"
            " WHERE account_id = %s AND booked_month = %s AND bill_no = %s ORDER BY line_no, days_from, share DESC",
            [consumer.account_id, month, bill_no],
        ).fetchall()

    def benefit_kwh(self, consumer: Consumer) -> dict[tuple[date, str], Decimal]:
        """Energy at each benefit by month of use, of all bills together."""
        return {
            (month, category): energy_kwh
            for month, category, energy_kwh in self.database.execute(
                "SELECT service_month, category_code, sum(energy_kwh) FROM ops.benefit_line WHERE account_id = %s"
                " GROUP BY service_month, category_code",
                [consumer.account_id],
            )
        }

    def owes(self, consumer: Consumer) -> int:
        """What the ledger says the account owes, in coins."""
        return self.database.execute("SELECT ops.account_balance_minor(%s)", [consumer.account_id]).fetchone()[0]
