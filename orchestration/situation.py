"""What is in the book now, and what to do next: the answer of `wattbook status`."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from operational_db.connections import Role, connect
from operational_db.settings import Settings
from orchestration.answers import energy, money, say, show_table
from orchestration.book import book_currency


@dataclass(frozen=True)
class LoadState:
    """A load of legacy files, and where its protocol stands; None while it has none."""

    load_id: int
    profile: str
    directory: str
    protocol_id: int | None
    state: str | None


@dataclass(frozen=True)
class MonthState:
    """A month of the book: what is billed in it, and for how many RES it stands open or closed."""

    month: date
    open_res: int
    closed_res: int
    bill_count: int
    energy_kwh: Decimal
    charge_minor: int
    paid_minor: int


@dataclass(frozen=True)
class Situation:
    """All that `wattbook status` tells."""

    accounts: int
    metering_points: int
    readings: int
    loads: list[LoadState]
    months: list[MonthState]
    marts_are_built: bool
    next_step: str

def read_situation(settings: Settings) -> Situation:
    # As the loader, whom row-level security lets see all: only counts and sums are shown, no row.
    with connect(settings, Role.LOADER) as session:
        accounts, points, readings = session.execute(_COUNTS).fetchone()
        loads = [LoadState(*row) for row in session.execute(_LOADS)]
        months = [MonthState(*row) for row in session.execute(_MONTHS)]
        marts_are_built = session.execute(_MARTS_ARE_BUILT).fetchone()[0]
    next_step = _next_step(loads, months, marts_are_built=marts_are_built)
    return Situation(accounts, points, readings, loads, months, marts_are_built, next_step)


def show_situation(settings: Settings, situation: Situation) -> None:
    currency = book_currency(settings)
    show_table(
        ["accounts", "metering points", "readings"],
        [[situation.accounts, situation.metering_points, situation.readings]],
    )
    if situation.loads:
        show_table(
            ["load", "profile", "protocol", "state", "directory"],
            [
                [str(load.load_id), load.profile, load.protocol_id, load.state, load.directory]
                for load in situation.loads
            ],
        )
    if situation.months:
        show_table(
            ["month", "RES open", "RES closed", "bills", "kWh", f"charged, {currency.code}", f"paid, {currency.code}"],
            [
                [
                    f"{month.month:%Y-%m}",
                    month.open_res,
                    month.closed_res,
                    month.bill_count,
                    energy(month.energy_kwh),
                    money(month.charge_minor, currency.minor_per_major),
                    money(month.paid_minor, currency.minor_per_major),
                ]
                for month in situation.months
            ],
        )
    say(f"Next: {situation.next_step}")


def _next_step(loads: list[LoadState], months: list[MonthState], *, marts_are_built: bool) -> str:
    for load in loads:
        if load.protocol_id is None:
            return f"wattbook migrate --profile {load.profile} {load.directory}"
        if load.state == "prepared":
            return f"wattbook accept --protocol {load.protocol_id} --by NAME"
    if not loads:
        return "wattbook demo, or wattbook migrate DIR"
    for month in months:
        if month.open_res and month.bill_count:
            return f"wattbook close --month {month.month:%Y-%m}"
        if month.open_res and not marts_are_built:
            return f"wattbook bill --month {month.month:%Y-%m}"
    return "wattbook serve --as administrator" if marts_are_built else "wattbook build"


# From the catalogue: marts that were not built to their end may not be looked into by anybody yet.
_MARTS_ARE_BUILT = """
SELECT EXISTS (
    SELECT 1 FROM pg_class AS c INNER JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = 'marts' AND c.relname = 'fct_useful_supply'
)
"""

_COUNTS = """
SELECT
    (SELECT count(*) FROM ops.account WHERE kind <> 'technical'), (SELECT count(*) FROM ops.metering_point),
    (SELECT count(*) FROM ops.reading)
"""

_LOADS = """
SELECT
    l.load_id, l.profile, l.directory, p.protocol_id,
    CASE
        WHEN p.protocol_id IS NOT NULL THEN coalesce((
            SELECT e.event FROM migration.protocol_event AS e
            WHERE e.protocol_id = p.protocol_id ORDER BY e.protocol_event_id DESC LIMIT 1
        ), 'prepared')
    END
FROM landing.load AS l
LEFT JOIN migration.protocol AS p ON p.load_id = l.load_id
ORDER BY l.load_id
"""

_MONTHS = """
SELECT
    p.booked_month, count(*) - count(c.res_id), count(c.res_id), coalesce(max(b.bill_count), 0),
    coalesce(max(b.energy_kwh), 0), coalesce(max(b.charge_minor), 0)::bigint, coalesce(max(y.paid_minor), 0)::bigint
FROM ops.billing_period AS p
LEFT JOIN ops.period_close AS c ON c.res_id = p.res_id AND c.booked_month = p.booked_month
LEFT JOIN (
    SELECT booked_month, count(*) AS bill_count, sum(energy_kwh) AS energy_kwh, sum(charge_minor) AS charge_minor
    FROM ops.bill GROUP BY booked_month
) AS b ON b.booked_month = p.booked_month
LEFT JOIN (
    SELECT booked_month, sum(amount_minor) AS paid_minor FROM ops.payment GROUP BY booked_month
) AS y ON y.booked_month = p.booked_month
GROUP BY p.booked_month
ORDER BY p.booked_month
"""
