"""Many consumers at once: accounts as the reference rating knows them, entered by COPY as the loader enters a dump.

For tests over thousands of accounts; tests/small_book.py enters a few, one by one.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date

import psycopg

from operational_db.connections import Role, connect, connect_as_admin
from operational_db.exchange.sources import record_command
from operational_db.settings import Settings
from tests.reference_rating.bills import Line
from tests.reference_rating.consumers import Account, Meter, Point, Reading, day_or_none

READINGS_EACH = 10_000
"""Keys of readings: account_id x this + entry_no; so a reading is found by its account and entry."""

COLUMNS = {
    "account": "account_id, account_no, kind, res_id, opened_on, source_id",
    "family_size": "account_id, persons, valid_from, valid_to, source_id",
    "metering_point": "metering_point_id, code, account_id, resource_code, connected_on, source_id",
    "metering_point_placement": "metering_point_id, unit_id, valid_from, source_id",
    "metering_point_tariff": "metering_point_id, tariff_code, variant_code, contracted_kwh_per_month, "
    "ordered_power_kw, valid_from, valid_to, source_id",
    "meter": "meter_id, serial_no, meter_type_code, source_id",
    "meter_register": "meter_id, zone_code, digits",
    "meter_installation": "meter_id, metering_point_id, ratio, valid_from, valid_to, source_id",
    "reading": "account_id, booked_month, reading_id, metering_point_id, meter_id, zone_code, read_on, value_kwh, "
    "kind, is_opening, res_id, source_id",
    "measured_energy": "account_id, booked_month, metering_point_id, direction, span_from, span_no, span_to, "
    "energy_kwh, kind, res_id, source_id",
    "interval_energy": "account_id, booked_month, metering_point_id, channel, measured_on, half_hours, status, res_id, "
    "source_id",
    "reading_event": "account_id, booked_month, reading_id, event, reason, source_id",
}
"""In the order in which the tables need one another."""


class BulkBook:
    """An open book over some months; accounts are told apart by the order in which they were entered."""

    def __init__(self, settings: Settings, *, months: Iterable[date], res_codes: Sequence[str]) -> None:
        self.settings = settings
        self.accounts: dict[int, Account] = {}
        self._point_ids: dict[int, tuple[int, int]] = {}
        with connect(settings, Role.LOADER) as session:
            self.source_id = record_command(session, "bulk book", {}, user_id=None)
            self.res_ids = [session.execute("SELECT ops.find_unit(%s)", [code]).fetchone()[0] for code in res_codes]
            for month in months:
                session.execute("SELECT ops.open_month(%s, %s)", [self.res_ids, month])

    def enter(self, accounts: Iterable[Account]) -> None:
        """Enter accounts with all that belongs to them; RES take turns. Readings in doubt are set aside at once."""
        rows: dict[str, list[tuple]] = defaultdict(list)
        for account in accounts:
            self._add_account(rows, len(self.accounts) + 1, account)
        self._copy(rows)

    def set_aside(self, readings: Iterable[tuple[int, Reading]], event: str) -> None:
        """Write an event (quarantined, released, cancelled) of readings, each with its account_id."""
        self._copy({"reading_event": [self._event(account_id, reading, event) for account_id, reading in readings]})

    def lines(self, month: date, account_ids: Collection[int] | None = None) -> dict[int, list[Line]]:
        """All bill lines booked in a month, by account_id."""
        found: dict[int, list[Line]] = defaultdict(list)
        with connect_as_admin(self.settings) as session:
            for account_id, point_id, *values in session.execute(
                "SELECT l.account_id, l.metering_point_id, l.service_month, l.span_from, l.zone_code, l.step_no,"
                "   l.span_to, v.tariff_code, v.valid_from, l.variant_code, l.energy_kwh, l.price_minor,"
                "   l.charge_minor, l.vat_minor"
                " FROM ops.bill_line AS l INNER JOIN ops.tariff_version AS v USING (tariff_version_id)"
                " WHERE l.booked_month = %s AND (%s::bigint[] IS NULL OR l.account_id = ANY (%s))",
                [month, *[None if account_ids is None else list(account_ids)] * 2],
            ):
                found[account_id].append(Line(values[0], self._point_ids[point_id][1], *values[1:]))
        return found

    def _add_account(self, rows: dict[str, list[tuple]], account_id: int, account: Account) -> None:
        self.accounts[account_id] = account
        res_id = self.res_ids[account_id % len(self.res_ids)]
        source = self.source_id
        rows["account"].append((account_id, account.account_no, account.kind, res_id, account.opened_on, source))
        rows["family_size"] += [
            (account_id, f.persons, f.valid_from, day_or_none(f.valid_to), source) for f in account.families
        ]
        for point_no, point in enumerate(account.points):
            point_id = len(self._point_ids) + 1
            self._point_ids[point_id] = (account_id, point_no)
            self._add_point(rows, account_id, point_id, res_id, point, account)

    def _add_point(
        self, rows: dict[str, list[tuple]], account_id: int, point_id: int, res_id: int, point: Point, account: Account
    ) -> None:
        source = self.source_id
        since = account.opened_on
        rows["metering_point"].append((point_id, f"P{point_id}", account_id, "electricity", since, source))
        rows["metering_point_placement"].append((point_id, res_id, since, source))
        rows["metering_point_tariff"] += [
            (point_id, t.tariff_code, t.variant, t.contracted_kwh, t.ordered_power_kw, t.valid_from,
             day_or_none(t.valid_to), source)
            for t in point.tariffs
        ]  # fmt: skip
        for meter_no, meter in enumerate(point.meters):
            self._add_meter(rows, account_id, point_id, res_id, point_id * 100 + meter_no, meter)
        for span_no, told in enumerate(point.told, start=1):
            rows["measured_energy"].append(
                (account_id, told.booked_month, point_id, "consumed", told.span_from, span_no, told.span_to,
                 told.energy_kwh, told.kind, res_id, source)
            )  # fmt: skip
            rows["interval_energy"] += [
                (account_id, told.booked_month, point_id, "01", day, list(values), [0] * 48, res_id, source)
                for day, values in told.half_hours.items()
            ]

    def _add_meter(
        self, rows: dict[str, list[tuple]], account_id: int, point_id: int, res_id: int, meter_id: int, meter: Meter
    ) -> None:
        source = self.source_id
        rows["meter"].append((meter_id, f"M{meter_id}", "unknown", source))
        rows["meter_register"] += [(meter_id, zone, meter.digits) for zone in sorted(meter.zones)]
        rows["meter_installation"] += [
            (meter_id, point_id, i.ratio, i.valid_from, day_or_none(i.valid_to), source) for i in meter.installations
        ]
        for reading in meter.readings:
            rows["reading"].append(
                (account_id, reading.booked_month, account_id * READINGS_EACH + reading.entry_no, point_id, meter_id,
                 reading.zone, reading.read_on, reading.value, "opening" if reading.is_opening else "round",
                 reading.is_opening, res_id, source)
            )  # fmt: skip
            if reading.in_doubt:
                rows["reading_event"].append(self._event(account_id, reading, "quarantined"))

    def _event(self, account_id: int, reading: Reading, event: str) -> tuple:
        reading_id = account_id * READINGS_EACH + reading.entry_no
        return (account_id, reading.booked_month, reading_id, event, "Looked at by a clerk.", self.source_id)

    def _copy(self, rows: dict[str, list[tuple]]) -> None:
        with connect(self.settings, Role.LOADER) as session:
            for table, columns in COLUMNS.items():
                if rows.get(table):
                    _copy_rows(session, f"COPY ops.{table} ({columns}) FROM STDIN", rows[table])
        # As the server's own analyze would soon have done it; a test is faster than that.
        with connect_as_admin(self.settings) as session:
            session.execute(f"ANALYZE {', '.join(f'ops.{table}' for table in COLUMNS if rows.get(table))}")


def _copy_rows(session: psycopg.Connection, statement: str, rows: Iterable[tuple]) -> None:
    with session.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
