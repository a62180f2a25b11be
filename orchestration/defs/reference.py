"""Reference data: units, tariffs and code lists, from the CSV files that are reviewed with the code."""

from collections.abc import Iterator

import dagster as dg

from orchestration.readiness import build
from orchestration.workplace import Workplace

REFERENCE_TABLES = (
    "app_user",  # the first user; the others are added by people
    "collection_target",  # set by people; the table comes with the schema
    "ledger_account",
    "parameter",
    "readiness_weight",
    "source",
    "tariff",
    "tariff_step",
    "tariff_version",
    "unit",
    "unit_level",
    "unit_name",
    "vat_rate",
)


@dg.multi_asset(
    specs=[dg.AssetSpec(["ops", table], kinds={"postgres"}) for table in REFERENCE_TABLES], group_name="reference"
)
def reference_tables(workplace: dg.ResourceParam[Workplace]) -> Iterator[dg.MaterializeResult]:
    """Schema and reference data of this version of Wattbook."""
    build(workplace.settings)
    for table in REFERENCE_TABLES:
        yield dg.MaterializeResult(asset_key=["ops", table])
