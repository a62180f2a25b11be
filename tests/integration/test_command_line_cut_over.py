"""`wattbook shadow`, `readiness`, `cutover` and `pilot` as a migration team and as a program meet them."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from legacy_migration.commands import accept, migrate
from legacy_migration.synthetic_utility.twenty_accounts.dump import twenty_accounts
from operational_db.settings import ENVIRONMENT_PREFIX, Settings
from orchestration.command_line import PROGRAM, command
from orchestration.command_line.ending import run_to_an_end

Run = Callable[..., tuple[int, str, str]]
THIN = "\u202f"
BY = "administrator"
APPROVER = "approver"


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in this process: exit status, standard output with spaces run together, standard error."""
    for name in list(os.environ):
        if name.startswith(ENVIRONMENT_PREFIX):
            monkeypatch.delenv(name)
    for name, value in settings.as_environment().items():
        monkeypatch.setenv(name, value)

    def run_command(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = run_to_an_end(command(), PROGRAM, arguments)
        told = capsys.readouterr()
        return status, " ".join(told.out.replace(THIN, " ").split()), told.err

    return run_command


@pytest.fixture
def protocol_id(settings: Settings, tmp_path: Path) -> int:
    return migrate(settings, twenty_accounts(tmp_path / "twenty"), profile="merged_utility", by=BY).protocol_id


def test_shadow_billing_for_a_person_and_for_a_program(run: Run, protocol_id: int) -> None:
    status, told, _ = run("shadow")
    assert status == 0
    assert told.startswith(
        f"Protocol {protocol_id}: 57 bills of 3 months re-rated, 57 of them told otherwise than before."
    )
    assert "are swapped; find out which figure is wrong." in told
    assert "missing_reading 1 160 96 000.00 93 966.10 2 033.90" in told
    status, told, _ = run("shadow", "--month", "2026-03", "--res", "SA03", "--class", "unexplained", "--json")
    answer = json.loads(told)
    assert status == 0
    assert answer["shadow_billing"]["changed_count"] == 0
    # All unexplained of SA03 that are kept: two swapped, three without a tariff.
    assert len(answer["differences"]) == 5
    assert run("shadow", "--class", "odd")[::2] == (
        1,
        (
            'There is no class "odd"; known are equal, rounding, tariff_date, norm, zone, benefit, missing_reading, '
            "unexplained.\n"
        ),
    )
    assert run("shadow", "--month", "March")[0] == 2


def test_readiness_ends_with_1_while_a_hard_stop_stands(run: Run, settings: Settings, protocol_id: int) -> None:
    assert run("readiness", "--res", "SA01", "--history")[:2] == (0, "RES SA01 was never scored.")
    status, told, _ = run("readiness", "--res", "SA01")
    assert status == 1
    assert told.startswith("SA01: 42.1 of 100")
    assert told.endswith("2 hard stops stand: not ready.")
    run("shadow")
    accept(settings, protocol_id, by=APPROVER)
    status, told, _ = run("readiness", "--res", "SA01")
    assert status == 0
    assert told.endswith("No hard stop stands.")
    # One RES that is not ready is enough.
    status, told, _ = run("readiness", "--json")
    assert status == 1
    assert [(score["res_code"], score["is_ready"], score["is_new"]) for score in json.loads(told)] == [
        ("SA01", True, False),
        ("SA03", False, True),
    ]
    assert run("readiness", "--res", "SA01", "--history")[1].count("administrator") == 2
    assert run("readiness", "--history")[0] == 2


@pytest.mark.requirement("C22")
def test_a_cut_over_is_fixed_signed_and_shown(run: Run) -> None:
    assert run("cutover", "fix", "2031-03-01", "--unit", "UZ-SA", "--why", "Order 12")[1] == (
        "UZ-SA is cut over on 2031-03-01."
    )
    assert "already; nothing was changed" in run("cutover", "fix", "2031-03-01", "--unit", "UZ-SA", "--why", "again")[1]
    assert run("cutover", "fix", "2031-03-01", "--unit", "UZ-SA")[0] == 2
    told = run("cutover", "sign", "staff_trained", "--res", "SA01", "--note", "Register")[1]
    assert told.startswith(
        "Everybody who works with Wattbook was trained and signed for it: Signed by administrator on"
    )
    told = run("cutover", "show", "--res", "SA01")[1]
    # 13 items; the day is fixed and the training signed.
    assert "SA01: 2031-03-01, 11 open" in told
    assert json.loads(run("cutover", "show", "--res", "SA01", "--json")[1])["cutover_on"] == "2031-03-01"


@pytest.mark.requirement("C3")
def test_the_log_of_the_pilot_is_loaded_and_reported(run: Run, tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text(
        "request,branch,received,subject,module,closed,answer\n"
        "1,SA01,2018-09-03,The bill does not print,bills,2018-09-05,A driver was missing\n"
        "2,SA01,2018-11-01,A street is missing,addresses,,\n"
        "3,SA99,2018-11-01,Where,addresses,,\n"
    )
    status, told, errors = run("pilot", "load", str(log))
    assert (status, told) == (1, "2 new requests, 0 told otherwise than before, 0 known.")
    assert errors == 'log.csv, row 3: there is no branch "SA99"; write the code of a RES or of a unit above it.\n'
    run("pilot", "branch", "SA01", "--from", "2018-09-01", "--to", "2018-12-01", "--note", "Order 7")
    told = run("pilot", "review", "SA01", "--on", "2018-11-30", "--sponsor", "A. Karimov", "--outcome", "Go on")[1]
    assert told == "The review of SA01 on 2018-11-30 is recorded; 1 of its requests were open."
    assert run("pilot", "volume", "SA01", "--kind", "contract", "--count", "744", "--on", "2018-11-30")[0] == 0
    told = run("pilot", "report", "--on", "2018-11-30")[1]
    assert told.startswith("2018-11-30: 2 requests received, 1 closed, 1 open.")
    answer = json.loads(run("pilot", "report", "--on", "2018-11-30", "--json")[1])
    assert (answer["received_count"], answer["closed_count"], answer["open_count"]) == (2, 1, 1)
    assert answer["by_age"][1] == {"age": "8 to 30 days", "open_count": 1}
