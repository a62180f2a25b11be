"""Running dbt in this process: building the marts and reading the project's manifest.

Belongs here: how dbt reaches the database, as whom, where its files go, and what a failed run says. What is derived and
how it is tested belongs to `dbt_project/`; assets and checks of the graph belong to `orchestration/defs`.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from operational_db.connections import Role, session_url
from operational_db.refusal import Refusal
from operational_db.settings import REPOSITORY_DIR, Settings

PROJECT_DIR = REPOSITORY_DIR / "dbt_project"

_OTHER_COLUMNS = "incremental model are out of sync"
"""What dbt says of a table that was built with other columns than the project has now."""

_FAILED = frozenset({"error", "fail", "runtime error"})

OnProgress = Callable[[str, int, int], None]
"""Called with the name of what was finished, how many are, and how many there are in all."""


@dataclass(frozen=True)
class NodeResult:
    """What became of one model or check."""

    unique_id: str
    name: str
    resource_type: str
    status: str
    seconds: float
    failure_count: int
    description: str
    message: str

    @property
    def is_failed(self) -> bool:
        return self.status in _FAILED


@dataclass(frozen=True)
class BuildResult:
    """What a build did, node by node in the order of finishing."""

    nodes: tuple[NodeResult, ...]
    seconds: float

    @property
    def model_count(self) -> int:
        return sum(node.resource_type == "model" for node in self.nodes)

    @property
    def check_count(self) -> int:
        return sum(node.resource_type in ("test", "unit_test") for node in self.nodes)

    @property
    def failed(self) -> tuple[NodeResult, ...]:
        return tuple(node for node in self.nodes if node.is_failed)


def build(
    settings: Settings,
    *,
    select: str | Sequence[str] | None = None,
    on_progress: OnProgress | None = None,
    include_unit_tests: bool = False,
    full_refresh: bool = False,
) -> BuildResult:
    """Build the marts and check them; refuses with the first failed check and its sentence.

    Args:
        settings: which database; files of the run go under its `var_dir`.
        select: dbt's own selection of nodes, everything unless given.
        on_progress: told after every node.
        include_unit_tests: also run the hand-worked cases of the models; they prove the project, not the data.
        full_refresh: build settled months anew too.
    """
    result = run(
        settings,
        select=select,
        on_progress=on_progress,
        include_unit_tests=include_unit_tests,
        full_refresh=full_refresh,
    )
    if result.failed:
        raise Refusal(_sentence(result.failed))
    return result


def run(
    settings: Settings,
    *,
    select: str | Sequence[str] | None = None,
    on_progress: OnProgress | None = None,
    include_unit_tests: bool = False,
    full_refresh: bool = False,
) -> BuildResult:
    """As `build`, but failed checks are part of the result: for a graph that shows each of them."""
    arguments = ["build", *_places(settings)]
    if not include_unit_tests:
        arguments += ["--exclude-resource-type", "unit_test"]
    if full_refresh:
        arguments.append("--full-refresh")
    if select is not None:
        arguments += ["--select", *([select] if isinstance(select, str) else select)]
    with _session_environment(settings):
        outcome = _invoke(arguments, on_progress)
    if isinstance(outcome.exception, KeyboardInterrupt):
        raise outcome.exception
    if outcome.exception is not None or outcome.result is None:
        raise Refusal(
            f"dbt could not run the project {PROJECT_DIR} ({_one_line(str(outcome.exception))}); "
            f"{_log_file(settings)} tells more."
        )
    nodes = tuple(_node_result(result) for result in outcome.result.results)
    return BuildResult(nodes=nodes, seconds=float(outcome.result.elapsed_time))


def write_manifest(settings: Settings) -> Path:
    """Read the project without a database and write its manifest, from which the asset graph is made.

    The manifest appears whole or not at all: dbt writes its own in place, and a kill may cut that one short.
    """
    outcome = _invoke(["parse", *_places(settings)], None)
    if not outcome.success:
        raise Refusal(
            f"The dbt project {PROJECT_DIR} cannot be read ({_one_line(str(outcome.exception))}); "
            f"{_log_file(settings)} tells more."
        )
    whole = manifest_path(settings)
    copy = whole.with_suffix(f".{os.getpid()}")
    shutil.copyfile(_target_dir(settings) / whole.name, copy)
    copy.replace(whole)
    return whole


def manifest_path(settings: Settings) -> Path:
    """Where the manifest for the asset graph is; dbt's own, beside it, belongs to dbt."""
    return _target_dir(settings).parent / "manifest.json"


def _target_dir(settings: Settings) -> Path:
    return settings.var_dir / "dbt" / "target"


def _log_dir(settings: Settings) -> Path:
    return settings.var_dir / "dbt" / "logs"


def _log_file(settings: Settings) -> Path:
    return _log_dir(settings) / "dbt.log"


def _places(settings: Settings) -> list[str]:
    return [
        "--project-dir", str(PROJECT_DIR),
        "--profiles-dir", str(PROJECT_DIR),
        "--target-path", str(_target_dir(settings)),
        "--log-path", str(_log_dir(settings)),
        "--log-level", "none",
        "--no-use-colors",
    ]  # fmt: skip


@contextmanager
def _session_environment(settings: Settings) -> Iterator[None]:
    """Tells dbt's profile and libpq which session to open; what was set before comes back afterwards.

    The role goes by PGOPTIONS and not by the profile's `role`: that one is a SET ROLE, which the rollback of a failed
    model undoes, so that the next model would be built by the admin.
    """
    address = conninfo_to_dict(session_url(settings, Role.DBT))
    wanted = {
        "WATTBOOK_DBT_HOST": address["host"],
        "WATTBOOK_DBT_PORT": address.get("port", 5432),
        "WATTBOOK_DBT_USER": address["user"],
        "DBT_ENV_SECRET_WATTBOOK": address.get("password", ""),
        "WATTBOOK_DBT_DATABASE": address["dbname"],
        "WATTBOOK_DBT_SSLMODE": address.get("sslmode", "prefer"),
        "PGOPTIONS": address["options"],
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update({name: str(value) for name, value in wanted.items()})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _invoke(arguments: list[str], on_progress: OnProgress | None) -> Any:  # noqa: ANN401 - dbt's own result type
    # dbt takes a second to import; commands that do not build should not wait for it.
    from dbt.cli.main import dbtRunner  # noqa: PLC0415

    callbacks = [_Progress(on_progress)] if on_progress is not None else []
    return dbtRunner(callbacks=callbacks).invoke(arguments)


class _Progress:
    """Turns dbt's events into a count of finished nodes."""

    def __init__(self, tell: OnProgress) -> None:
        self._tell = tell
        self._done = 0
        self._total = 0

    def __call__(self, event: Any) -> None:  # noqa: ANN401 - events are generated protobuf messages
        if event.info.name == "LogStartLine":
            self._total = max(self._total, event.data.total)
        if event.info.name == "NodeFinished":
            self._done += 1
            self._total = max(self._total, self._done)
            self._tell(event.data.node_info.node_name, self._done, self._total)


def _node_result(result: Any) -> NodeResult:  # noqa: ANN401 - dbt's own result type
    node = result.node
    return NodeResult(
        unique_id=node.unique_id,
        name=node.name,
        resource_type=str(node.resource_type),
        status=str(result.status),
        seconds=result.execution_time,
        failure_count=result.failures or 0,
        description=node.description,
        message=_one_line(result.message or ""),
    )


def _sentence(failed: tuple[NodeResult, ...]) -> str:
    first = failed[0]
    others = f" ({len(failed) - 1} more failed)" if len(failed) > 1 else ""
    if first.resource_type == "model" and _OTHER_COLUMNS in first.message:
        return (
            f"The table {first.name} was built by a version of Wattbook with other columns{others}; run "
            "`wattbook build --full-refresh`, which builds closed months anew too."
        )
    if first.resource_type == "model":
        return f"The table {first.name} could not be built{others}: {first.message}"
    rows = f" on {first.failure_count} rows" if first.failure_count else ""
    rule = first.description or first.message
    return (
        f"The check {first.name} failed{rows}{others}: {rule.rstrip('.')}. Nothing that rests on it was built; "
        "correct the data it names and run `wattbook build` again."
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())
