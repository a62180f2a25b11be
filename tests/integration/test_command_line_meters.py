"""`wattbook meters` as a clerk and as a program meet it."""

import json
import os
from collections.abc import Callable
from datetime import date

import psycopg
import pytest

from operational_db.billing.commands import bill_month
from operational_db.settings import ENVIRONMENT_PREFIX, Settings
from orchestration.command_line import PROGRAM, command
from orchestration.command_line.ending import run_to_an_end
from tests.meter_yard import MeterYard
from tests.small_book import ADMINISTRATOR

JANUARY, TWENTY_FIRST, FEBRUARY = date(2026, 1, 1), date(2026, 1, 21), date(2026, 2, 1)
POINT = "SA01/1/1#1"

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def yard(settings: Settings, database: psycopg.Connection) -> MeterYard:
    yard = MeterYard(settings, database)
    yard.book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 1000})
    return yard


@pytest.fixture
def run(
    yard: MeterYard, settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Runs a command in this process: exit status, standard output, standard error."""
    assert yard
    for name in list(os.environ):
        if name.startswith(ENVIRONMENT_PREFIX):
            monkeypatch.delenv(name)
    for name, value in settings.as_environment().items():
        monkeypatch.setenv(name, value)

    def run_command(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = run_to_an_end(command(), PROGRAM, ("meters", *arguments))
        told = capsys.readouterr()
        return status, told.out, told.err

    return run_command


REPLACE = ("replace", POINT, "NEW", "--on", "2026-01-21", "--value", "1100", "--new-value", "5", "--order", "17")


@pytest.mark.requirement("A45")
def test_an_order_is_given_to_somebody_and_comes_to_its_end(run: Run) -> None:
    """Three inspections are given out: one is done, one finds nobody at home, one is called off."""
    for number in ("31", "32", "33"):
        run("order", "issue", "inspect", POINT, "--on", "2026-01-02", "--number", number, "--due", "2026-01-20")
        told = run("order", "assign", number, "Karimov A.", "--on", "2026-01-03")
        assert told == (0, f"Work order {number} is given to Karimov A..\n", "")
    done = run("order", "execute", "31", "seals whole", "--on", "2026-01-10")
    assert done == (0, "Work order 31 is executed: seals whole\n", "")
    closed = run("order", "execute", "32", "nobody at home", "--not-done", "--on", "2026-01-10")
    assert closed == (0, "Work order 32 could not be carried out: nobody at home\n", "")
    run("order", "cancel", "33", "entered twice", "--on", "2026-01-10")
    assert [
        (o["order_no"], o["state"], o["executor"], o["result"], o["due_on"])
        for o in json.loads(run("order", "list", "--point", POINT, "--json")[1])
    ] == [
        ("33", "cancelled", "Karimov A.", "entered twice", "2026-01-20"),
        ("32", "not_executed", "Karimov A.", "nobody at home", "2026-01-20"),
        ("31", "executed", "Karimov A.", "seals whole", "2026-01-20"),
    ]
    status, _, refused = run("order", "execute", "31", "again", "--on", "2026-01-11")
    assert status == 1
    assert "31" in refused
    assert "executed" in refused
    assert run("order", "list", "--executor", "Nobody")[1] == "There are no such work orders.\n"


@pytest.mark.requirement("A45", "E94")
def test_a_clerk_tries_a_replacement_does_it_and_takes_it_back(run: Run) -> None:
    assert run("register", "NEW", "--type", "unknown", "--unit", "SA01", "--on", "2026-01-02", "--digits", "5")[0] == 0
    status, out, _ = run("order", "issue", "replace", POINT, "--on", "2026-01-02", "--number", "17")
    assert (status, out) == (0, f"Work order 17 is issued: replace at {POINT}.\n")

    status, out, _ = run(*REPLACE, "--dry-run")
    assert status == 0
    # 1100 - 1000 = 100 kWh x 600 = 60 000, nothing owed before
    assert "Nothing was written." in out
    assert "100.000 kWh, 60\u202f000.00 UZS; balance 0.00 before, 60\u202f000.00 after." in out
    assert json.loads(run("show", POINT, "--json")[1])["operations"] == []

    status, out, _ = run(*REPLACE)
    assert status == 0
    assert f"replace at {POINT}" in out
    assert "NEW" not in [meter["serial_no"] for meter in json.loads(run("stock", "--free", "--json")[1])]

    status, out, _ = run("undo", POINT, "--reason", "wrong apartment", "--json")
    undone = json.loads(out)
    assert (status, undone["kind"], undone["is_undone"]) == (0, "replace", True)
    assert "wrong apartment" in run("show", POINT, "--json")[1]
    assert [o["state"] for o in json.loads(run("order", "list", "--state", "open", "--json")[1])] == ["issued"]


def test_what_cannot_be_is_refused_with_a_sentence(run: Run, yard: MeterYard) -> None:
    run("register", "NEW", "--type", "unknown", "--unit", "SA01", "--on", "2026-01-02", "--digits", "5")
    status, _, err = run(*REPLACE)
    assert status == 1
    assert "17" in err
    assert "Traceback" not in err
    run("order", "issue", "replace", POINT, "--on", "2026-01-02", "--number", "17")
    run(*REPLACE)
    yard.book.reading(yard.with_meter(yard.book.consumer("SA01/1/9", res="SA01", readings={}), "NEW"), FEBRUARY, 50)
    bill_month(yard.settings, JANUARY, by=ADMINISTRATOR)
    status, _, err = run("undo", POINT, "--reason", "late")
    assert status == 1
    assert "billed" in err
    assert run("undo", POINT)[0] == 1
    assert run("replace", POINT, "NEW", "--on", "yesterday")[0] == 2


def _json(run: Run, *arguments: str) -> dict:
    status, out, err = run(*arguments, "--json")
    assert (status, err) == (0, "")
    return json.loads(out)


def _serial(yard: MeterYard, point: str = POINT) -> str:
    query = (
        "SELECT m.serial_no FROM ops.meter AS m INNER JOIN ops.meter_installation AS i ON i.meter_id = m.meter_id"
        " INNER JOIN ops.metering_point AS p ON p.metering_point_id = i.metering_point_id WHERE p.code = %s"
    )
    return yard.database.execute(query, [point]).fetchone()[0]


@pytest.mark.requirement("D6")
def test_a_meter_is_relocated_from_the_command_line(run: Run, yard: MeterYard) -> None:
    yard.point_without_meter("SA01/1/2", since=TWENTY_FIRST)
    order = yard.order("relocate", POINT)
    move = ("relocate", POINT, "SA01/1/2#1", "--on", "2026-01-21", "--value", "1100", "--order", order)
    dry = _json(run, *move, "--ratio", "1.5", "--dry-run")
    assert _json(run, "show", POINT)["operations"] == []
    done = _json(run, *move, "--ratio", "1.5")
    assert (dry["operation_id"], dry["is_dry_run"]) == (None, True)
    assert {**dry, "operation_id": done["operation_id"], "is_dry_run": False} == done
    assert [(r["point_code"], r["purpose"], r["value_kwh"]) for r in done["readings"]] == [
        (POINT, "closing", 1100), ("SA01/1/2#1", "opening", 1100),
    ]  # fmt: skip
    assert run(*move[:-1], order, "--ratio", "many")[0] == 2


@pytest.mark.requirement("E82", "E85", "E86", "E100")
def test_ratio_scales_and_type_are_set_from_the_command_line(run: Run, yard: MeterYard) -> None:
    serial = _serial(yard)
    ratio = ("set-ratio", POINT, "--on", "2026-01-11", "--value", "1050", "--ratio", "20", "--voltage-ratio", "1.5")
    assert _json(run, *ratio, "--dry-run")["is_dry_run"]
    assert [(r["energy_kwh"], r["ratio"]) for r in _json(run, *ratio)["readings"]] == [(50, 1)]

    scales = ("set-scales", serial, "--on", "2026-01-21", "--scale", "day", "--scale", "night", "--value", "1052",
              "--new-value", "day=3", "--new-value", "night=4")  # fmt: skip
    assert _json(run, *scales, "--dry-run")["is_dry_run"]
    # 2 on the register behind transformers of 20 x 1.5
    assert [(r["zone_code"], r["energy_kwh"]) for r in _json(run, *scales)["readings"]] == [
        ("all", 60), ("day", None), ("night", None),
    ]  # fmt: skip

    assert _json(run, "edit", serial, "--type", "TE73", "--dry-run")["is_dry_run"]
    status, out, _ = run("edit", serial, "--type", "TE73", "--made-in", "2019")
    assert status == 0
    assert f"edit at {POINT}, meter {serial}, on" in out
    (meter,) = json.loads(run("stock", "--json")[1])
    assert (meter["meter_type"], meter["digits"], sorted(meter["zones"])) == ("TE73", 6, ["day", "night"])


@pytest.mark.requirement("D8")
def test_a_test_is_recorded_from_the_command_line(run: Run) -> None:
    arguments = ("test", POINT, "--on", "2026-01-21", "--failed", "--error=-12.5", "--value", "1100")
    assert _json(run, *arguments, "--dry-run")["is_dry_run"]
    status, out, _ = run(*arguments)
    assert status == 0
    assert f"test at {POINT}, meter" in out
    assert [e["what"] for e in _json(run, "show", POINT)["events"]] == ["tested: outside its class, error -12.5 %"]


@pytest.mark.requirement("A46", "A47")
def test_the_condition_of_a_meter_is_noted_from_the_command_line(run: Run, yard: MeterYard) -> None:
    serial = _serial(yard)
    yard.in_store("N1")
    on = ("--on", "2026-01-21")
    for arguments, what in (
        (("seal", serial, "P-1", *on, "--part", "terminals", "--done-by", "Rakhimov"),
         "seal P-1 put on terminals by Rakhimov"),
        (("unseal", "P-1", *on, "--reason", "found broken", "--done-by", "Rakhimov"),
         "seal P-1 taken off by Rakhimov: found broken"),
        (("report-broken", serial, *on, "--fault", "dark display"), "broken: dark display"),
        (("maintain", serial, "--on", "2026-01-22", "--work", "new display", "--done-by", "Karimov", "--mended"),
         "new display (Karimov)"),
        (("verify", serial, *on, "--passed", "--next-due", "2034-01-21", "--certificate", "55/26"),
         "verified until 2034-01-21"),
        (("move", "N1", "laboratory", "--unit", "SA01", *on), "moved to laboratory of SA01"),
    ):  # fmt: skip
        dry = _json(run, *arguments, "--dry-run")
        assert (dry["what"], dry["is_dry_run"]) == (what, True)
        assert dry["what"] not in [event["what"] for event in _json(run, "show", "--meter", dry["serial_no"])["events"]]
        status, out, _ = run(*arguments)
        assert (status, out) == (0, f'Noted of meter "{dry["serial_no"]}" on {dry["happened_on"]}: {what}.\n')
        assert dry["what"] in [event["what"] for event in _json(run, "show", "--meter", dry["serial_no"])["events"]]
    assert _json(run, "broken") == []
    status, _, err = run("unseal", "P-2", *on, "--reason", "lost", "--done-by", "Rakhimov")
    assert (status, err.count("There is no seal")) == (1, 1)


@pytest.mark.requirement("E88", "E91", "E92", "E99", "E101")
def test_a_removal_that_looks_wrong_stops_and_the_next_step_is_told(run: Run, yard: MeterYard) -> None:
    order = yard.order("replace", POINT)
    remove = ("remove", POINT, "--on", "2026-01-21", "--order", order, "--value")
    status, _, err = run(*remove, "900")
    # The last control reading, 1000 on the first, is in the sentence.
    assert status == 1
    assert "below the last one, 1000 on 2026-01-01" in err
    assert run(*remove, "900", "--confirmed")[0] == 1  # without a note
    status, out, _ = run(*remove, "1100", "--inspection", "control")
    assert status == 0
    assert f"Next: `wattbook meters install {POINT} SERIAL --on 2026-01-21" in out
    installed = _json(
        run, "install", POINT, "TYPED", "--on", "2026-01-21", "--value", "0", "--type", "TE73", "--order", order
    )
    assert installed["serial_no"] == "TYPED"
    removed, _ = _json(run, "show", POINT)["operations"]
    assert removed["inspection_type"] == "control"
