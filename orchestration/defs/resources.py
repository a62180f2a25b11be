"""The resource of the graph, and nothing else."""

import dagster as dg

from operational_db.reference.loading import FIRST_LOGIN
from operational_db.settings import load_settings
from orchestration.workplace import Workplace


@dg.definitions
def resources() -> dg.Definitions:
    return dg.Definitions(resources={"workplace": Workplace(settings=load_settings(), by=FIRST_LOGIN)})
