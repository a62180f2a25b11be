"""Which assets run together, and when."""

import dagster as dg

from operational_db.settings import load_settings
from orchestration.defs.procedures import end_of_day, end_of_month
from orchestration.months import month_before, partition_of_month

_TAKE_OVER_GROUPS = ("reference", "landing", "migration")
_MART_GROUPS = ("staging", "intermediate", "marts", "reports")
_TIME_ZONE = load_settings().time_zone

take_over = dg.define_asset_job(
    "take_over",
    selection=dg.AssetSelection.groups(*_TAKE_OVER_GROUPS),
    description="Reference data, legacy files, their migration with its protocol, and its acceptance.",
)
bill_and_close = dg.define_asset_job(
    "bill_and_close",
    selection=dg.AssetSelection.groups("billing"),
    description="Bill a month and close it.",
)
daily_refresh = dg.define_asset_job(
    "daily_refresh",
    selection=dg.AssetSelection.groups(*_MART_GROUPS),
    description="Bring the marts to what the book says now.",
)
month_close = dg.define_asset_job(
    "month_close",
    selection=dg.AssetSelection.groups("billing", *_MART_GROUPS, "forms"),
    description="Bill a month, close it, build the marts and issue the forms; each check blocks what comes after.",
)

# Nobody's book is closed by the clock before somebody says so: schedules begin stopped.
_STOPPED = dg.DefaultScheduleStatus.STOPPED

every_night = dg.ScheduleDefinition(
    name="every_night",
    job=end_of_day,
    cron_schedule="0 1 * * *",
    execution_timezone=_TIME_ZONE,
    default_status=_STOPPED,
)


@dg.schedule(job=end_of_month, cron_schedule="0 3 2 * *", execution_timezone=_TIME_ZONE, default_status=_STOPPED)
def after_each_month(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """On the second day of a month the month before is ended."""
    month = month_before(context.scheduled_execution_time.date())
    return dg.RunRequest(
        run_config={"ops": {"go_through_end_of_month": {"config": {"month": partition_of_month(month)}}}},
    )
