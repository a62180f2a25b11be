"""How alike are two rows, and what says so? Score and words for one pair.

Belongs here: weights and sentences. Does not belong here: which pairs are looked at (`candidates`).
"""

from dataclasses import dataclass
from typing import Any, Final

from rapidfuzz import fuzz

LISTED_FROM: Final = {"person": 50.0, "premises": 60.0, "meter": 60.0}
"""A pair below is not worth anybody's time."""


@dataclass(frozen=True)
class Found:
    """A pair with its score of 0 to 100 and what speaks for and against it."""

    score: float
    evidence: str


def weigh(kind: str, first: dict[str, Any], second: dict[str, Any]) -> Found:
    """Score one pair of rows as `candidates` gives them."""
    points, words = _WEIGHERS[kind](first, second)
    return Found(round(min(100.0, max(0.0, points)), 1), "; ".join(words))


def _names(first: dict[str, Any], second: dict[str, Any]) -> tuple[float, str]:
    alike = fuzz.token_sort_ratio(first["folded_name"], second["folded_name"])
    return alike, f'names alike to {alike:.0f} of 100 ("{first["full_name"]}" and "{second["full_name"]}")'


def _number(
    words: list[str], what: str, first: dict[str, Any], second: dict[str, Any], field: str, same: float, other: float
) -> float:
    """Points for a number that both have: the same one, or another."""
    if not first[field] or not second[field]:
        return 0
    if first[field] == second[field]:
        shown = first["shown_address"] if field == "address" else first[field]
        words.append(f"the same {what} {shown}")
        return same
    if other:
        words.append(f"against it: other {what}s ({first[field]} and {second[field]})")
    return other


def _person(first: dict[str, Any], second: dict[str, Any]) -> tuple[float, list[str]]:
    alike, about_names = _names(first, second)
    words = [about_names]
    points = max(0.0, alike - 50) * 0.8
    points += _number(words, "tax number", first, second, "tax_number", 55, -30)
    points += _number(words, "passport number", first, second, "passport_number", 55, -15)
    points += _number(words, "telephone", first, second, "phone", 20, 0)
    points += _number(words, "address", first, second, "address", 20, 0)
    return points, words


def _premises(first: dict[str, Any], second: dict[str, Any]) -> tuple[float, list[str]]:
    words: list[str] = []
    # A house without a flat may hold several homes.
    points = _number(words, "address", first, second, "address", 60 if first["has_flat"] else 40, 0)
    alike, about_names = _names(first, second)
    points += max(0.0, alike - 50) * 0.4
    points += _number(words, "tax number", first, second, "tax_number", 20, 0)
    return points, [*words, about_names]


def _meter(first: dict[str, Any], second: dict[str, Any]) -> tuple[float, list[str]]:
    if first["serial_no"] == second["serial_no"]:
        points, words = 60.0, [f"the same serial number {first['serial_no']}"]
    else:
        points = 50.0
        words = [f"serial numbers that look alike ({first['serial_no']} and {second['serial_no']})"]
    if first["meter_type_code"] == second["meter_type_code"]:
        points += 20
        words.append(f"the same type {first['meter_type_code']}")
    else:
        points -= 20
        words.append(f"against it: other types ({first['meter_type_code']} and {second['meter_type_code']})")
    if first["res_code"] == second["res_code"]:
        points += 10
        words.append(f"both in {first['res_code']}")
    if first["removed_on"] is None and second["removed_on"] is None:
        words.append("both hang now")
    else:
        points += 10
        words.append("one hangs no more, so it may have been moved")
    return points, words


_WEIGHERS: Final = {"person": _person, "premises": _premises, "meter": _meter}
