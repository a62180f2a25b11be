"""`wattbook demo` and `wattbook bench`."""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from typing import Annotated

import typer


def demo(
    accounts: Annotated[int, typer.Option(min=1, help="How many consumers the made-up utility has.")] = 20_000,
    months: Annotated[int, typer.Option(min=1, max=12, help="How many months are billed and closed.")] = 6,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same utility.")] = 1,
    fresh: Annotated[bool, typer.Option("--fresh", help="Begin anew, though the same demo is there.")] = False,
) -> None:
    """The whole main job on made-up files: migrate with proof, bill, close, build, write forms.

    A second run shows the same summary from what is there; a run that was stopped goes on.

    [dim]wattbook demo[/]
    [dim]wattbook demo --accounts 300 --months 2 --seed 7[/]
    """
    from operational_db.settings import load_settings
    from orchestration.demo.run import run_demo
    from orchestration.demo.summary import show_summary
    from orchestration.made_up_utility import MadeUpUtility

    show_summary(run_demo(load_settings(), MadeUpUtility(accounts, months, seed), fresh=fresh))


def bench() -> None:
    """To be joined."""
