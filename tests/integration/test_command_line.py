"""The `wattbook` command as a person or a program meets it: answers, refusals, wrong usage, endings."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
import typer

from operational_db.refusal import Refusal
from operational_db.settings import ENVIRONMENT_PREFIX, Settings
from orchestration.command_line import PROGRAM, command
from orchestration.command_line.ending import run_to_an_end

PROGRAM_FILE = Path(sys.executable).parent / "wattbook"

# fmt: off
COMMANDS = [
    "demo", "doctor", "generate", "migrate", "protocol", "accept", "rejects export", "rejects return", "price", "bill",
    "print-bills", "close", "build", "form", "serve", "status", "bench", "reference load", "db start", "db stop",
    "db status", "db reset", "db shell", "db backup", "db restore", "db verify", "readings enter",
    "readings automatic", "readings load", "readings history", "readings quarantine", "readings release",
    "readings hold", "readings cancel", "readings missing", "readings estimate", "readings round-sheet",
]
# fmt: on

Run = Callable[..., int]


@pytest.fixture
def environment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The variables under which a command works in the test's own database."""
    for name in list(os.environ):
        if name.startswith(ENVIRONMENT_PREFIX):
            monkeypatch.delenv(name)
    for name, value in settings.as_environment().items():
        monkeypatch.setenv(name, value)
    return dict(os.environ)


@pytest.fixture
def run(environment: dict[str, str]) -> Run:
    """Runs a command in this process and returns its exit status; output is in capsys."""
    assert environment

    def run_command(*arguments: str) -> int:
        return run_to_an_end(command(), PROGRAM, arguments)

    return run_command


def test_price_answers_a_program_in_json(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("price", "--tariff", "uz.household", "--on", "2025-06-10", "--kwh", "350", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    # From 2025-05-01: 200 kWh at 600 and 150 kWh at 800 soum = 120,000 + 120,000 soum, in tiyin.
    assert (answer["total_minor"], answer["currency"]) == (24_000_000, "UZS")
    assert [line["charge_minor"] for line in answer["lines"]] == [12_000_000, 12_000_000]
    assert [line["energy_kwh"] for line in answer["lines"]] == [200, 150]


def test_price_answers_a_person_in_a_table(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("price", "--tariff", "uz.household", "--on", "2025-06-10", "--kwh", "350") == 0
    assert "240\u202f000.00 UZS" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["price", "--tariff", "uz.nobody", "--on", "2025-06-10", "--kwh", "1"], 'no tariff "uz.nobody"'),
        (["price", "--tariff", "uz.household", "--on", "1990-01-01", "--kwh", "1"], "1990-01-01"),
        (["price", "--tariff", "uz.household", "--on", "2025-06-10", "--kwh=-1"], "zero or more"),
        (["bill", "--month", "2026-03", "--unit", "NOWHERE"], "NOWHERE"),
        (["bill", "--month", "2026-03", "--account", "SA01/0/0"], "SA01/0/0"),
        (["bill", "--month", "2026-03", "--by", "nobody"], 'no active user "nobody"'),
        (["bill", "--month", "2026-03"], "Nothing is open in 2026-03"),
        (["close", "--month", "2026-03"], "never opened"),
        (["migrate", "/nowhere/at/all"], "/nowhere/at/all"),
        (["migrate", "--profile", "no_such", "."], "no_such"),
        (["accept", "--protocol", "99", "--by", "administrator"], "99"),
        (["protocol", "99"], "99"),
        (["form", "R9", "--month", "2026-03", "--unit", "UZ"], "R9"),
        (["db", "verify", "/nowhere/at.dump"], "/nowhere/at.dump"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_sentence(
    run: Run, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert run(*arguments) == 1
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert words in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-command"],
        ["price"],
        ["price", "--tariff", "uz.household", "--on", "10.06.2025", "--kwh", "1"],
        ["price", "--tariff", "uz.household", "--on", "2025-06-10", "--kwh", "many"],
        ["price", "--tariff", "uz.household", "--on", "2025-06-10", "--kwh", "NaN"],
        ["bill", "--month", "2026-13"],
        ["bill", "--month", "2026-03", "--unit", "UZ", "--account", "SA01/1/1"],
        ["accept", "--protocol", "1"],
    ],
)
def test_wrong_usage_ends_with_two(run: Run, arguments: list[str]) -> None:
    assert run(*arguments) == 2


def test_reset_asks_and_keeps_the_data_without_a_yes(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    # Nobody answers: standard input of a test is empty.
    assert run("db", "reset") != 0
    assert "Traceback" not in capsys.readouterr().err
    assert run("price", "--tariff", "uz.legal", "--on", "2026-01-10", "--kwh", "1") == 0


def test_every_command_has_help_and_examples_are_shown() -> None:
    def commands(group: click.Group, path: str) -> list[tuple[str, click.Command]]:
        found = []
        for name, one in group.commands.items():
            found += commands(one, f"{path} {name}") if isinstance(one, click.Group) else [(f"{path} {name}", one)]
        return found

    whole = command()
    assert isinstance(whole, click.Group)
    known = dict(commands(whole, PROGRAM))
    assert {f"{PROGRAM} {name}" for name in COMMANDS} <= set(known)
    for path, one in known.items():
        assert one.help, path


def test_price_waits_for_nothing_that_it_does_not_need(environment: dict[str, str]) -> None:
    heavy = ("dagster", "dbt", "great_expectations", "dash", "pandas", "sqlalchemy", "legacy_migration", "dashboards")
    program = (
        "import sys\n"
        "from orchestration.command_line import command\n"
        "from orchestration.command_line.ending import run_to_an_end\n"
        "run_to_an_end(command(), 'wattbook', sys.argv[1:])\n"
        f"print([name for name in {heavy!r} if name in sys.modules])\n"
    )
    price = ["price", "--tariff", "uz.household", "--on", "2025-06-10", "--kwh", "350"]
    built = [sys.executable, PROGRAM_FILE, *price]
    subprocess.run(built, env=environment, check=True, capture_output=True)  # the first one builds the database
    answer = subprocess.run(
        [sys.executable, "-c", program, *price], env=environment, check=True, capture_output=True, text=True
    )
    assert answer.stdout.splitlines()[-1] == "[]"


def test_a_reader_who_had_enough_causes_no_traceback(environment: dict[str, str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [PROGRAM_FILE, "price", "--tariff", "uz.household", "--on", "2025-06-10", "--kwh", "350", "--json"],
        env=environment, stdout=writing, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    os.close(writing)
    assert ended.returncode == 0
    assert "Traceback" not in ended.stderr
    assert "BrokenPipe" not in ended.stderr


@pytest.mark.parametrize(
    ("raised", "status", "words"),
    [
        (KeyboardInterrupt(), 130, "Interrupted"),
        (Refusal("The month is closed; choose another."), 1, "The month is closed; choose another."),
        (PermissionError(13, "Permission denied", "/root/x"), 1, "/root/x"),
        (OSError(28, "No space left on device"), 1, "No space left on device"),
    ],
)
def test_what_a_user_or_machine_causes_ends_in_a_sentence(
    capsys: pytest.CaptureFixture[str], raised: BaseException, status: int, words: str
) -> None:
    app = typer.Typer()

    @app.command()
    def fail() -> None:
        raise raised

    assert run_to_an_end(typer.main.get_command(app), PROGRAM, []) == status
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said


def test_an_interrupt_whose_tidying_up_fails_is_still_an_interrupt(capsys: pytest.CaptureFixture[str]) -> None:
    app = typer.Typer()

    @app.command()
    def fail() -> None:
        try:
            raise KeyboardInterrupt
        finally:
            raise OSError(5, "cannot tidy up")

    assert run_to_an_end(typer.main.get_command(app), PROGRAM, []) == 130
    assert "Interrupted" in capsys.readouterr().err


def test_a_fault_of_the_program_is_not_hidden() -> None:
    app = typer.Typer()

    @app.command()
    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_to_an_end(typer.main.get_command(app), PROGRAM, [])
