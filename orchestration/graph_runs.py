"""Running jobs of the graph in this process, with the runs kept where `dagster dev` shows them."""

from collections.abc import Mapping
from uuid import uuid4

import dagster as dg
from dagster._core.errors import DagsterAssetCheckFailedError, DagsterExecutionInterruptedError

from operational_db.refusal import Refusal
from orchestration.dagster_home import instance_for_commands
from orchestration.definitions import defs
from orchestration.workplace import REASON, Workplace

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
        run_id = str(uuid4())
        try:
            return self._definitions.resolve_job_def(job).execute_in_process(
                instance=self._instance,
                run_id=run_id,
                partition_key=partition_key,
                resources={"workplace": self._workplace},
                run_config={
                    "loggers": _QUIET,
                    "ops": {op: {"config": dict(told)} for op, told in (config or {}).items()},
                },
                tags=_STARTED_BY,
            )
        except DagsterExecutionInterruptedError as error:
            raise KeyboardInterrupt from error
        except DagsterAssetCheckFailedError as error:
            raise Refusal(self._sentence_of_failed_checks(run_id)) from error

    def _sentence_of_failed_checks(self, run_id: str) -> str:
        records = self._instance.get_records_for_run(run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION).records
        checks = [record.event_log_entry.dagster_event.asset_check_evaluation_data for record in records]
        failed = [check for check in checks if not check.passed]
        reasons = [str(check.metadata[REASON].value) for check in failed if REASON in check.metadata]
        names = ", ".join(f"{check.check_name} of {check.asset_key.to_user_string()}" for check in failed)
        return f"What rests on a failed check was not done ({names}). {' '.join(reasons)}".rstrip()

    def _end_killed_runs(self) -> None:
        """A command that was killed leaves its run as running for ever; the caller knows that none is."""
        unfinished = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED], tags=_STARTED_BY)
        for run in self._instance.get_runs(unfinished):
            self._instance.report_run_failed(run, "The command that ran it was killed.")
