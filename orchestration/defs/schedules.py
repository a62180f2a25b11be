"""Which assets run together, and when."""

from datetime import date

import dagster as dg

from operational_db.settings import load_settings
from orchestration.months import partition_of_month

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

every_morning = dg.ScheduleDefinition(
    name="every_morning", job=daily_refresh, cron_schedule="0 5 * * *", execution_timezone=_TIME_ZONE
)


@dg.schedule(job=month_close, cron_schedule="0 3 2 * *", execution_timezone=_TIME_ZONE)
def after_each_month(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """On the second day of a month the month before is closed."""
    today = context.scheduled_execution_time.date()
    month = date(today.year - (today.month == 1), (today.month - 2) % 12 + 1, 1)
    return dg.RunRequest(partition_key=partition_of_month(month))
