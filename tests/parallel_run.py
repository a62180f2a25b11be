"""A dump of a few accounts that ran in parallel: what the old program charged, told line by line by the test.

For tests of shadow billing and readiness that plant a cause and look where it lands. The layout is one of its own, so
that it is read by a profile that nobody else knows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

PROFILE = """
profile: parallel_run
title: Accounts, readings and bills of a parallel run
lists:
  tariffs:
    unknown: TARIFF_UNKNOWN
    codes: {HOME: uz.household, STOVE: uz.household_estove, FIRM: uz.legal}
  meter_types: {mapping: merged_utility.meter_type.csv, unknown: METER_TYPE_UNKNOWN}
files:
  accounts:
    path: ACCOUNTS.CSV
    format: delimited
    encoding: utf-8
    delimiter: ";"
    rows:
      - to: account
        fields:
          account_no: {text: ACCOUNT}
          legacy_no: {text: OLD_ACCOUNT}
          kind: {constant: household}
          res_code: {text: RES}
          full_name: {text: NAME}
          residents: {number: PERSONS}
      - to: metering_point
        fields:
          point_code: {text: ACCOUNT}
          account_no: {text: ACCOUNT}
          res_code: {text: RES}
          tariff_code: {code: TARIFF, list: tariffs}
      - to: meter
        fields:
          point_code: {text: ACCOUNT}
          serial_no: {text: ACCOUNT}
          meter_type_code: {constant: CO-1}
          digits: {constant: "6"}
          ratio: {constant: "1"}
          installed_on: {date: SINCE, format: yyyy-mm-dd}
  readings:
    path: READINGS.CSV
    format: delimited
    encoding: utf-8
    delimiter: ";"
    sums: [VALUE]
    rows:
      - to: reading
        fields:
          point_code: {text: ACCOUNT}
          serial_no: {text: ACCOUNT}
          read_on: {date: DAY, format: yyyy-mm-dd}
          value_kwh: {number: VALUE}
          kind: {constant: round}
          is_opening: {flag: OPENING, "true": ["1"]}
  bills:
    path: BILLS.CSV
    format: delimited
    encoding: utf-8
    delimiter: ";"
    sums: [KWH, CHARGED]
    rows:
      - to: charge
        fields:
          account_no: {text: ACCOUNT}
          service_month: {month: MONTH, format: yyyymm}
          energy_kwh: {number: KWH}
          charge_minor: {money: CHARGED}
          paid_minor: {money: PAID}
          balance_minor: {money: BALANCE}
"""


@dataclass(frozen=True)
class Billed:
    """One bill of the old program; `used_kwh` is what the meter counted, the billed kWh unless told."""

    month: date
    kwh: int
    charge_minor: int
    used_kwh: float | None = None


@dataclass(frozen=True)
class Home:
    """An account with its bills in consecutive months; readings stand on the first of each month but those missing."""

    account_no: str
    bills: Sequence[Billed]
    tariff: str = "HOME"
    res: str = "SA01"
    persons: int = 1
    missing: frozenset[date] = frozenset()


def write_dump(folder: Path, homes: Iterable[Home], *, meter_type: str = "СО-И446") -> Path:
    """Write the files and the profile beside them; returns the profile's path."""
    folder.mkdir(parents=True)
    accounts = ["ACCOUNT;OLD_ACCOUNT;RES;NAME;PERSONS;TARIFF;SINCE"]
    readings = ["ACCOUNT;DAY;VALUE;OPENING"]
    bills = ["ACCOUNT;MONTH;KWH;CHARGED;PAID;BALANCE"]
    for home in homes:
        no = home.account_no
        first = home.bills[0].month
        accounts.append(f"{no};old {no};{home.res};{no};{home.persons};{home.tariff};{first:%Y-%m-%d}")
        register: float = 0
        readings.append(f"{no};{first:%Y-%m-%d};0;1")
        for bill in home.bills:
            register += bill.kwh if bill.used_kwh is None else bill.used_kwh
            day = _next_month(bill.month)
            if day not in home.missing:
                readings.append(f"{no};{day:%Y-%m-%d};{register};0")
            bills.append(f"{no};{bill.month:%Y%m};{bill.kwh};{_coins(bill.charge_minor)};0.00;0.00")
    for name, lines in (("ACCOUNTS", accounts), ("READINGS", readings), ("BILLS", bills)):
        (folder / f"{name}.CSV").write_text("\n".join(lines) + "\n", encoding="utf-8")
    profile = folder.with_name(f"{folder.name}.yaml")
    profile.write_text(PROFILE.replace("CO-1", meter_type), encoding="utf-8")
    return profile


def _next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _coins(minor: int) -> str:
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100}.{abs(minor) % 100:02d}"
