"""A yard with a book, a store and work orders: what tests of operations on meters need beside the small book."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import psycopg

from operational_db.metering.meter_stock import register_meter
from operational_db.metering.operation_outcome import MeterOperation
from operational_db.metering.work_orders import issue_order
from operational_db.settings import Settings
from tests.small_book import ADMINISTRATOR, Consumer, SmallBook

JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)


class MeterYard:
    """A book open from January 2026, with short ways to what operations rest on."""

    def __init__(self, settings: Settings, database: psycopg.Connection) -> None:
        self.settings = settings
        self.database = database
        self.book = SmallBook(settings, first_month=JANUARY, res_codes=("SA01", "SA02"))

    def in_store(self, serial_no: str, *, zones: list[str] | None = None, digits: int = 5, unit: str = "SA01") -> str:
        """A registered meter that may be installed; returns its serial number."""
        register_meter(
            self.settings, serial_no, "unknown", unit_code=unit, on=JANUARY, digits=digits, zones=zones,
            by=ADMINISTRATOR,
        )  # fmt: skip
        return serial_no

    def order(self, kind: str, point_code: str) -> str:
        return issue_order(self.settings, kind, point_code, on=JANUARY, by=ADMINISTRATOR)

    def point_without_meter(self, account_no: str, *, res: str = "SA01", since: date = JANUARY) -> Consumer:
        """An account whose point never had a meter."""
        consumer = self.book.consumer(account_no, res=res, since=since, readings={})
        self.database.execute("DELETE FROM ops.meter_installation WHERE meter_id = %s", [consumer.meter_id])
        return consumer

    def with_meter(self, consumer: Consumer, serial_no: str) -> Consumer:
        """The consumer with another meter, for entering readings of it."""
        meter_id = self.database.execute("SELECT meter_id FROM ops.meter WHERE serial_no = %s", [serial_no]).fetchone()
        return replace(consumer, meter_id=meter_id[0])

    def serial_of(self, consumer: Consumer) -> str:
        query = "SELECT serial_no FROM ops.meter WHERE meter_id = %s"
        return self.database.execute(query, [consumer.meter_id]).fetchone()[0]

    def lines(self, consumer: Consumer) -> list[tuple[date, date, str, Decimal]]:
        """What is billed: from, to, scale, kWh; steps of one span together."""
        return self.database.execute(
            "SELECT span_from, span_to, zone_code, sum(energy_kwh) FROM ops.bill_line WHERE account_id = %s"
            " GROUP BY booked_month, span_from, span_to, zone_code ORDER BY span_from, zone_code",
            [consumer.account_id],
        ).fetchall()

    def snapshot(self) -> dict[str, list[tuple]]:
        """Everything about meters that stands, without the numbers of versions: equal before an operation and after
        its undoing."""
        queries = {
            "stays": "SELECT metering_point_id, meter_id, ratio, current_ratio, voltage_ratio, stands_beside,"
            " address_id, meter_operation_id, valid_from, valid_to FROM ops.meter_installation WHERE known_to IS NULL",
            "registers": "SELECT meter_id, zone_code, digits, meter_operation_id, valid_from, valid_to"
            " FROM ops.meter_register WHERE known_to IS NULL",
            "plates": "SELECT meter_id, serial_no, meter_type_code, made_in_year FROM ops.meter",
            "places": "SELECT meter_id, place_code, unit_id, metering_point_id, since FROM ops.meter_whereabouts",
            "orders": "SELECT work_order_id, state, executor FROM ops.work_order_state",
            "readings": "SELECT metering_point_id, meter_id, zone_code, read_on, value_kwh FROM ops.reading AS r"
            " WHERE NOT EXISTS (SELECT 1 FROM ops.reading_set_aside AS a WHERE a.reading_id = r.reading_id)",
            "energy": "SELECT metering_point_id, span_from, span_to, energy_kwh FROM ops.measured_energy AS e"
            " WHERE NOT EXISTS (SELECT 1 FROM ops.measured_energy_set_aside AS a WHERE a.account_id = e.account_id"
            " AND a.booked_month = e.booked_month AND a.span_from = e.span_from AND a.span_no = e.span_no)",
            "faults": "SELECT meter_id, fault, valid_from, valid_to FROM ops.meter_fault WHERE known_to IS NULL",
        }
        return {name: self.database.execute(f"{query} ORDER BY 1, 2, 3").fetchall() for name, query in queries.items()}


def as_if_dry(operation: MeterOperation) -> MeterOperation:
    """What a dry run of it must have said."""
    return replace(operation, operation_id=None, is_dry_run=True)
