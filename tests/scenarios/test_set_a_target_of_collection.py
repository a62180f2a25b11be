"""Targets of collection as management sets them: from a month on, on a paper, for the units under the own one."""

from datetime import date
from decimal import Decimal

import psycopg
import pytest
from typer.testing import CliRunner

from operational_db.access.commands import create_user
from operational_db.plans.collection_targets import (
    end_collection_target,
    list_collection_targets,
    set_collection_target,
)
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from orchestration.command_line import app
from tests.small_book import ADMINISTRATOR

pytestmark = pytest.mark.db

JANUARY, MARCH, JULY = date(2026, 1, 1), date(2026, 3, 1), date(2026, 7, 1)
ORDER = "Order 12 of 05.01.2026"


def _set(settings: Settings, unit: str, percent: int, from_month: date, *, by: str = ADMINISTRATOR) -> date | None:
    return set_collection_target(
        settings, unit, Decimal(percent) / 100, from_month=from_month, document=ORDER, by=by
    )  # fmt: skip


def _standing(settings: Settings) -> list[tuple]:
    return [
        (t.unit_code, t.target_share * 100, t.valid_from, t.valid_to)
        for t in list_collection_targets(settings, by=ADMINISTRATOR)
    ]


def test_a_target_holds_until_the_next_one_whenever_that_is_entered(
    settings: Settings, database: psycopg.Connection
) -> None:
    assert _set(settings, "UZ-SA", 95, JANUARY) is None
    assert _set(settings, "UZ-SA", 98, JULY) is None
    # A target for March is thought of last: it holds until the one of July.
    assert _set(settings, "UZ-SA", 96, MARCH) == JULY
    assert _standing(settings) == [
        ("UZ-SA", 95, JANUARY, MARCH), ("UZ-SA", 96, MARCH, JULY), ("UZ-SA", 98, JULY, None),
    ]  # fmt: skip
    # The one of March was a slip of the pen: it is replaced, and what stood is still known.
    assert _set(settings, "UZ-SA", 97, MARCH) == JULY
    assert _standing(settings)[1] == ("UZ-SA", 97, MARCH, JULY)
    replaced = database.execute(
        "SELECT target_share * 100, valid_from FROM ops.collection_target WHERE known_to IS NOT NULL ORDER BY 1, 2"
    ).fetchall()
    assert replaced == [(95, JANUARY), (95, JANUARY), (96, MARCH)]


def test_an_ended_target_leaves_months_without_one_of_its_own(settings: Settings) -> None:
    _set(settings, "SA01", 90, JANUARY)
    assert end_collection_target(settings, "SA01", from_month=MARCH, by=ADMINISTRATOR) is None
    assert _standing(settings) == [("SA01", 90, JANUARY, MARCH)]
    with pytest.raises(Refusal, match='Unit "SA01" has no target of its own in 2026-03; see `wattbook targets list`'):
        end_collection_target(settings, "SA01", from_month=MARCH, by=ADMINISTRATOR)


def test_what_cannot_be_a_target_is_refused(settings: Settings, database: psycopg.Connection) -> None:
    with pytest.raises(Refusal, match="A target of 9500 % is not possible; give more than 0 and at most 200"):
        set_collection_target(
            settings, "SA01", Decimal(95), from_month=JANUARY, document=ORDER, by=ADMINISTRATOR
        )  # fmt: skip
    with pytest.raises(Refusal, match="needs the paper"):
        set_collection_target(
            settings, "SA01", Decimal("0.9"), from_month=JANUARY, document=" ", by=ADMINISTRATOR
        )  # fmt: skip
    database.execute(
        "INSERT INTO ops.unit (code, level, source_id) SELECT 'F-1', 'feeder', min(source_id) FROM ops.source"
    )
    with pytest.raises(Refusal, match='Unit "F-1" is a feeder, and money is kept by RES and above'):
        _set(settings, "F-1", 95, JANUARY)
    _set(settings, "SA01", 95, JANUARY)
    with pytest.raises(psycopg.errors.ExclusionViolation):
        database.execute(
            "INSERT INTO ops.collection_target (unit_id, target_share, document, valid_from, source_id)"
            " SELECT unit_id, 0.9, 'twice', '2026-02-01', source_id FROM ops.collection_target"
        )


def test_nobody_sets_the_target_of_the_own_unit(settings: Settings) -> None:
    create_user(
        settings, login="samarkand", full_name="Rano Karimova", group_code="management", unit_code="UZ-SA",
        by=ADMINISTRATOR,
    )  # fmt: skip
    _set(settings, "SA01", 92, JANUARY, by="samarkand")
    for unit in ("UZ-SA", "UZ", "TK03"):
        with pytest.raises(Refusal, match='User "samarkand" does not hold the right "set_targets"'):
            _set(settings, unit, 50, JANUARY, by="samarkand")
    assert _standing(settings) == [("SA01", 92, JANUARY, None)]


def test_the_command_says_how_long_a_target_holds(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in settings.as_environment().items():
        monkeypatch.setenv(name, value)

    def told(*arguments: str) -> str:
        answer = CliRunner().invoke(app, ["targets", *arguments])
        assert answer.exit_code == 0, answer.output
        return " ".join(answer.output.split())

    assert told("list") == "No targets are set; `wattbook targets set` sets one."
    later = told("set", "UZ-SA", "98", "--from", "2026-07", "--document", ORDER)
    assert later == "UZ-SA is to collect 98 % from 2026-07 on. Screens show it after `wattbook build`."
    assert "from 2026-01 until 2026-07, exclusive" in told(
        "set", "UZ-SA", "95.5", "--from", "2026-01", "--document", ORDER
    )
    assert told("list").startswith(f"UZ-SA: 95.5 % from 2026-01 until 2026-07, exclusive ({ORDER})")
    assert "no target of its own from 2026-03 until 2026-07" in told("end", "UZ-SA", "--from", "2026-03")
