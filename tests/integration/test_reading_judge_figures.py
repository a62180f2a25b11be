"""The figures of docs/readings.md about the judge of readings are those that the code gives."""

import re

import pytest

from operational_db.settings import Settings
from orchestration.benchmarks.reading_judge import HELD_OUT_SEEDS, PAGE, measure, page_with


@pytest.mark.requirement("E89", "D35")
def test_the_first_seed_gives_the_committed_figures(settings: Settings) -> None:
    measured = measure(settings, HELD_OUT_SEEDS[0])
    assert "| " + " | ".join(measured.row) + " |" in PAGE.read_text(encoding="utf-8").splitlines()
    # What the page is about: hardly anything right is held, and nothing that is let through makes a huge bill.
    assert measured.verdicts["ordinary"]["quarantined"] == 0
    assert measured.worst_missed_kwh < 10_000


def test_the_page_tells_all_seeds_and_keeps_what_people_wrote() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [int(seed) for seed in re.findall(r"^\| (2\d\d) \|", page, re.MULTILINE)] == list(HELD_OUT_SEEDS)
    anew = page_with(page, "none")
    assert anew.startswith(page[:200])
    assert anew.count("figures of the judge") == 2
    assert len(anew) < len(page)
