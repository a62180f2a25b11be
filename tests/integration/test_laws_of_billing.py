"""Laws that every bill run keeps, whatever the tariffs and readings: told over books of random consumers."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import psycopg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from operational_db.billing.commands import bill_month
from operational_db.reference.loading import REFERENCE_DIR
from operational_db.settings import Settings
from orchestration.dbt_runs import build
from tests.bulk_book import BulkBook
from tests.random_books.accounts import RandomAccounts, Window
from tests.reference_rating.bills import Line
from tests.reference_rating.consumers import Account, Installation, Meter, Point, PointTariff, Reading, Told
from tests.reference_rating.tariffs import FOREVER, TariffBook
from tests.small_book import ADMINISTRATOR

pytestmark = pytest.mark.requirement("A38", "A41", "B37")

JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)
RES_CODES = ("SA01", "SA02", "QR01")
WINDOW = Window(date(2024, 3, 1), 4)
"""Prices change in it: Rudny on 20 March, Uzbekistan on 1 May, Ukraine on 1 June."""

PRICED = (
    "uz.household", "uz.household_estove", "uz.legal", "uz.legal_budget", "uz.legal_tou", "ua.household",
    "ua.household_rural", "ua.household_eheating", "ir.household",
)  # fmt: skip
"""Tariffs with a price for every volume, apart from some variants."""

# The database is the same for all examples on purpose: asking a price changes nothing.
shared = HealthCheck.function_scoped_fixture


def _random_accounts(seed: int, count: int) -> list[Account]:
    """Accounts whose readings all count at once and have a price."""
    accounts = RandomAccounts(Random(seed), WINDOW, TariffBook(REFERENCE_DIR), PRICED)
    drawn = (accounts.draw(f"A{number}") for number in range(count * 2))
    return [account for account in drawn if _is_plain(account)][:count]


def _is_plain(account: Account) -> bool:
    points = account.points
    return all(row.variant == "all" for point in points for row in point.tariffs) and all(
        meter.readings[0].is_opening and not _is_read_twice(meter) and not any(r.in_doubt for r in meter.readings)
        for point in points for meter in point.meters
    )  # fmt: skip


def _is_read_twice(meter: Meter) -> bool:
    return len({(reading.zone, reading.read_on) for reading in meter.readings}) < len(meter.readings)


def _renamed(accounts: Iterable[Account], mark: str) -> list[Account]:
    return [replace(account, account_no=f"{mark}/{account.account_no}") for account in accounts]


def _billed(book: BulkBook, months: Sequence[date]) -> dict[str, list[Line]]:
    """Bill the months one after the other; the lines of all of them by account number."""
    lines: dict[str, list[Line]] = defaultdict(list)
    for month in months:
        bill_month(book.settings, month, by=ADMINISTRATOR)
        for account_id, of_account in book.lines(month).items():
            lines[book.accounts[account_id].account_no] += of_account
    return lines


def _are_twins(accounts: Sequence[Account], lines: dict[str, list[Line]], mark: str, other: str) -> None:
    for account in accounts:
        ours, theirs = lines[f"{mark}/{account.account_no}"], lines[f"{other}/{account.account_no}"]
        assert sorted(ours) == sorted(theirs), account
    assert any(lines.values())


def test_the_order_of_accounts_changes_nothing(settings: Settings) -> None:
    book = BulkBook(settings, months=WINDOW.months, res_codes=RES_CODES)
    accounts = _random_accounts(11, 300)
    shuffled = list(accounts)
    Random(11).shuffle(shuffled)
    book.enter([*_renamed(accounts, "in order"), *_renamed(shuffled, "shuffled")])
    _are_twins(accounts, _billed(book, WINDOW.months), "in order", "shuffled")


def test_the_month_of_entry_changes_nothing(settings: Settings) -> None:
    book = BulkBook(settings, months=WINDOW.months, res_codes=RES_CODES)
    accounts = _random_accounts(12, 300)
    book.enter([*_renamed(accounts, "month by month"), *_renamed(map(_all_entered_at_the_end, accounts), "at once")])
    _are_twins(accounts, _billed(book, WINDOW.months), "month by month", "at once")


def _all_entered_at_the_end(account: Account) -> Account:
    last = WINDOW.months[-1]
    points = [
        replace(
            point,
            meters=tuple(
                replace(meter, readings=tuple(replace(reading, booked_month=last) for reading in meter.readings))
                for meter in point.meters
            ),
            told=tuple(replace(told, booked_month=last) for told in point.told),
        )
        for point in account.points
    ]
    return replace(account, points=tuple(points))


@pytest.mark.requirement("E150")
def test_some_accounts_alone_and_then_the_rest_are_as_all_at_once(settings: Settings) -> None:
    book = BulkBook(settings, months=WINDOW.months, res_codes=RES_CODES)
    accounts = _random_accounts(13, 40)
    book.enter([*_renamed(accounts, "alone"), *_renamed(accounts, "together")])
    month = WINDOW.months[0]
    early = [account for account in accounts if account.opened_on < WINDOW.months[1]][:8]
    for account in early:
        bill_month(settings, month, by=ADMINISTRATOR, account_no=f"alone/{account.account_no}")
    bill_month(settings, month, by=ADMINISTRATOR, unit_code="QR01")
    _are_twins(accounts, _billed(book, WINDOW.months), "alone", "together")


WHOLE_COINS = ("uz.household", "uz.household_estove", "uz.legal", "uz.legal_budget")
"""Prices of whole coins: with whole kWh nothing is rounded, so what is split must add up to the coin."""


def _household(account_no: str, tariff: str, values: dict[date, int]) -> Account:
    """One meter of six digits; the first value opens."""
    readings = tuple(
        Reading(number, day, JANUARY, "all", Decimal(value), is_opening=number == 0)
        for number, (day, value) in enumerate(sorted(values.items()))
    )
    meter = Meter(frozenset({"all"}), 6, (Installation(JANUARY, FOREVER, Decimal(1)),), readings)
    return Account(account_no, "household", JANUARY, (Point((PointTariff(JANUARY, FOREVER, tariff),), (meter,)),))


def _sums_by_step(lines: Iterable[Line]) -> dict[int, tuple[Decimal, int]]:
    """Energy and charge of each step that has energy."""
    sums: dict[int, tuple[Decimal, int]] = {}
    for line in lines:
        energy, charge = sums.get(line.step_no, (Decimal(0), 0))
        sums[line.step_no] = (energy + line.energy_kwh, charge + line.charge_minor)
    return {step_no: of_step for step_no, of_step in sums.items() if of_step[0]}


def _billed_january(settings: Settings, accounts: Iterable[Account]) -> dict[str, list[Line]]:
    book = BulkBook(settings, months=[JANUARY], res_codes=RES_CODES)
    book.enter(accounts)
    return _billed(book, [JANUARY])


def test_a_reading_more_where_no_price_changes_changes_nothing(settings: Settings) -> None:
    random = Random(14)
    accounts = []
    for number in range(200):
        tariff, end = random.choice(WHOLE_COINS), random.randrange(12_000)
        days = sorted(random.sample(range(1, 31), random.randint(1, 4)))
        between = zip(days, sorted(random.randint(0, end) for _ in days), strict=True)
        whole = {JANUARY: 0, FEBRUARY: end}
        accounts.append(_household(f"whole/{number}", tariff, whole))
        split = whole | {JANUARY + timedelta(days=day): value for day, value in between}
        accounts.append(_household(f"split/{number}", tariff, split))
    lines = _billed_january(settings, accounts)
    for number in range(200):
        assert _sums_by_step(lines[f"split/{number}"]) == _sums_by_step(lines[f"whole/{number}"]), number


def test_nothing_used_costs_nothing_and_moves_nothing(settings: Settings) -> None:
    random = Random(15)
    accounts = []
    for number in range(200):
        tariff, used = random.choice(WHOLE_COINS), random.randrange(12_000)
        day = JANUARY + timedelta(days=random.randint(1, 30))
        accounts.append(_household(f"used/{number}", tariff, {JANUARY: 0, day: used}))
        still = {JANUARY: 0, day: used, FEBRUARY: used}
        accounts.append(_household(f"stood still/{number}", tariff, still))
        told = (Told(JANUARY, FEBRUARY, JANUARY, Decimal(used)), Told(JANUARY, FEBRUARY, JANUARY, Decimal(0)))
        point = Point((PointTariff(JANUARY, FOREVER, tariff),), (), told)
        accounts.append(Account(f"told/{number}", "household", JANUARY, (point,)))
    lines = _billed_january(settings, accounts)
    for number in range(200):
        expected = _sums_by_step(lines[f"used/{number}"])
        assert _sums_by_step(lines[f"stood still/{number}"]) == expected
        assert _sums_by_step(lines[f"told/{number}"]) == expected


def test_who_uses_more_never_pays_less(settings: Settings) -> None:
    # The same readings, the last one higher.
    random = Random(16)
    accounts = []
    for number in range(300):
        tariff, end = random.choice(PRICED), random.randrange(3000)
        values = {JANUARY: 0, JANUARY + timedelta(days=random.randint(1, 30)): random.randint(0, end), FEBRUARY: end}
        accounts.append(_household(f"less/{number}", tariff, values))
        more = values | {FEBRUARY: end + random.choice((1, 1, 50, 3000))}
        accounts.append(_household(f"more/{number}", tariff, more))
    lines = _billed_january(settings, accounts)
    for number in range(300):
        less, more = (sum(line.charge_minor for line in lines[f"{mark}/{number}"]) for mark in ("less", "more"))
        assert less <= more, number


@pytest.mark.requirement("E166")
def test_lines_sum_to_bills_and_res_to_regions_to_the_republic(
    settings: Settings, database: psycopg.Connection
) -> None:
    database.execute(f"GRANT CREATE ON DATABASE {settings.database_name} TO wattbook_dbt")
    book = BulkBook(settings, months=WINDOW.months, res_codes=RES_CODES)
    book.enter(_random_accounts(17, 200))
    lines = [line for of_account in _billed(book, WINDOW.months).values() for line in of_account]
    total = (sum(line.energy_kwh for line in lines), sum(line.charge_minor for line in lines))
    billed = "SELECT sum(energy_kwh), sum(charge_minor) FROM ops.bill"
    assert database.execute(billed).fetchone() == total
    posted = database.execute("SELECT sum(amount_minor) FROM ops.ledger WHERE document_kind = 'bill'").fetchone()
    assert posted == (total[1],)

    # SA01 and SA02 lie in Samarkand, QR01 in Karakalpakstan.
    by_unit = {
        code: database.execute(
            f"{billed} WHERE res_id IN (SELECT r.res_id FROM ops.res_under(ops.find_unit(%s), %s) AS r)",
            [code, WINDOW.first_month],
        ).fetchone()
        for code in ("SA01", "SA02", "QR01", "UZ-SA", "UZ-QR", "UZ")
    }
    assert _added(by_unit["SA01"], by_unit["SA02"]) == by_unit["UZ-SA"]
    assert by_unit["QR01"] == by_unit["UZ-QR"]
    assert _added(by_unit["UZ-SA"], by_unit["UZ-QR"]) == by_unit["UZ"] == total

    build(settings, select="resource_type:model")
    in_marts = {
        code: tuple(figures)
        for level in ("res", "region", "republic")
        for code, *figures in database.execute(
            "SELECT top.code, sum(s.energy_kwh), sum(s.charge_minor) FROM marts.fct_useful_supply AS s"
            " INNER JOIN marts.dim_unit AS u ON u.unit_id = s.leaf_unit_id"
            f" INNER JOIN marts.dim_unit AS top ON top.unit_id = u.{level}_id GROUP BY top.code"
        )
    }
    assert in_marts == by_unit


def _added(*sums: tuple[Decimal, Decimal]) -> tuple[Decimal, Decimal]:
    return tuple(map(sum, zip(*sums, strict=True)))


@examples(max_examples=150, suppress_health_check=[shared])
@given(
    tariff=st.sampled_from(PRICED),
    on=st.dates(WINDOW.first_month, date(2026, 12, 31)),
    kwh=st.decimals(0, 12_000, places=6),
    more=st.decimals(0, 12_000, places=6),
)
def test_more_energy_never_costs_less_at_the_counter(
    database: psycopg.Connection, tariff: str, on: date, kwh: Decimal, more: Decimal
) -> None:
    def cost(volume: Decimal) -> int:
        return database.execute(
            "SELECT sum(charge_minor) FROM ops.price(%s, %s, ARRAY['all'], ARRAY[%s]::numeric[])", [tariff, on, volume]
        ).fetchone()[0]

    assert cost(kwh) <= cost(kwh + more)
