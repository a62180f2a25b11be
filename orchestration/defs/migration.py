"""From a dump to a load that is proved and accepted."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from legacy_migration.commands import accept, migrate
from legacy_migration.expectations.commands import check_load
from legacy_migration.expectations.results import Outcome
from legacy_migration.signing.filing import write_protocol
from orchestration.repeatable import newest_protocol, unequal_sums
from orchestration.workplace import REASON, Workplace

LANDED_TABLES = (
    ("landing", "load"),
    ("landing", "file"),
    ("landing", "file_chunk"),
    ("migration", "cell_count"),
    ("migration", "verdict"),
    ("migration", "verdict_count"),
    ("migration", "check_result"),
    ("migration", "difference"),
    ("migration", "expectation_result"),
    ("migration", "expectation_failure"),
    ("migration", "expectation_waiver"),  # written by people; the table comes with the schema
    ("migration", "protocol"),
    ("migration", "protocol_page"),
)
FILED = ("html", "xlsx", "json")
"""The forms that a run writes; the paper is set when somebody wants it (`wattbook protocol`)."""
PROTOCOL = dg.AssetKey(["migration", "protocol"])

ACCEPTED_TABLES = (
    "account",
    "billing_period",
    "contract",
    "declared_loss",
    "grid_energy",
    "grid_interval_energy",
    "grid_meter",
    "grid_meter_reading",
    "grid_unit",
    "interval_energy",
    "line_section",
    "measured_energy",
    "meter",
    "meter_installation",
    "metering_point",
    "metering_point_placement",
    "metering_point_tariff",
    "payment",
    "premises",
    "reading",
    "subscriber",
    "transformer",
    "unit_placement",
)
ACCEPTED = (dg.AssetKey(["migration", "protocol_event"]), *(dg.AssetKey(["ops", table]) for table in ACCEPTED_TABLES))
ACCOUNTS = dg.AssetKey(["ops", "account"])


class DumpConfig(dg.Config):
    """Which legacy files (the made-up utility's unless named), and the profile that describes them."""

    directory: str | None = None
    profile: str = "merged_utility"


class ApprovalConfig(dg.Config):
    """Who accepts the load: another person than the one in whose name the graph migrates, always named."""

    approved_by: str


@dg.multi_asset(
    specs=[
        dg.AssetSpec(key, deps=[["ops", "unit"], ["legacy_files", "made_up_utility"]], kinds={"postgres"})
        for key in LANDED_TABLES
    ],
    check_specs=[
        dg.AssetCheckSpec("control_sums_are_equal", asset=PROTOCOL, blocking=True),
        dg.AssetCheckSpec("expectations_that_stop_are_met", asset=PROTOCOL, blocking=True),
        dg.AssetCheckSpec("expectations_that_are_noted_are_met", asset=PROTOCOL),
    ],
    group_name="migration",
)
def judged_load(
    config: DumpConfig, workplace: dg.ResourceParam[Workplace]
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Every legacy row landed and judged, and the protocol that proves it."""
    summary = migrate(
        workplace.settings,
        Path(config.directory) if config.directory else workplace.legacy_dir,
        profile=config.profile,
        by=workplace.by,
        on_progress=workplace.on_progress,
    )
    found = check_load(workplace.settings, summary.protocol_id)
    files = write_protocol(workplace.settings, summary.protocol_id, workplace.protocols_dir, forms=FILED)
    for key in LANDED_TABLES:
        yield dg.MaterializeResult(asset_key=key, metadata={"protocol": summary.protocol_id, "pages": str(files[0])})
    yield _sums_check("control_sums_are_equal", PROTOCOL, workplace, summary.protocol_id, "verdict")
    yield _met_check("expectations_that_stop_are_met", [outcome for outcome in found if outcome.stops])
    noted = [outcome for outcome in found if not outcome.is_met and outcome.severity == "note"]
    yield _met_check("expectations_that_are_noted_are_met", noted)


@dg.multi_asset(
    specs=[dg.AssetSpec(key, deps=[PROTOCOL], kinds={"postgres"}) for key in ACCEPTED],
    check_specs=[dg.AssetCheckSpec("published_sums_are_equal", asset=ACCOUNTS, blocking=True)],
    group_name="migration",
)
def accepted_load(
    config: ApprovalConfig, workplace: dg.ResourceParam[Workplace]
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """The rows that the newest protocol accepts, in the book. Who is named in the run's configuration signs it."""
    protocol_id = newest_protocol(workplace.settings)
    # A run of its own has no check of the run before to hold it back, so acceptance asks for the results itself.
    check_load(workplace.settings, protocol_id)
    accept(workplace.settings, protocol_id, by=config.approved_by, on_progress=workplace.on_progress)
    write_protocol(workplace.settings, protocol_id, workplace.protocols_dir, forms=FILED)
    for key in ACCEPTED:
        yield dg.MaterializeResult(asset_key=key, metadata={"protocol": protocol_id})
    yield _sums_check("published_sums_are_equal", ACCOUNTS, workplace, protocol_id, "publish")


def _met_check(name: str, unmet: list[Outcome]) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name=name,
        asset_key=PROTOCOL,
        passed=not unmet,
        severity=dg.AssetCheckSeverity.ERROR if "stop" in name else dg.AssetCheckSeverity.WARN,
        metadata={
            REASON: "; ".join(outcome.said for outcome in unmet),
            "failed rows": sum(outcome.failed_count for outcome in unmet),
        },
    )


def _sums_check(
    name: str, asset_key: dg.AssetKey, workplace: Workplace, protocol_id: int, stage: str
) -> dg.AssetCheckResult:
    unequal = unequal_sums(workplace.settings, protocol_id, stage)
    return dg.AssetCheckResult(
        check_name=name, asset_key=asset_key, passed=not unequal, metadata={REASON: "; ".join(unequal)}
    )
