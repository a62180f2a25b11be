"""A step of a procedure that is over, and what its sentence is."""

from dataclasses import dataclass
from enum import StrEnum

from operational_db.refusal import Refusal
from operational_db.settings import Settings
from orchestration.dbt_runs import build
from orchestration.progress import OnProgress


class Outcome(StrEnum):
    """What became of a step."""

    DONE = "done"
    WAITS = "waits"
    """Done; something of it waits for a person, and nothing is held up."""
    STANDS_IN_THE_WAY = "stands in the way"
    """Not done, or not everywhere: what it says must be mended first."""


@dataclass(frozen=True)
class Step:
    """One step: its name, what became of it, one sentence, and a line for each thing that the sentence counts."""

    name: str
    outcome: Outcome
    sentence: str
    lines: tuple[str, ...] = ()


def steps_in_the_way(steps: list[Step]) -> list[str]:
    """The names of the steps that were not done, or not everywhere."""
    return [step.name for step in steps if step.outcome is Outcome.STANDS_IN_THE_WAY]


def build_marts(settings: Settings, on_progress: OnProgress, *, dry_run: bool) -> Step:
    """The step that both procedures have: the marts, brought to what the book says now."""
    if dry_run:
        return Step("marts", Outcome.DONE, "Would build the marts.")
    try:
        build(settings, on_progress=lambda _name, done, total: on_progress("building the marts", done, total))
    except Refusal as refusal:
        return Step("marts", Outcome.STANDS_IN_THE_WAY, refusal.sentence)
    return Step("marts", Outcome.DONE, "The marts are built and their checks passed.")
