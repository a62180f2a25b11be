"""What came out of the demonstration, on one screen: read from the book and the marts, computed nowhere else."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from operational_db.connections import Role, connect
from operational_db.settings import Settings
from orchestration.answers import energy, grouped, money, say, show_table
from orchestration.book import Currency, book_currency
from orchestration.repeatable import newest_protocol
from orchestration.workplace import Workplace


@dataclass(frozen=True)
class RowCounts:
    """What became of the legacy rows of one kind of fact; without a kind, of all."""

    entity: str | None
    read: int
    loaded: int
    merged: int
    rejected: int
    out_of_scope: int


@dataclass(frozen=True)
class MonthFigures:
    """A closed month of the whole supplier."""

    month: date
    bill_count: int
    energy_kwh: Decimal
    charge_minor: int
    paid_minor: int


@dataclass(frozen=True)
class RegionBalance:
    """Energy of a region's feeders in a month, where both sides are known; and how many feeders leave one open."""

    region: str
    intake_kwh: Decimal | None
    useful_supply_kwh: Decimal | None
    loss_kwh: Decimal | None
    loss_share: Decimal | None
    unstated_feeder_count: int


@dataclass(frozen=True)
class Summary:
    """All that the screen shows."""

    protocol_id: int
    rows: list[RowCounts]
    months: list[MonthFigures]
    last_month: date
    balances: list[RegionBalance]
    currency: Currency
    protocol_files: list[Path]
    form_files: list[Path]


def read_summary(settings: Settings, workplace: Workplace, last_month: date) -> Summary:
    protocol_id = newest_protocol(settings)
    with connect(settings, Role.LOADER) as session:
        rows = [RowCounts(*row) for row in session.execute(_ROWS, [protocol_id])]
        months = [MonthFigures(*row) for row in session.execute(_MONTHS)]
    with connect(settings, Role.DBT) as session:
        balances = [RegionBalance(*row) for row in session.execute(_BALANCES, [last_month])]
    return Summary(
        protocol_id,
        rows,
        months,
        last_month,
        balances,
        book_currency(settings),
        sorted(workplace.protocols_dir.glob(f"protocol_{protocol_id}.*")),
        sorted(workplace.forms_dir.glob(f"*_{last_month:%Y-%m}.xlsx")),
    )


def show_summary(summary: Summary) -> None:
    """One screen, and the line that opens the dashboard last."""
    *kinds, whole = summary.rows
    not_whole = [rows for rows in kinds if rows.merged or rows.rejected or rows.out_of_scope]
    show_table(
        ["rows of", "read", "loaded", "merged", "rejected", "deleted there"],
        [
            [rows.entity or "all kinds", rows.read, rows.loaded, rows.merged, rows.rejected, rows.out_of_scope]
            for rows in [*not_whole, whole]
        ],
        title=f"Migration, protocol {summary.protocol_id} (kinds not loaded whole, and all)",
    )
    per_major = summary.currency.minor_per_major
    show_table(
        ["month", "bills", "kWh", f"charged, {summary.currency.code}", f"paid, {summary.currency.code}"],
        [
            [
                f"{month.month:%Y-%m}",
                month.bill_count,
                energy(month.energy_kwh),
                money(month.charge_minor, per_major),
                money(month.paid_minor, per_major),
            ]
            for month in summary.months
        ],
        title="Billed and closed",
    )
    show_table(
        ["region", "intake, kWh", "useful supply, kWh", "loss, kWh", "loss, %", "feeders unstated"],
        [
            [
                balance.region,
                energy(balance.intake_kwh),
                energy(balance.useful_supply_kwh),
                energy(balance.loss_kwh),
                "" if balance.loss_share is None else grouped(balance.loss_share * 100, 2),
                balance.unstated_feeder_count,
            ]
            for balance in summary.balances
        ],
        title=f"Energy balance of {summary.last_month:%Y-%m}, feeders with both sides known",
    )
    for path in summary.protocol_files:
        say(f"Protocol  {path}")
    if summary.form_files:
        say(f"Forms     {len(summary.form_files)} workbooks in {summary.form_files[0].parent}")
    say("Screens   .venv/bin/wattbook serve --as administrator")


_ROWS = """
SELECT
    c.entity, sum(c.read_count)::bigint, sum(c.loaded_count)::bigint, sum(c.merged_count)::bigint,
    sum(c.rejected_count)::bigint, sum(c.out_of_scope_count)::bigint
FROM migration.verdict_count AS c
INNER JOIN migration.protocol AS p ON p.load_id = c.load_id
WHERE p.protocol_id = %s
GROUP BY ROLLUP (c.entity)
ORDER BY c.entity NULLS LAST
"""

_MONTHS = """
SELECT
    c.booked_month, sum(c.bill_count)::bigint, sum(c.energy_kwh), sum(c.charge_minor)::bigint, sum(c.paid_minor)::bigint
FROM ops.period_close AS c
GROUP BY c.booked_month
ORDER BY c.booked_month
"""

_BALANCES = """
WITH stated AS (
    SELECT
        u.region_id, b.loss_kwh IS NOT NULL AS is_stated, b.intake_kwh, b.useful_supply_kwh, b.loss_kwh,
        coalesce(b.generation_kwh, 0) AS generation_kwh
    FROM marts.fct_feeder_balance AS b
    INNER JOIN marts.dim_unit AS u ON u.unit_id = b.feeder_id
    WHERE b.service_month = %s
)
SELECT
    coalesce(r.name_en, 'All regions'),
    sum(s.intake_kwh) FILTER (WHERE s.is_stated),
    sum(s.useful_supply_kwh) FILTER (WHERE s.is_stated),
    sum(s.loss_kwh),
    sum(s.loss_kwh) / nullif(sum(s.intake_kwh + s.generation_kwh) FILTER (WHERE s.is_stated), 0),
    count(*) FILTER (WHERE NOT s.is_stated)
FROM stated AS s
LEFT JOIN marts.dim_unit AS r ON r.unit_id = s.region_id
GROUP BY ROLLUP (r.name_en)
ORDER BY r.name_en NULLS LAST
"""
