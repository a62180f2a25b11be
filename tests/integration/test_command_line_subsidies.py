"""`wattbook subsidies`, `wattbook family` and `wattbook benefits` as a clerk and as a program meet them."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from operational_db.billing.commands import bill_month
from operational_db.settings import ENVIRONMENT_PREFIX, Settings
from orchestration.command_line import PROGRAM, command
from orchestration.command_line.ending import run_to_an_end
from tests.small_book import ADMINISTRATOR
from tests.subsidy_desk import FEBRUARY, JANUARY, KARIMOV, SubsidyDesk, list_of_social_security

Run = Callable[..., tuple[int, str, str]]
THIN = "\u202f"


@pytest.fixture
def desk(settings: Settings, database: psycopg.Connection) -> SubsidyDesk:
    desk = SubsidyDesk(settings, database)
    desk.book.consumer("SA01/1/2", res="SA01", readings={JANUARY: 0, FEBRUARY: 100})
    bill_month(settings, JANUARY, by=ADMINISTRATOR)
    return desk


@pytest.fixture
def run(
    desk: SubsidyDesk, settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Runs a command in this process: exit status, standard output with spaces run together, standard error."""
    assert desk
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


@pytest.mark.requirement("E144")
def test_a_month_of_subsidies_from_the_list_to_what_is_unused(run: Run, tmp_path: Path) -> None:
    bad = list_of_social_security(tmp_path, f"{KARIMOV},2026-01,x,D-1,,", name="bad.csv")
    assert run("subsidies", "accrue", str(bad)) == (
        1,
        "",
        (
            'bad.csv, row 1: "x" is not an amount; write it as 12345.60.\n'
            f"1 rows of {bad} are no subsidies, so none was accrued; correct them and load again.\n"
        ),
    )
    good = tmp_path / "good.csv"
    good.write_text(f"OWN_NUM;for_month;SUMMA;decision\n{KARIMOV};2026-01;200000;D-1\nSA01/1/2;2026-01;40000;D-2\n")
    accrue = (
        "subsidies", "accrue", str(good), "--delimiter", ";", "--column", "account_no=OWN_NUM", "--column",
        "amount=SUMMA",
    )  # fmt: skip
    assert run(*accrue, "--dry-run")[1] == "Would accrue 2 months of subsidy, 240 000.00 UZS."
    assert run(*accrue)[1] == "Accrued 2 months of subsidy, 240 000.00 UZS."
    assert run(*accrue)[0] == 1
    assert run("subsidies", "use", "--month", "2026-01", "--unit", "SA01", "--dry-run")[1].startswith("Would use")
    # 160,000 of 200,000 and 40,000 of 40,000 (100 x 600 = 60,000).
    assert run("subsidies", "use", "--month", "2026-01", "--unit", "SA01")[1] == (
        "Used subsidies of 2 accounts in 2026-01: 200 000.00 UZS. Unused of 1 accounts: 40 000.00 UZS, carried over."
    )
    assert run("subsidies", "list", "--month", "2026-01")[1] == (
        "account carried awarded recalculated charged benefit used unused "
        "SA01/1/1 0.00 200 000.00 0.00 160 000.00 0.00 160 000.00 40 000.00 "
        "SA01/1/2 0.00 40 000.00 0.00 60 000.00 0.00 40 000.00 0.00 "
        "together 0.00 240 000.00 0.00 220 000.00 0.00 200 000.00 40 000.00"
    )
    assert (
        run("subsidies", "reverse", KARIMOV, "1", "--month", "2026-01", "--reason", "Another family of that name")[1]
        == "Taken back: accrual 1 of 2026-01, account SA01/1/1, −200 000.00 UZS in 2026-01."
    )
    assert "1 uses before no longer held" in run("subsidies", "use", "--month", "2026-01", "--account", KARIMOV)[1]
    told = run("subsidies", "list", "--account", KARIMOV)[1]
    assert "2026-01 1 award, taken back 2026-01 200 000.00 200 000.00 D-1" in told
    assert "2026-01 2 used taken back 2026-01 −160 000.00 0.00" in told
    steps = json.loads(run("subsidies", "list", "--account", KARIMOV, "--json")[1])
    assert [step["unused_minor"] for step in steps] == [20_000_000, 0, -16_000_000, 0]


def test_what_is_wrong_usage_of_subsidies(run: Run) -> None:
    assert run("subsidies", "list")[0] == 2
    assert run("subsidies", "use", "--month", "2026-01", "--unit", "SA01", "--account", KARIMOV)[0] == 2
    assert run("subsidies", "accrue", "x.csv", "--column", "amount")[0] == 2
    status, _, err = run("subsidies", "accrue", "missing.csv")
    assert (status, "cannot be read" in err) == (1, True)
    assert run("subsidies", "list", "--month", "2026-01")[1] == "There is no subsidy in 2026-01."
    assert run("subsidies", "list", "--account", KARIMOV)[1] == "Account SA01/1/1 has no subsidy."


@pytest.mark.requirement("E25")
def test_a_family_is_told_by_dated_records(run: Run) -> None:
    of_karimov = ("--account", KARIMOV)
    assert run("family", "list", *of_karimov)[1] == "The book does not know how many persons live at SA01/1/1."
    assert run("family", "add", *of_karimov, "--persons", "4", "--from", "2026-01-01", "--dry-run")[1] == (
        "4 persons would live at SA01/1/1 from 2026-01-01 on."
    )
    run("family", "add", *of_karimov, "--persons", "4", "--from", "2026-01-01")
    category = ("benefits", "category")
    run(
        *category, "add", "veteran", "--name", "Veterans", "--share", "0.75", "--norm", "dwelling", "--financing",
        "state budget", "--row", "3", "--from", "2026-01-01",
    )  # fmt: skip
    run(
        "benefits", "grant", f"{KARIMOV}#1", "veteran", "--holder", "Karimov", "--from", "2026-01-01", "--persons", "4",
        "--dwelling", "gas_stove",
    )  # fmt: skip
    grant_no = run("benefits", "list", "--point", f"{KARIMOV}#1")[1].split()[1].rstrip(":")
    # The clerk is told of grants that count persons of their own.
    assert run("family", "add", *of_karimov, "--persons", "5", "--from", "2026-02-01")[1] == (
        f"5 persons live at SA01/1/1 from 2026-02-01 on. Grant {grant_no} (veteran at SA01/1/1#1) counts 4 entitled "
        f"persons of its own; change that by `wattbook benefits reassign {grant_no} --from 2026-02-01 --persons N`."
    )
    assert run("family", "list", *of_karimov)[1] == (
        "4 persons from 2026-01-01 to 2026-02-01 5 persons from 2026-02-01 to further notice"
    )
    assert run("family", "delete", *of_karimov, "--from", "2026-02-01")[1].startswith(
        "Deleted the record of 5 persons at SA01/1/1 from 2026-02-01; it is 4 persons again."
    )
    records = json.loads(run("family", "list", *of_karimov, "--deleted-too", "--json")[1])
    assert [(record["persons"], record["known_to"] is None) for record in records] == [
        (4, False), (4, False), (4, True), (5, False)
    ]  # fmt: skip


@pytest.mark.requirement("E43", "E45", "E48")
def test_the_directory_and_the_card_from_the_command_line(run: Run, tmp_path: Path) -> None:
    category = ("benefits", "category")
    new = ("--norm", "fixed", "--kwh", "30", "--financing", "local budget", "--row", "11", "--from", "2026-01-01")
    add = (*category, "add", "teacher", "--name", "Village teachers", "--share", "1", *new)
    assert run(*add, "--dry-run")[1] == "The category is possible."
    assert run(*add)[1] == "Category teacher is in the directory from 2026-01-01 on."
    assert run(*add)[0] == 1
    assert run(*category, "change", "teacher", "--share", "0.5", "--from", "2026-03-01")[1] == (
        "Category teacher gives that from 2026-03-01 on."
    )
    told = run("benefits", "categories")[1]
    assert "teacher: Village teachers, 100% from 2026-01-01" in told
    assert "teacher: Village teachers, 50% from 2026-03-01" in told
    run("benefits", "grant", f"{KARIMOV}#1", "teacher", "--holder", "Karimova Anna", "--from", "2026-01-01")
    grant_no = run("benefits", "list")[1].split()[1].rstrip(":")
    reassign = ("benefits", "reassign", grant_no, "--from", "2026-02-01", "--holder", "Karimov Ali")
    assert run(*reassign, "--dry-run")[1] == f"Grant {grant_no} could become another one on 2026-02-01."
    assert run(*reassign)[1].startswith(f"Grant {grant_no} ends on 2026-02-01; grant ")
    holders = ("benefits", "holders", "--on", "2026-02-01")
    assert run(*holders)[1] == (
        "category RES locality street house flat account holder entitled from to "
        "teacher SA01 SA01/1/1 Karimov Ali 1 2026-02-01 1 grants."
    )
    assert run(*holders, "--counts")[1] == (
        "category RES locality street grants holders entitled teacher SA01 1 1 1 together 1 1 1"
    )
    file = tmp_path / "holders.xlsx"
    assert run(*holders, "--file", str(file))[1] == f"{file}: 1 grants."
    assert file.stat().st_size > 0
    assert run("benefits", "holders", "--on", "2025-01-01")[1] == "Nobody holds such a benefit on 2025-01-01."
    (told_as_json,) = json.loads(run(*holders, "--json")[1])["holders"]
    assert (told_as_json["full_name"], told_as_json["norm_kwh"]) == ("Karimov Ali", 30)
