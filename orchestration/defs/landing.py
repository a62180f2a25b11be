"""Legacy files: the made-up utility's. A real utility hands its own over; they need no asset to be there."""

import dagster as dg

from orchestration.made_up_utility import MadeUpUtility, write_once
from orchestration.workplace import Workplace


class UtilityConfig(dg.Config):
    """How large the made-up utility is."""

    accounts: int = 20_000
    months: int = 6
    seed: int = 1


@dg.asset(key=["legacy_files", "made_up_utility"], group_name="landing", kinds={"python"})
def made_up_utility(config: UtilityConfig, workplace: dg.ResourceParam[Workplace]) -> dg.MaterializeResult:
    """The legacy files of a merged utility, with faults planted."""
    utility = MadeUpUtility(config.accounts, config.months, config.seed)
    write_once(utility, workplace.legacy_dir, workplace.on_progress)
    return dg.MaterializeResult(metadata={"directory": dg.MetadataValue.path(workplace.legacy_dir)})
