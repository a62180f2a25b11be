"""The end of a day and of a month as jobs: the same steps as `wattbook procedure`, each told in the log of its run."""

from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg

from operational_db.refusal import Refusal
from orchestration.months import month_before, month_of_partition
from orchestration.procedures.end_of_day import end_of_day as steps_of_day
from orchestration.procedures.end_of_month import end_of_month as steps_of_month
from orchestration.procedures.step import Step, steps_in_the_way
from orchestration.workplace import Workplace


class DayConfig(dg.Config):
    """Which unit, the whole supplier unless named; dry runs do nothing."""

    unit: str | None = None
    dry_run: bool = False


class MonthConfig(DayConfig):
    """Which month as its first day, 2026-03-01; the last one of the calendar unless named."""

    month: str | None = None


@dg.op
def go_through_end_of_day(
    context: dg.OpExecutionContext, config: DayConfig, workplace: dg.ResourceParam[Workplace]
) -> None:
    """What waits, the marts, the newest closes."""
    steps = steps_of_day(
        workplace.settings, by=workplace.by, unit_code=config.unit, dry_run=config.dry_run,
        on_progress=workplace.on_progress,
    )  # fmt: skip
    _tell(context, steps)


@dg.op
def go_through_end_of_month(
    context: dg.OpExecutionContext, config: MonthConfig, workplace: dg.ResourceParam[Workplace]
) -> None:
    """Bills, penalties, subsidies, credits, checks, closes, marts, forms."""
    month = month_of_partition(config.month) if config.month else month_before(datetime.now(UTC).astimezone().date())
    steps = steps_of_month(
        workplace.settings, month, by=workplace.by, unit_code=config.unit, dry_run=config.dry_run,
        on_progress=workplace.on_progress,
    )  # fmt: skip
    _tell(context, steps)


@dg.job(description="Say what waits for a person, build the marts, verify the newest close of each RES.")
def end_of_day() -> None:
    go_through_end_of_day()


@dg.job(description="Bill a month, then penalties, subsidies and credits; close each RES that nothing keeps open.")
def end_of_month() -> None:
    go_through_end_of_month()


def _tell(context: dg.OpExecutionContext, steps: Iterator[Step]) -> None:
    done = []
    for step in steps:
        done.append(step)
        context.log.info("\n  ".join((f"{step.name}: {step.sentence}", *step.lines)))
    in_the_way = [step for step in done if step.name in steps_in_the_way(done)]
    if in_the_way:
        raise Refusal(" ".join(part for step in in_the_way for part in (step.sentence, *step.lines)))
