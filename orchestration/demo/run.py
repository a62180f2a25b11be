"""The steps of the demonstration, in order; each can be stopped at any instant and run again."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path

from operational_db.plans.collection_targets import list_collection_targets, set_collection_target
from operational_db.reference.loading import APPROVER_LOGIN, FIRST_LOGIN
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from orchestration.book import root_unit_code
from orchestration.demo.ownership import claim, complete
from orchestration.demo.summary import Summary, read_summary
from orchestration.made_up_utility import MadeUpUtility
from orchestration.progress import OnProgress, bars
from orchestration.workplace import Workplace

_TARGET = Decimal("0.95")


def run_demo(settings: Settings, utility: MadeUpUtility, *, fresh: bool = False) -> Summary:
    """Everything from legacy files to forms; what is there already is kept.

    Raises:
        Refusal: the database holds something else, another demonstration is running, or a step was refused.
    """
    with _alone(settings.var_dir), bars() as on_progress:
        on_progress("starting the database", 0, 1)
        is_complete = claim(settings, utility, fresh=fresh)
        on_progress("starting the database", 1, 1)
        workplace = Workplace(settings, FIRST_LOGIN, on_progress)
        last_month = utility.covered_months[-1]
        if not is_complete:
            _run_graph(workplace, utility, on_progress)
            complete(settings, utility)
        return read_summary(settings, workplace, last_month)


def _run_graph(workplace: Workplace, utility: MadeUpUtility, on_progress: OnProgress) -> None:
    on_progress("reading the asset graph", 0, 1)
    # Dagster takes seconds that a second run need not wait.
    from orchestration.graph_runs import Graph  # noqa: PLC0415
    from orchestration.months import partition_of_month  # noqa: PLC0415

    graph = Graph(workplace)
    on_progress("reading the asset graph", 1, 1)
    sizes = {"accounts": utility.accounts, "months": utility.months, "seed": utility.seed}
    graph.run(
        "take_over",
        config={"legacy_files__made_up_utility": sizes, "accepted_load": {"approved_by": APPROVER_LOGIN}},
    )
    months = utility.covered_months
    _set_a_target(workplace, months[0])
    for number, month in enumerate(months, start=1):
        job = "month_close" if month == months[-1] else "bill_and_close"
        on_progress("billing and closing months", number - 1, len(months))
        graph.run(job, partition_key=partition_of_month(month))
        on_progress("billing and closing months", number, len(months))


def _set_a_target(workplace: Workplace, month: date) -> None:
    """A share to collect, so that the screens have something to measure by; one that is set is kept."""
    settings, by = workplace.settings, workplace.by
    if not list_collection_targets(settings, by=by):
        note = "Made up for the demonstration"
        set_collection_target(settings, root_unit_code(settings), _TARGET, from_month=month, document=note, by=by)


@contextmanager
def _alone(var_dir: Path) -> Iterator[None]:
    """Two demonstrations in one directory would write the same files; a killed one leaves its lock free."""
    var_dir.mkdir(parents=True, exist_ok=True)
    with (var_dir / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Refusal(f"Another demonstration is running in {var_dir}; wait until it ends.") from error
        yield
