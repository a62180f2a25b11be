"""An office where anything may happen to an account: each act as a clerk does it, by the book's own commands.

For random stories and for two clerks at once. An act that the book refuses is part of the story: it must leave nothing.
"""

import itertools
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import psycopg

from operational_db.benefits.categories import Category, set_category
from operational_db.benefits.grants import Holder, end_benefit, grant_benefit
from operational_db.billing.adjustments import adjust_consumption
from operational_db.billing.commands import bill_month, close_month
from operational_db.billing.unwinding import unwind_credits
from operational_db.debt.penalties import charge_penalties
from operational_db.metering.meter_operations import replace_meter
from operational_db.metering.reading_decisions import cancel_reading
from operational_db.metering.reading_estimates import estimate_readings
from operational_db.metering.readings import enter_reading
from operational_db.payments.corrections import reverse_payment, transfer_payment
from operational_db.payments.packages import ToldPayment, add_payments, open_package, post_package
from operational_db.payments.services import bill_service, reverse_service, set_service_price
from operational_db.settings import Settings
from operational_db.subsidies.accruals import ToldSubsidy, accrue_subsidies, use_subsidies
from tests.meter_yard import JANUARY, MeterYard
from tests.small_book import ADMINISTRATOR, Consumer

BY = {"by": ADMINISTRATOR}
SOUM = 100
FIRST_VALUE = 1000
HALF = Category("half", "Half of 160 kWh", Decimal("0.5"), "fixed", "state budget", "3", Decimal(160))


def month_after(month: date) -> date:
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


class BusyOffice:
    """Two accounts of SA01, read, billed, paid, corrected and closed month after month from January 2026."""

    def __init__(self, settings: Settings, database: psycopg.Connection) -> None:
        self.settings = settings
        self.database = database
        self.yard = MeterYard(settings, database)
        self.accounts = ("SA01/1/1", "SA01/1/2")
        self.consumers: dict[str, Consumer] = {
            account_no: self.yard.book.consumer(account_no, res="SA01", readings={JANUARY: FIRST_VALUE})
            for account_no in self.accounts
        }
        self._numbers = itertools.count(1)
        set_service_price(
            settings, "seal", 5_000 * SOUM, vat_rate=Decimal("0.12"), since=JANUARY, meaning="Sealing", **BY
        )
        set_category(settings, HALF, from_day=date(2000, 1, 1), **BY)

    def on(self, settings: Settings, database: psycopg.Connection) -> "BusyOffice":
        """The same office in a copy of its database."""
        copied = object.__new__(BusyOffice)
        copied.__dict__ = {**self.__dict__, "settings": settings, "database": database}
        copied._numbers = itertools.count(1_000)
        return copied

    @property
    def open_month(self) -> date:
        return self.database.execute(
            "SELECT min(booked_month) FROM ops.open_period WHERE res_id = ops.find_unit('SA01')"
        ).fetchone()[0]

    def act(self, name: str, *told: object) -> Callable[[], object]:
        """One of the acts below, with what it is about decided, ready to be done."""
        return getattr(self, name)(*told)

    def read(self, place: int, day: int, used: int) -> Callable[[], object]:
        """A reading of a day of the open month, or of its end: so much above the last one that stands."""
        last_day, last_value = self._last(place)
        read_on = month_after(self.open_month) if day > 28 else self.open_month.replace(day=day)
        value = last_value + (used if read_on > last_day else 0)
        account_no, settings = self.accounts[place], self.settings
        return lambda: enter_reading(settings, account_no, value, on=read_on, confirmed=True, note="Story", **BY)

    def late(self, place: int, days: int, used: int) -> Callable[[], object]:
        """A reading that comes late: of some days before the last one, perhaps of a month that is closed."""
        last_day, last_value = self._last(place)
        read_on = last_day - timedelta(days=1 + days % max((last_day - JANUARY).days - 1, 1))
        account_no, settings, value = self.accounts[place], self.settings, max(last_value - used, Decimal(0))
        return lambda: enter_reading(settings, account_no, value, on=read_on, confirmed=True, note="Story", **BY)

    def cancel(self, place: int) -> Callable[[], object]:
        last_day, _ = self._last(place)
        return lambda: cancel_reading(self.settings, self.accounts[place], on=last_day, reason="Story", **BY)

    def estimate(self) -> Callable[[], object]:
        month = self.open_month
        return lambda: estimate_readings(self.settings, month, unit_code="SA01", **BY)

    def adjust(self, place: int, used: int) -> Callable[[], object]:
        """So much was really used up to the last reading that is billed."""
        billed = self.database.execute(
            "SELECT max(r.read_on) FROM ops.reading AS r INNER JOIN ops.standing_bill_line AS l"
            " ON l.account_id = r.account_id AND l.closing_reading_id = r.reading_id WHERE r.account_id = %s",
            [self.consumers[self.accounts[place]].account_id],
        ).fetchone()[0]
        return lambda: adjust_consumption(
            self.settings, self.accounts[place], Decimal(used), on=billed or JANUARY, reason="Story", **BY
        )  # fmt: skip

    def replace(self, place: int, day: int) -> Callable[[], object]:
        point, on = f"{self.accounts[place]}#1", self.open_month.replace(day=day)
        _, last_value = self._last(place)
        new = self.yard.in_store(f"N{next(self._numbers)}")
        order = self.yard.order("replace", point)
        return lambda: replace_meter(
            self.settings, point, new, on=on, values=last_value + 10, new_values=0, order_no=order, **BY
        )  # fmt: skip

    def pay(self, place: int, soum: int) -> Callable[[], object]:
        number, month = f"P{next(self._numbers)}", self.open_month

        def post() -> None:
            open_package(
                self.settings, number, "bank", paid_on=month.replace(day=5), month=month, declared_count=1,
                declared_minor=soum * SOUM, unit_code="SA01", **BY,
            )  # fmt: skip
            add_payments(self.settings, number, [ToldPayment(self.accounts[place], soum * SOUM, number)], **BY)
            post_package(self.settings, number, **BY)

        return post

    def take_back(self, pick: int) -> Callable[[], object]:
        channel_id = self._payment(pick)
        return lambda: reverse_payment(self.settings, "bank", channel_id, reason="Story", **BY)

    def move(self, pick: int, place: int) -> Callable[[], object]:
        channel_id = self._payment(pick)
        return lambda: transfer_payment(
            self.settings, "bank", channel_id, self.accounts[place], reason="Story", **BY
        )  # fmt: skip

    def serve(self, place: int) -> Callable[[], object]:
        on = self.open_month.replace(day=7)
        return lambda: bill_service(self.settings, self.accounts[place], "seal", done_on=on, **BY)

    def unserve(self, place: int) -> Callable[[], object]:
        month = self.open_month
        return lambda: reverse_service(self.settings, self.accounts[place], month, 1, reason="Story", **BY)

    def grant(self, place: int, days: int) -> Callable[[], object]:
        """Half the price of 160 kWh a month, from some day since the first one; mostly back-dated."""
        on = JANUARY + timedelta(days=days)
        return lambda: grant_benefit(
            self.settings, f"{self.accounts[place]}#1", "half", Holder("Karimov"), from_day=on, **BY
        )  # fmt: skip

    def end_grant(self, pick: int, days: int) -> Callable[[], object]:
        """One of the grants ends, on its first day or some days after it."""
        grants = self.database.execute(
            "SELECT grant_no, valid_from FROM ops.benefit_grant WHERE known_to IS NULL ORDER BY grant_no"
        ).fetchall()
        grant_no, valid_from = grants[pick % len(grants)] if grants else (0, JANUARY)
        return lambda: end_benefit(self.settings, grant_no, on=valid_from + timedelta(days=days), **BY)

    def award(self, place: int, soum: int) -> Callable[[], object]:
        told = ToldSubsidy(self.accounts[place], self.open_month, soum * SOUM, f"D{next(self._numbers)}")
        return lambda: accrue_subsidies(self.settings, [told], **BY)

    def use_awards(self) -> Callable[[], object]:
        month = self.open_month
        return lambda: use_subsidies(self.settings, month, unit_code="SA01", **BY)

    def bill(self) -> Callable[[], object]:
        month = self.open_month
        return lambda: bill_month(self.settings, month, unit_code="SA01", **BY)

    def bill_one(self, place: int) -> Callable[[], object]:
        month = self.open_month
        return lambda: bill_month(self.settings, month, account_no=self.accounts[place], **BY)

    def unwind(self) -> Callable[[], object]:
        month = self.open_month
        return lambda: unwind_credits(self.settings, month, unit_code="SA01", **BY)

    def charge_penalty(self) -> Callable[[], object]:
        month = self.open_month
        return lambda: charge_penalties(self.settings, month, unit_code="SA01", **BY)

    def close(self) -> Callable[[], object]:
        month = self.open_month
        return lambda: close_month(self.settings, month, unit_code="SA01", **BY)

    def _last(self, place: int) -> tuple[date, Decimal]:
        """Day and value of the last reading that counts."""
        return self.database.execute(
            "SELECT r.read_on, r.value_kwh FROM ops.reading AS r WHERE r.account_id = %s"
            " AND NOT EXISTS (SELECT 1 FROM ops.reading_set_aside AS a WHERE a.reading_id = r.reading_id)"
            " ORDER BY r.read_on DESC, r.reading_id DESC LIMIT 1",
            [self.consumers[self.accounts[place]].account_id],
        ).fetchone()

    def _payment(self, pick: int) -> str:
        ids = [row[0] for row in self.database.execute("SELECT external_id FROM ops.payment ORDER BY 1").fetchall()]
        return ids[pick % len(ids)] if ids else "none"
