"""A command over the RES of a unit: all of them at once where that is possible, else one by one.

At once is faster and is one document of the book; one by one keeps what stands in the way of a RES from the others.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from operational_db.refusal import Refusal

Answer = TypeVar("Answer")


@dataclass
class Answers(Generic[Answer]):
    """What the command answered, and the sentence of each RES that it was refused for."""

    given: list[Answer] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


def over_res(
    command: Callable[[str | None], Answer], unit_code: str | None, res_codes: Sequence[str], *, is_whole_unit: bool
) -> Answers[Answer]:
    """Give the command the unit, or its RES one by one.

    Args:
        res_codes: the RES that are meant.
        is_whole_unit: these are all RES that the unit has in the month, so that the unit may stand for them.
    """
    answers = Answers[Answer]()
    if is_whole_unit and len(res_codes) > 1:
        try:
            answers.given.append(command(unit_code))
        except Refusal:
            # Whose fault it is will be said RES by RES.
            pass
        else:
            return answers
    for res_code in res_codes:
        try:
            answers.given.append(command(res_code))
        except Refusal as refusal:
            answers.refused[res_code] = refusal.sentence
    return answers
