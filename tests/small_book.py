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
        values = [value if isinstance(value, Mapping) else {"all": value} for value in readings.values()]
        with connect(self.settings, Role.LOADER) as session:
            res_id = self.res_ids[res]
            account_id = _inserted(
                session, "account", account_no=account_no, kind=kind, res_id=res_id, opened_on=since, **self._from()
            )
            point_id = _inserted(
                session, "metering_point", code=f"{account_no}#1", account_id=account_id, resource_code="electricity",
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
            if persons is not None:
                _inserted(session, "family_size", account_id=account_id, persons=persons, **dated)
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
