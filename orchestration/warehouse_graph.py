"""dbt's project as the graph sees it: which asset a model is, and what a run of dbt tells Dagster.

Running dbt is in `orchestration.dbt_runs`. Going through dagster-dbt's own resource would start dbt twice as a process
of its own, 8 s instead of 0.7.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator

from operational_db.settings import Settings
from orchestration.dbt_runs import PROJECT_DIR, NodeResult, manifest_path, run, write_manifest
from orchestration.workplace import REASON, Workplace

_UNIQUE_ID = "dagster_dbt/unique_id"
_READ_BY_DBT = frozenset({".sql", ".yml", ".yaml", ".md", ".csv"})
_BUILT = "success"


class AddressedBySchema(DagsterDbtTranslator):
    """Key = schema and table, group = schema: from graph to `psql` without translation."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        if dbt_resource_props["resource_type"] == "model":
            return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])
        return super().get_asset_key(dbt_resource_props)

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return dbt_resource_props["schema"]


def manifest_in_step(settings: Settings) -> Path:
    """The manifest of the project as it is now, written anew when a file of the project is younger."""
    path = manifest_path(settings)
    files = [file for file in PROJECT_DIR.rglob("*") if file.suffix in _READ_BY_DBT]
    if not path.exists() or path.stat().st_mtime <= max(file.stat().st_mtime for file in files):
        write_manifest(settings)
    return path


def build_selected(
    context: dg.AssetExecutionContext, workplace: Workplace
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Build what the run selected; tell of each model and each test."""
    assets = context.assets_def
    assets_by_id = {spec.metadata[_UNIQUE_ID]: spec.key for spec in assets.specs}
    checks_by_id = {spec.metadata[_UNIQUE_ID]: spec for spec in assets.check_specs}
    selected = [key.path[-1] for key in context.selected_asset_keys] if context.is_subset else None
    result = run(workplace.settings, select=selected, on_progress=_one_stage(workplace))
    for node in result.nodes:
        if node.unique_id in assets_by_id and node.status == _BUILT:
            seconds = round(node.seconds, 2)
            yield dg.MaterializeResult(asset_key=assets_by_id[node.unique_id], metadata={"seconds": seconds})
        elif node.unique_id in checks_by_id:
            yield _check_result(checks_by_id[node.unique_id], node)
    broken = [node for node in result.failed if node.resource_type == "model"]
    if broken:
        raise dg.Failure(f"The table {broken[0].name} could not be built: {broken[0].message}")


def _check_result(spec: dg.AssetCheckSpec, node: NodeResult) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name=spec.name,
        asset_key=spec.asset_key,
        passed=node.status == "pass",
        severity=dg.AssetCheckSeverity.WARN if node.status == "warn" else dg.AssetCheckSeverity.ERROR,
        metadata={"failed rows": node.failure_count, REASON: node.description or node.message},
    )


def _one_stage(workplace: Workplace) -> Any:  # noqa: ANN401 - the callable that dbt_runs describes
    """dbt tells of each node by name; a person wants one bar."""
    return lambda _name, done, total: workplace.on_progress("building the marts", done, total)
