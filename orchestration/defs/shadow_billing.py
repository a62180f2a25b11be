"""What the old program's bills say of ours, and how ready each RES is: read from a load, nothing is posted."""

from collections.abc import Iterator

import dagster as dg

from legacy_migration.readiness.commands import score_readiness
from legacy_migration.shadow_billing.commands import has_legacy_bills, shadow_bill
from orchestration.workplace import REASON, Workplace

SHADOW_BILLS = dg.AssetKey(["migration", "shadow_bill"])
READINESS = dg.AssetKey(["migration", "readiness"])
COMPONENTS = dg.AssetKey(["migration", "readiness_component"])
UNEXPLAINED = "unexplained"


@dg.asset(
    key=SHADOW_BILLS,
    deps=[["migration", "protocol"], ["ops", "tariff_version"], ["ops", "tariff_step"]],
    group_name="migration",
    kinds={"postgres"},
)
def shadow_bills(workplace: dg.ResourceParam[Workplace]) -> dg.MaterializeResult:
    """The legacy bills of the newest load re-rated by our engine, each difference in its class."""
    if not has_legacy_bills(workplace.settings):
        return dg.MaterializeResult(metadata={"bills": 0})
    found = shadow_bill(workplace.settings, by=workplace.by, on_progress=workplace.on_progress)
    bills = sum(figure.bill_count for figure in found.figures)
    return dg.MaterializeResult(
        metadata={"protocol": found.protocol_id, "bills": bills, UNEXPLAINED: found.count_of(UNEXPLAINED)}
    )


@dg.multi_asset(
    specs=[
        dg.AssetSpec(
            key,
            deps=[SHADOW_BILLS, ["migration", "protocol_event"], ["ops", "payment"], ["ops", "readiness_weight"]],
            kinds={"postgres"},
        )
        for key in (READINESS, COMPONENTS)
    ],
    # A RES that is not ready keeps nobody from working: the check tells, and stops nothing.
    check_specs=[dg.AssetCheckSpec("no_hard_stop_stands", asset=READINESS)],
    group_name="migration",
)
def readiness_of_res(
    workplace: dg.ResourceParam[Workplace],
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """How ready each RES with a load is to be cut over."""
    scores = score_readiness(workplace.settings, by=workplace.by)
    ready = sum(score.is_ready for score in scores)
    for key in (READINESS, COMPONENTS):
        yield dg.MaterializeResult(asset_key=key, metadata={"res": len(scores), "ready": ready})
    stops = [f"{score.res_code}: {sentence}" for score in scores for sentence in score.stops]
    yield dg.AssetCheckResult(
        check_name="no_hard_stop_stands",
        asset_key=READINESS,
        passed=not stops,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={REASON: "; ".join(stops)},
    )
