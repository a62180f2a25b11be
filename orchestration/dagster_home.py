"""Where Dagster keeps its runs: under `var/`, with the settings of `dagster.yaml` beside this module."""

import os
import shutil
from pathlib import Path

import dagster as dg
from dagster._core.instance.ref import InstanceRef

from operational_db.settings import Settings

TEMPLATE = Path(__file__).parent / "dagster.yaml"

# Dagster would copy all output of a run into files of its own through two more processes; a command that runs the graph
# in this process has its own screen.
_NO_COPIES_OF_OUTPUT = {
    "compute_logs": {
        "module": "dagster._core.storage.noop_compute_log_manager",
        "class": "NoOpComputeLogManager",
    }
}


def dagster_home(settings: Settings) -> Path:
    """The directory to name in DAGSTER_HOME; made when it is not there."""
    home = settings.var_dir / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(TEMPLATE, home / TEMPLATE.name)
    return home


def instance_for_commands(settings: Settings) -> dg.DagsterInstance:
    """The same runs that `dagster dev` shows, for a command that runs the graph in its own process."""
    home = dagster_home(settings)
    # Dagster resolves some places from the variable although the reference names them.
    os.environ.setdefault("DAGSTER_HOME", str(home))
    return dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(home), overrides=_NO_COPIES_OF_OUTPUT))
