"""Running jobs of the graph in this process, with the runs kept where `dagster dev` shows them."""

from collections.abc import Mapping

import dagster as dg

from operational_db.refusal import Refusal
from orchestration.dagster_home import instance_for_commands
from orchestration.definitions import defs
from orchestration.workplace import Workplace

# Tells runs of commands from those of `dagster dev`, whose processes look after their own.
_STARTED_BY = {"wattbook/started_by": "command"}
# Dagster's own log goes to its event store; the screen belongs to the command.
_QUIET = {"console": {"config": {"log_level": "CRITICAL"}}}


class Graph:
    """The definitions, loaded once for several runs."""

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace
        self._definitions = defs()
        self._instance = instance_for_commands(workplace.settings)
        self._end_killed_runs()

    def run(
        self,
        job: str,
        *,
        partition_key: str | None = None,
        config: Mapping[str, Mapping[str, object]] | None = None,
    ) -> dg.ExecuteInProcessResult:
        """Run a job to its end; a step that was refused, or a check that failed, refuses the whole.

        Args:
            job: its name in the graph.
            partition_key: the month, for jobs that have months.
            config: by name of the operation, what it is told.
        """
        result = self._definitions.resolve_job_def(job).execute_in_process(
            instance=self._instance,
            partition_key=partition_key,
            resources={"workplace": self._workplace},
            run_config={"loggers": _QUIET, "ops": {op: {"config": dict(told)} for op, told in (config or {}).items()}},
            tags=_STARTED_BY,
            raise_on_error=True,
        )
        failed = [check for check in result.get_asset_check_evaluations() if not check.passed]
        if failed:
            raise Refusal(f"The check {failed[0].check_name} of {failed[0].asset_key.to_user_string()} failed.")
        return result

    def _end_killed_runs(self) -> None:
        """A command that was killed leaves its run as running for ever; the caller knows that none is."""
        unfinished = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED], tags=_STARTED_BY)
        for run in self._instance.get_runs(unfinished):
            self._instance.report_run_failed(run, "The command that ran it was killed.")
