"""The demonstration as a newcomer meets it: one command from old files to forms, and again, and after a power cut."""

import contextlib
import json
import os
import random
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from operational_db.connections import connect_as_admin
from operational_db.settings import ENVIRONMENT_PREFIX, Settings
from orchestration.readiness import build
from tests.small_book import SmallBook

PROGRAM_FILE = Path(sys.executable).parent / "wattbook"
SMALL = ["demo", "--accounts", "200", "--months", "2", "--seed", "5"]

# A whole small demonstration takes a quarter of a minute on an idle machine; a machine that does other things, longer.
LONGEST_SECONDS = 600


def environment_of(settings: Settings) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ENVIRONMENT_PREFIX)}
    return inherited | settings.as_environment()


def wattbook(settings: Settings, *arguments: str, seconds: float = LONGEST_SECONDS) -> subprocess.CompletedProcess[str]:
    """Run the command as its own process, killed with SIGKILL when the seconds are over."""
    return subprocess.run(
        [PROGRAM_FILE, *arguments],
        env=environment_of(settings), capture_output=True, text=True, timeout=seconds, check=False,
    )  # fmt: skip


def demo(settings: Settings) -> dict[str, object]:
    ended = wattbook(settings, *SMALL, "--json")
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def figures_of(summary: dict[str, object]) -> dict[str, object]:
    """Without numbers of runs and places of files."""
    return {name: summary[name] for name in ("rows", "months", "balances", "currency")}


@pytest.mark.requirement("A51", "B48")
def test_one_command_shows_the_whole_job_again_and_after_kills(settings: Settings) -> None:
    began_at = time.monotonic()
    first = demo(settings)
    whole_seconds = time.monotonic() - began_at

    whole = first["rows"][-1]
    assert whole["read"] == whole["loaded"] + whole["merged"] + whole["rejected"] + whole["out_of_scope"]
    assert whole["rejected"] > 0  # the made-up utility has faults on purpose
    assert [month["month"] for month in first["months"]] == ["2026-01-01", "2026-02-01"]
    assert all(month["bill_count"] > 0 and month["charge_minor"] > 0 for month in first["months"])
    regions = [balance for balance in first["balances"] if balance["region"] != "All regions"]
    assert regions
    # Two forms for the Republic and for each region, and the protocol as page and workbook.
    assert len(first["form_files"]) == 2 * (1 + len(regions))
    assert all(Path(file).stat().st_size > 0 for file in [*first["form_files"], *first["protocol_files"]])

    assert demo(settings) == first
    said = wattbook(settings, *SMALL).stdout.strip().splitlines()
    assert said[-1].endswith(".venv/bin/wattbook serve --as administrator")

    instants = random.Random(20260301)
    for anew in (["--fresh"], []):
        # Killed with SIGKILL at a random instant; on a faster second run it may come to its end before.
        with contextlib.suppress(subprocess.TimeoutExpired):
            wattbook(settings, *SMALL, *anew, seconds=instants.uniform(0.1, 0.7) * whole_seconds)
    assert figures_of(demo(settings)) == figures_of(first)


def test_a_book_that_is_not_the_demonstrations_is_not_touched(settings: Settings) -> None:
    build(settings)
    SmallBook(settings, res_codes=("SA01",)).consumer(
        "SA01/1/1", res="SA01", readings={date(2026, 1, 1): 0, date(2026, 2, 1): 300}
    )
    ended = wattbook(settings, *SMALL, "--fresh")
    assert ended.returncode == 1
    assert "not the demonstration's, so it is not touched" in ended.stderr
    with connect_as_admin(settings) as session:
        assert session.execute("SELECT count(*) FROM ops.reading").fetchone() == (2,)
