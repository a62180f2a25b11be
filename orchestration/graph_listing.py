"""The asset graph as a page: what runs after what, and which check blocks it.

`python -m orchestration.graph_listing` writes docs/asset_graph.md; with `--check` it exits with 1 when the page is not
what the graph is. An asset, check, job or schedule that is lost shows there first.
"""

import sys
from collections.abc import Iterator

import dagster as dg

from operational_db.settings import REPOSITORY_DIR
from orchestration.definitions import defs

PAGE = REPOSITORY_DIR / "docs" / "asset_graph.md"

_HEAD = """# The asset graph

Written by `python -m orchestration.graph_listing`. A key is an address: schema and table, or kind and name of files.
`dg dev` shows the same as a picture (README.md, last line).
"""


def listing() -> str:
    """The whole page."""
    definitions = defs()
    graph = definitions.resolve_asset_graph()
    lines = [_HEAD, "## Assets", "| asset | group | months | rests on |", "|---|---|---|---|"]
    for key in sorted(graph.get_all_asset_keys()):
        node = graph.get(key)
        above = ", ".join(_address(parent) for parent in sorted(node.parent_keys))
        lines.append(f"| {_address(key)} | {node.group_name} | {'yes' if node.is_partitioned else ''} | {above} |")
    lines += ["", "## Checks", "| asset | check | blocks |", "|---|---|---|"]
    for check in sorted(graph.asset_check_keys):
        blocks = "yes" if graph.get(check).blocking else ""
        lines.append(f"| {_address(check.asset_key)} | {check.name} | {blocks} |")
    lines += ["", "## Jobs", *_jobs(definitions), "", "## Schedules", "| schedule | job | when |", "|---|---|---|"]
    for schedule in sorted(definitions.schedules or [], key=lambda schedule: schedule.name):
        when = f"{schedule.cron_schedule}, {schedule.execution_timezone}"
        lines.append(f"| {schedule.name} | {schedule.job_name} | {when} |")
    return "\n".join(lines) + "\n"


def _jobs(definitions: dg.Definitions) -> Iterator[str]:
    yield from ("| job | what it does | assets |", "|---|---|---|")
    for job in sorted(definitions.resolve_all_job_defs(), key=lambda job: job.name):
        if not job.name.startswith("__"):
            yield f"| {job.name} | {job.description} | {len(job.asset_layer.selected_asset_keys)} |"


def _address(key: dg.AssetKey) -> str:
    return ".".join(key.path) if len(key.path) > 1 else key.path[0]


def main(arguments: list[str]) -> int:
    """Write the page, or with `--check` only compare."""
    page = listing()
    if arguments != ["--check"]:
        PAGE.write_text(page, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == page:
        return 0
    sys.stderr.write("docs/asset_graph.md is not what the graph is; run `python -m orchestration.graph_listing`.\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
