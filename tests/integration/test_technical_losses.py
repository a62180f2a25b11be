"""Worked figures of losses and imbalance, and laws that hold for any: by the functions that the marts use."""

import json
import math
import os
from collections.abc import Callable
from decimal import Decimal

import psycopg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as drawn
from hypothesis import strategies as st

from operational_db.connections import connect_as_admin
from operational_db.settings import ENVIRONMENT_PREFIX, Settings
from orchestration.command_line import PROGRAM, command
from orchestration.command_line.ending import run_to_an_end

Run = Callable[..., tuple[int, dict, str]]

FOUR_HUNDRED_KVA = (
    "transformer", "--no-load-kw", "0.95", "--load-kw", "5.5", "--rated-kva", "400", "--active-kwh", "60000",
    "--reactive-kvarh", "36000", "--hours", "720",
)  # fmt: skip


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`wattbook losses ... --json`: exit status, the answer, the complaint."""
    for name in list(os.environ):
        if name.startswith(ENVIRONMENT_PREFIX):
            monkeypatch.delenv(name)
    for name, value in settings.as_environment().items():
        monkeypatch.setenv(name, value)

    def run_command(*arguments: str) -> tuple[int, dict, str]:
        capsys.readouterr()
        status = run_to_an_end(command(), PROGRAM, ["losses", *arguments, "--json"])
        told = capsys.readouterr()
        return status, json.loads(told.out) if told.out else {}, told.err

    return run_command


@pytest.mark.requirement("A22", "B21")
def test_a_transformer_loses_steel_by_hours_and_copper_by_the_square_of_its_load(run: Run) -> None:
    status, told, _ = run(*FOUR_HUNDRED_KVA)
    assert status == 0
    # No-load: 0.95 x 720 = 684. Load: (60,000² + 36,000²) / (400² x 720) = 4.896e9 / 1.152e8 = 42.5; x 5.5 = 233.75;
    # x 1.17 = 273.4875.
    assert (told["no_load_kwh"], told["load_kwh"], told["loss_kwh"]) == (684, 273, 957)
    assert (told["inputs"]["form_factor_sq"], told["not_given"]) == (1.17, ["hours_on", "form_factor_sq"])
    # In a feeder's balance the factor is absent; it was energised for 744 h: 0.95 x 744 = 706.8.
    _, told, _ = run(*FOUR_HUNDRED_KVA, "--form-factor-sq", "1", "--hours-on", "744")
    assert (told["no_load_kwh"], told["load_kwh"]) == (707, 234)


@pytest.mark.requirement("A22", "B21")
def test_a_line_loses_three_times_the_square_of_its_current(run: Run) -> None:
    status, told, _ = run(
        "line", "--voltage-v", "10000", "--ohm-per-km", "0.64", "--length-m", "2500", "--active-kwh", "72000",
        "--reactive-kvarh", "54000", "--hours", "720", "--form-factor-sq", "1",
    )  # fmt: skip
    assert status == 0
    # Mean power sqrt(72,000² + 54,000²) / 720 h = 90,000 / 720 = 125 kVA; current 125 / (√3 x 10) = 7.217 A;
    # 3 x 7.217² x 0.64 x 2.5 = 250 W; over 720 h 180 kWh.
    assert told["loss_kwh"] == 180


@pytest.mark.requirement("A22", "B21")
def test_a_low_voltage_network_counts_days(run: Run) -> None:
    network = (
        "low-voltage", "--energy-mwh", "30", "--lines", "2", "--section-mm2", "35", "--main-m", "400",
        "--three-phase-m", "200", "--single-phase-m", "100", "--busbar-share", "0.1", "--days", "30",
    )  # fmt: skip
    _, told, _ = run(*network, "--household-share", "1")
    # k04 = (7.78 - 2.67 - 1.48) x (1.25 + 0.14) = 3.63 x 1.39 = 5.0457. Length 400 + 88 + 22 = 510 m.
    # Form factor (1 + 2 x 0.5) / (3 x 0.5) = 4/3. 5.0457 x 15² x 0.9² x 1.36 x 510 / (35 x 30) x 4/3
    # = 5.0457 x 225 = 1,135.2825; x 0.81 = 919.5788; x 1.36 = 1,250.6272; x 510 / 1,050 = 607.4475; x 4/3 = 809.93.
    assert told["loss_kwh"] == 810
    # Without households k04 = 7.78 x 1.25 = 9.725; order 326 has 9.67, and for households alone 4.51.
    for share, extra, factor in (("0", (), 9.725), ("0", ("--order-326",), 9.67), ("1", ("--order-326",), 4.51)):
        _, other, _ = run(*network, "--household-share", share, *extra)
        assert other["exact_kwh"] == pytest.approx(809.93 * factor / 5.0457, abs=0.01)


@pytest.mark.requirement("A22", "B21")
def test_leakage_and_dielectric_losses_go_by_tables(run: Run) -> None:
    # 0.153 kW/km x 12 km x 720 h = 1,321.92
    _, told, _ = run("leakage", "--voltage-kv", "10", "--weather-group", "2", "--length-m", "12000", "--hours", "720")
    assert told["loss_kwh"] == 1322
    # 13.5 kvar/km x 0.02 x 3 km x 720 h = 583.2
    _, told, _ = run("dielectric", "--voltage-kv", "10", "--section-mm2", "70", "--length-m", "3000", "--hours", "720")
    assert told["loss_kwh"] == 583
    status, _, sentence = run(
        "dielectric", "--voltage-kv", "10", "--section-mm2", "71", "--length-m", "3000", "--hours", "720"
    )
    assert status == 1
    assert "No coefficient is known for a cable of 71 mm² at 10 kV; known are 10 mm² at 6 kV" in sentence


@pytest.mark.requirement("A22", "B21")
def test_hours_of_full_loss(run: Run, database: psycopg.Connection) -> None:
    # (0.124 + 0.543553)² x 8,760 = 0.667553² x 8,760 = 3,903.69
    assert run("tau", "--max-hours", "5435.53")[1]["tau_h"] == pytest.approx(3903.69)
    # 0.14 MW x 8,760 h + 0.112 MW x 4,591.78 h = 1,226.4 + 514.28 = 1,740.68 MWh
    assert database.execute("SELECT round(ops.loss_by_loss_hours_kwh(140, 112, 4591.78) / 1000, 2)").fetchone() == (
        Decimal("1740.68"),
    )


@pytest.mark.requirement("A23", "B22")
def test_the_permissible_imbalance(run: Run, database: psycopg.Connection) -> None:
    complexes = [
        *("--input", "share=0.6,ct=0.5,vt=0.5,meter=0.5,line=0.25"),
        *("--input", "share=0.4,ct=0.5,vt=0.5,meter=0.5,line=0.25"),
        *(
            argument
            for share in ("0.4", "0.3", "0.2", "0.1")
            for argument in ("--output", f"share={share},ct=0.5,vt=0.5,meter=1.0,line=0.25")
        ),
    ]
    # Inputs: 1.1² x (3 x 0.25 + 0.0625) = 0.983125, times 0.36 + 0.16: 0.511225. Outputs: 1.1² x (0.5 + 1 + 0.0625) =
    # 1.890625, times 0.16 + 0.09 + 0.04 + 0.01: 0.5671875. √1.0784125 = 1.0385.
    assert run("imbalance", "--variant", "classic", *complexes)[1]["permissible_percent"] == pytest.approx(1.038)
    # Without the factor and the line: 0.75 x 0.52 + 1.5 x 0.3 = 0.39 + 0.45 = 0.84; √0.84 = 0.9165.
    assert run("imbalance", "--variant", "quadratic", *complexes)[1]["permissible_percent"] == pytest.approx(0.917)
    # What is not known of one complex leaves the whole unknown, not smaller.
    assert database.execute("SELECT ops.permissible_imbalance_percent('{0.5,0.5}', '{1,null}')").fetchone() == (None,)
    # (1,000 - 950 - 10 - 8) / 1,000 = 3.2 %
    assert database.execute("SELECT ops.actual_imbalance_percent(1000, 950, 10, 8)").fetchone() == (Decimal("3.2"),)


def test_a_missing_or_impossible_input_is_named(run: Run) -> None:
    status, _, sentence = run("imbalance", "--variant", "classic", "--input", "share=1,ct=0.5,vt=0.5,meter=0.5")
    assert status == 2
    assert "lacks line" in sentence
    status, _, sentence = run("imbalance", "--variant", "classic", "--input", "share=1,ct=0,vt=0,meter=1,line=0")
    assert (status, "No --output is given" in sentence) == (1, True)
    status, _, sentence = run(*FOUR_HUNDRED_KVA[:-2])
    assert (status, "--hours" in sentence) == (2, True)
    for beyond in ("1e90000", "1e-90000", "nan"):
        status, _, sentence = run(*FOUR_HUNDRED_KVA[:-1], beyond)
        assert (status, f'"{beyond}" is not a number' in sentence) == (2, True)
    status, _, sentence = run(*FOUR_HUNDRED_KVA[:-1], "0")
    assert (status, "--hours is 0, so there is nothing to divide by" in sentence) == (1, True)


kwh = st.integers(0, 10**7)


@given(active=kwh, reactive=kwh, ohm=st.integers(1, 2000), metres=st.integers(1, 50_000), hours=st.integers(1, 744))
@drawn(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_line_loses_three_i_squared_r(
    settings: Settings, active: int, reactive: int, ohm: int, metres: int, hours: int
) -> None:
    with connect_as_admin(settings) as session:
        (found,) = session.execute(
            "SELECT ops.line_loss_kwh(10000, %s / 1000.0, %s, %s, %s, %s, 1)", [ohm, metres, active, reactive, hours]
        ).fetchone()
    current_a = math.hypot(active, reactive) / hours / (math.sqrt(3) * 10)
    assert float(found) == pytest.approx(3 * current_a**2 * ohm / 1000 * metres / 1000 / 1000 * hours, rel=1e-9)


@given(active=kwh, more=st.integers(0, 10**6), day_hours=st.integers(1, 23))
@drawn(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_more_energy_never_loses_less_and_zones_together_lose_it_all(
    settings: Settings, active: int, more: int, day_hours: int
) -> None:
    with connect_as_admin(settings) as session:
        less, greater, in_zones = session.execute(
            "WITH n AS (SELECT ops.transformer_load_kwh(5.5, 400, %s, 0, 720, 1) AS less,"
            " ops.transformer_load_kwh(5.5, 400, %s, 0, 720, 1) AS greater)"
            " SELECT less, greater, ops.loss_in_zone_kwh(less, %s) + ops.loss_in_zone_kwh(less, %s) FROM n",
            [active, active + more, day_hours, 24 - day_hours],
        ).fetchone()
    assert less <= greater
    assert in_zones == pytest.approx(less)
    assert (less == 0) == (active == 0)
