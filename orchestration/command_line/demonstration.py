"""`wattbook demo` and `wattbook bench`."""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from dataclasses import asdict
from typing import Annotated

import typer

from orchestration.command_line.arguments import AsJson


def demo(
    accounts: Annotated[int, typer.Option(min=1, help="How many consumers the made-up utility has.")] = 20_000,
    months: Annotated[int, typer.Option(min=1, max=12, help="How many months are billed and closed.")] = 6,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same utility.")] = 1,
    fresh: Annotated[bool, typer.Option("--fresh", help="Begin anew, though the same demo is there.")] = False,
    as_json: AsJson = False,
) -> None:
    """The whole main job on made-up files: migrate with proof, bill, close, build, write forms.

    A second run shows the same summary from what is there; a run that was stopped goes on.

    [dim]wattbook demo[/]
    [dim]wattbook demo --accounts 300 --months 2 --seed 7[/]
    """
    from operational_db.settings import load_settings
    from orchestration.answers import show_json
    from orchestration.demo.run import run_demo
    from orchestration.demo.summary import show_summary
    from orchestration.made_up_utility import MadeUpUtility

    summary = run_demo(load_settings(), MadeUpUtility(accounts, months, seed), fresh=fresh)
    if as_json:
        show_json(summary)
    else:
        show_summary(summary)


def bench(
    accounts: Annotated[int, typer.Option(min=1000, help="How many consumers are billed.")] = 200_000,
    months: Annotated[
        int, typer.Option(min=0, help="How many months are billed one after the other; 0 leaves that out.")
    ] = 24,
    page: Annotated[bool, typer.Option(help="Write the figures to docs/benchmarks.md.")] = True,
    as_json: AsJson = False,
) -> None:
    """Measure the bill run beside other ways of making the same bills, in a database of its own.

    [dim]wattbook bench --accounts 20000 --no-page[/]
    """
    from operational_db.settings import load_settings
    from orchestration.answers import show_json, show_table, warn
    from orchestration.benchmarks.bill_run import measure
    from orchestration.benchmarks.page import COLUMNS, RUN_COLUMNS, run_table, table, write
    from orchestration.benchmarks.smaller_and_later_runs import measure_smaller_and_later

    settings = load_settings()
    ways = measure(settings, accounts, warn)
    runs = measure_smaller_and_later(settings, accounts, months, warn) if months else []
    if as_json:
        ways_told = [{**asdict(way), "bills_per_second": round(way.bills_per_second)} for way in ways]
        show_json({"ways": ways_told, "runs": [asdict(run) for run in runs]})
    else:
        show_table(COLUMNS, table(ways))
        if runs:
            show_table(RUN_COLUMNS, run_table(runs))
    if page:
        warn(str(write(ways, runs, accounts)))
