"""A book small enough to know by heart: the reference data and a few accounts entered as the loader enters them.

For tests that need consumers, meters and readings without a legacy dump.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import psycopg

from operational_db.connections import Role, connect
from operational_db.exchange.sources import record_command
from operational_db.reference.loading import FIRST_LOGIN
from operational_db.settings import Settings

_serial_numbers = itertools.count(1)


@dataclass(frozen=True)
class Consumer:
    """Keys of an account with one metering point and one meter."""

    account_id: int
    metering_point_id: int
    meter_id: int
    res_id: int


class SmallBook:
    """Enters consumers and readings into an open book."""

    def __init__(self, settings: Settings, *, first_month: date = date(2026, 1, 1), res_codes: tuple[str, ...]) -> None:
        self.settings = settings
        with connect(settings, Role.LOADER) as session:
            self.source_id = record_command(session, "small book", {}, user_id=None)
            self.res_ids = {
                code: session.execute("SELECT ops.find_unit(%s)", [code]).fetchone()[0] for code in res_codes
            }
            session.execute("SELECT ops.open_month(%s, %s)", [list(self.res_ids.values()), first_month])

    def open(self, month: date) -> None:
        with connect(self.settings, Role.LOADER) as session:
            session.execute("SELECT ops.open_month(%s, %s)", [list(self.res_ids.values()), month])

    def later(self) -> None:
        """What is entered from here on comes by another command."""
        with connect(self.settings, Role.LOADER) as session:
            self.source_id = record_command(session, "small book", {}, user_id=None)

    def consumer(
        self,
        account_no: str,
        *,
        res: str,
        tariff: str = "uz.household",
        kind: str = "household",
        digits: int = 5,
        ratio: Decimal = Decimal(1),
        since: date = date(2026, 1, 1),
        readings: Mapping[date, Decimal | int | Mapping[str, int]],
        persons: int | None = None,
        **of_tariff: object,
    ) -> Consumer:
        """An account with a meter; the first reading opens, the others are read on their days.

        A reading of a meter with zones is a mapping from zone to value; `of_tariff` are further columns of the point's
        tariff, such as variant_code or ordered_power_kw.
        """
        with connect(self.settings, Role.LOADER) as session:
            account_id = _inserted(
                session, "account", account_no=account_no, kind=kind, res_id=self.res_ids[res], opened_on=since,
                **self._from(),
            )  # fmt: skip
            if persons is not None:
                _inserted(
                    session, "family_size", account_id=account_id, persons=persons, valid_from=since, **self._from()
                )
        return self._with_point(
            account_id, f"{account_no}#1", self.res_ids[res], readings, tariff=tariff, digits=digits, ratio=ratio,
            since=since, **of_tariff,
        )  # fmt: skip

    def another_point(
        self,
        consumer: Consumer,
        code: str,
        *,
        tariff: str = "uz.household",
        since: date = date(2026, 1, 1),
        readings: Mapping[date, Decimal | int | Mapping[str, int]],
    ) -> Consumer:
        """A further metering point of the account, with a meter of its own."""
        return self._with_point(
            consumer.account_id, code, consumer.res_id, readings, tariff=tariff, digits=5, ratio=Decimal(1), since=since
        )

    def _with_point(
        self,
        account_id: int,
        code: str,
        res_id: int,
        readings: Mapping[date, Decimal | int | Mapping[str, int]],
        *,
        tariff: str,
        digits: int,
        ratio: Decimal,
        since: date,
        **of_tariff: object,
    ) -> Consumer:
        values = [value if isinstance(value, Mapping) else {"all": value} for value in readings.values()]
        with connect(self.settings, Role.LOADER) as session:
            point_id = _inserted(
                session, "metering_point", code=code, account_id=account_id, resource_code="electricity",
                connected_on=since, **self._from(),
            )  # fmt: skip
            meter_id = _inserted(
                session, "meter", serial_no=f"S{next(_serial_numbers)}", meter_type_code="unknown", **self._from()
            )
            for zone_code in values[0] if values else ("all",):
                session.execute(
                    "INSERT INTO ops.meter_register (meter_id, zone_code, digits) VALUES (%s, %s, %s)",
                    [meter_id, zone_code, digits],
                )
            dated = {"valid_from": since, **self._from()}
            _inserted(
                session, "metering_point_tariff", metering_point_id=point_id, tariff_code=tariff, **of_tariff, **dated
            )
            _inserted(session, "metering_point_placement", metering_point_id=point_id, unit_id=res_id, **dated)
            _inserted(
                session, "meter_installation", metering_point_id=point_id, meter_id=meter_id, ratio=ratio, **dated
            )
        known = Consumer(account_id, point_id, meter_id, res_id)
        for number, (read_on, by_zone) in enumerate(zip(readings, values, strict=True)):
            for zone_code, value in by_zone.items():
                self.reading(
                    known, read_on, value, zone_code=zone_code, is_opening=number == 0,
                    booked_month=None if number else since,
                )  # fmt: skip
        return known

    def reading(
        self,
        consumer: Consumer,
        read_on: date,
        value: Decimal | int,
        *,
        zone_code: str = "all",
        is_opening: bool = False,
        booked_month: date | None = None,
        kind: str = "round",
    ) -> int:
        """A reading booked in the month whose use it ends, unless told otherwise; returns its id."""
        month = (booked_month or (read_on - timedelta(days=1))).replace(day=1)
        with connect(self.settings, Role.LOADER) as session:
            return _inserted(
                session, "reading", account_id=consumer.account_id, booked_month=month,
                reading_id=session.execute("SELECT nextval('ops.reading_id_seq')").fetchone()[0],
                metering_point_id=consumer.metering_point_id, meter_id=consumer.meter_id, zone_code=zone_code,
                read_on=read_on, value_kwh=value, kind="opening" if is_opening else kind, is_opening=is_opening,
                res_id=consumer.res_id, returning="reading_id", **self._from(),
            )  # fmt: skip

    def live_at(
        self, consumer: Consumer, name: str, street: str, house: str, *, flat: str = "", since: date = date(2026, 1, 1)
    ) -> None:
        """Who holds the account and where the bill goes."""
        with connect(self.settings, Role.LOADER) as session:
            found = session.execute("SELECT street_id FROM ops.street WHERE street_name = %s", [street]).fetchone()
            street_id = (
                found[0]
                if found is not None
                else _inserted(
                    session, "street", locality="Самарканд", street_name=street, res_id=consumer.res_id, **self._from()
                )
            )
            address_id = _inserted(
                session, "address", street_id=street_id, house=house, house_letter="", building="", flat=flat,
                **self._from(),
            )  # fmt: skip
            premises_id = _inserted(session, "premises", address_id=address_id, kind="flat", **self._from())
            subscriber_id = _inserted(session, "subscriber", kind="person", full_name=name, **self._from())
            dated = {"account_id": consumer.account_id, "valid_from": since, **self._from()}
            _inserted(session, "account_premises", premises_id=premises_id, **dated)
            _inserted(session, "account_subscriber", subscriber_id=subscriber_id, **dated)

    def energy(
        self, consumer: Consumer, begin: date, end: date, energy_kwh: int, *, kind: str, booked: date | None = None
    ) -> None:
        """Energy that is told as such, such as declared or by half-hours."""
        with connect(self.settings, Role.LOADER) as session:
            session.execute(
                "INSERT INTO ops.measured_energy (account_id, booked_month, metering_point_id, direction, span_from,"
                " span_to, energy_kwh, kind, res_id, source_id)"
                " VALUES (%s, %s, %s, 'consumed', %s, %s, %s, %s, %s, %s)",
                [
                    consumer.account_id, booked or begin.replace(day=1), consumer.metering_point_id, begin, end,
                    energy_kwh, kind, consumer.res_id, self.source_id,
                ],
            )  # fmt: skip

    def half_hours(self, consumer: Consumer, month: date, *, days: int) -> None:
        """Half-hours of 10 kWh each for a month of 31 days, of which the last days may be missing."""
        self.energy(consumer, month, month + timedelta(days=31), 31 * 480, kind="half_hours")
        with connect(self.settings, Role.LOADER) as session:
            for day in range(days):
                session.execute(
                    "INSERT INTO ops.interval_energy (account_id, booked_month, metering_point_id, channel,"
                    " measured_on, half_hours, status, res_id, source_id) VALUES (%s, %s, %s, '01', %s,"
                    " array_fill(10::numeric, ARRAY[48]), array_fill(0::smallint, ARRAY[48]), %s, %s)",
                    [
                        consumer.account_id, month, consumer.metering_point_id, month + timedelta(days=day),
                        consumer.res_id, self.source_id,
                    ],
                )  # fmt: skip

    def serial_no(self, meter_id: int) -> str:
        with connect(self.settings, Role.LOADER) as session:
            return session.execute("SELECT serial_no FROM ops.meter WHERE meter_id = %s", [meter_id]).fetchone()[0]

    def event(self, reading_id: int, event: str, reason: str = "Looked at by a clerk.") -> None:
        """What becomes of a reading: quarantined, cancelled or released."""
        with connect(self.settings, Role.LOADER) as session:
            session.execute(
                "INSERT INTO ops.reading_event (account_id, booked_month, reading_id, event, reason, source_id)"
                " SELECT account_id, booked_month, reading_id, %s, %s, %s FROM ops.reading WHERE reading_id = %s",
                [event, reason, self.source_id, reading_id],
            )

    def _from(self) -> dict[str, int]:
        return {"source_id": self.source_id}


def _inserted(session: psycopg.Connection, table: str, *, returning: str | None = None, **values: object) -> int:
    """Insert one row and return its key."""
    statement = (
        f"INSERT INTO ops.{table} ({', '.join(values)}) VALUES ({', '.join(['%s'] * len(values))}) "
        f"RETURNING {returning or f'{table}_id'}"
    )
    return session.execute(statement, list(values.values())).fetchone()[0]


ADMINISTRATOR = FIRST_LOGIN
