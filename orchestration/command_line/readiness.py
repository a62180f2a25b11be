"""`wattbook readiness`: how ready each RES is to be cut over, and what stops it.

Does not belong here: what is counted, and its weights (`legacy_migration.readiness`).
"""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.command_line.arguments import FIRST_USER, AsJson, ByUser
from orchestration.command_line.ending import REFUSED

if TYPE_CHECKING:
    from legacy_migration.readiness.commands import Readiness


def readiness(
    res: Annotated[str | None, typer.Option(metavar="CODE", help="A RES; all that have a load unless given.")] = None,
    history: Annotated[bool, typer.Option("--history", help="Show the scores of the RES until now instead.")] = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Score how ready a RES is to be cut over; the exit status is 1 while a hard stop stands.

    [dim]wattbook readiness --res SA01[/]
    [dim]wattbook readiness --res SA01 --history[/]
    """
    from legacy_migration.readiness.commands import readiness_history, score_readiness
    from orchestration.answers import say, show_json
    from orchestration.command_line.surroundings import settings_with_database

    settings = settings_with_database()
    if history:
        if res is None:
            raise typer.BadParameter("name the RES whose history is wanted, with --res")
        scores = readiness_history(settings, res)
        if as_json:
            show_json(scores)
        for score in () if as_json else scores:
            ready = "ready" if score.is_ready else "; ".join(score.stops)
            say(f"{score.scored_at:%Y-%m-%d %H:%M} {score.scored_by}: {score.score}. {ready}")
        if not scores and not as_json:
            say(f"RES {res} was never scored.")
        return
    scores = score_readiness(settings, by=by, res_code=res)
    if as_json:
        show_json(scores)
    else:
        for score in scores:
            _show(score)
    if any(not score.is_ready for score in scores):
        raise typer.Exit(REFUSED)


def _show(score: "Readiness") -> None:
    from orchestration.answers import say, show_table

    show_table(
        ["component", "share, %", "weight", "stops", "what it rests on"],
        [
            (
                c.component_code, "" if c.share is None else f"{c.share * 100:.2f}", f"{c.weight.normalize():f}",
                "STOP" if c.is_stopping else "", c.sentence,
            )
            for c in score.components
        ],
        title=f"{score.res_code}: {score.score} of 100",
    )  # fmt: skip
    since = "" if score.is_new else f" Unchanged since {score.scored_at:%Y-%m-%d %H:%M}."
    stops = len(score.stops)
    if stops == 0:
        say(f"No hard stop stands.{since}")
    else:
        say(f"{stops} hard stop{'s' if stops > 1 else ''} stand{'' if stops > 1 else 's'}: not ready.{since}")
