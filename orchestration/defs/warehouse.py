"""The marts: dbt's models as assets and its tests as checks that block what rests on them."""

from collections.abc import Iterator

import dagster as dg
from dagster_dbt import dbt_assets

from operational_db.settings import load_settings
from orchestration.warehouse_graph import AddressedBySchema, build_selected, manifest_in_step
from orchestration.workplace import Workplace


@dbt_assets(
    manifest=manifest_in_step(load_settings()),
    exclude="resource_type:unit_test",
    dagster_dbt_translator=AddressedBySchema(),
    name="warehouse",
)
def warehouse(
    context: dg.AssetExecutionContext, workplace: dg.ResourceParam[Workplace]
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Every derived number, built in one run of dbt in this process."""
    yield from build_selected(context, workplace)
