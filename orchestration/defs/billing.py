"""Bills of a month, and its close."""

from collections.abc import Iterator

import dagster as dg

from orchestration.months import MONTHS, month_of_partition
from orchestration.repeatable import bill_once, close_once, obstacles
from orchestration.workplace import REASON, Workplace

BILLED_TABLES = (
    "benefit_line",
    "bill",
    "bill_amendment",
    "bill_amendment_settled",
    "bill_line",
    "bill_line_reversal",
    "ledger",
    "reading_event",
)
"""With what a run writes of months that it bills anew, and of estimates that gave way."""
BILLED_FROM = ("reading", "measured_energy", "metering_point_tariff", "tariff_step", "payment")
BILLS = dg.AssetKey(["ops", "bill"])


@dg.multi_asset(
    specs=[
        dg.AssetSpec(["ops", table], deps=[["ops", source] for source in BILLED_FROM], kinds={"postgres"})
        for table in BILLED_TABLES
    ],
    check_specs=[dg.AssetCheckSpec("month_can_be_closed", asset=BILLS, blocking=True)],
    partitions_def=MONTHS,
    group_name="billing",
)
def billed_month(
    context: dg.AssetExecutionContext, workplace: dg.ResourceParam[Workplace]
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """All that the month has to bill, posted whole or not at all."""
    month = month_of_partition(context.partition_key)
    run = bill_once(workplace.settings, month, by=workplace.by)
    figures = {"bills": run.bill_count, "kWh": str(run.energy_kwh), "minor": run.charge_minor} if run else {}
    for table in BILLED_TABLES:
        yield dg.MaterializeResult(asset_key=["ops", table], metadata=figures)
    reasons = obstacles(workplace.settings, month, by=workplace.by)
    yield dg.AssetCheckResult(
        check_name="month_can_be_closed", asset_key=BILLS, passed=not reasons, metadata={REASON: " ".join(reasons)}
    )


@dg.asset(key=["ops", "period_close"], deps=[BILLS], partitions_def=MONTHS, group_name="billing", kinds={"postgres"})
def closed_month(context: dg.AssetExecutionContext, workplace: dg.ResourceParam[Workplace]) -> dg.MaterializeResult:
    """The month closed for every RES: hashed, chained to the close before, final."""
    closed = close_once(workplace.settings, month_of_partition(context.partition_key), by=workplace.by)
    return dg.MaterializeResult(metadata={"RES closed": len(closed)})
