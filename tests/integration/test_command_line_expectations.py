"""`wattbook migrate`, `expectations` and `accept` as a migration team types them."""

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from legacy_migration.commands import migrate
from legacy_migration.expectations.commands import check_load
from legacy_migration.synthetic_utility.generation import generate
from operational_db.connections import connect_as_admin
from operational_db.settings import REPOSITORY_DIR, Settings
from orchestration.command_line import app, surroundings

FEEDER = Path(os.environ.get("WATTBOOK_REAL_FEEDER", REPOSITORY_DIR.parent / "shared" / "real_feeder"))
pytestmark = pytest.mark.db


@pytest.fixture
def say(settings: Settings, monkeypatch: pytest.MonkeyPatch):  # noqa: ANN201
    monkeypatch.setattr(surroundings, "settings_with_database", lambda: settings)

    def run(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, list(arguments))
        said = str(result.exception) if result.exception and result.exit_code else ""
        return result.exit_code, " ".join(f"{result.output} {said}".split())

    return run


@pytest.mark.requirement("A54", "B51")
def test_a_load_is_expected_of_stopped_answered_for_and_accepted(say, settings: Settings, tmp_path: Path) -> None:  # noqa: ANN001
    generate(200, 2, 5, tmp_path / "dump")
    code, said = say("migrate", str(tmp_path / "dump"))
    assert code == 0
    assert "expectations are met; the rows that fail are on the page Migration." in said
    with connect_as_admin(settings) as session:
        session.execute("UPDATE migration.half_hours SET energy_kwh = energy_kwh + 1 WHERE row_no = 1")
        # As a new file of rules does, this asks anew.
        session.execute("UPDATE migration.expectation_result SET rules_sha256 = 'older'")
        session.commit()
    code, said = say("expectations", "--protocol", "1")
    assert code == 0
    assert "Stops the load: The 48 half-hours of a day add up to the day's total: not so for" in said
    code, said = say("accept", "--protocol", "1", "--by", "approver")
    assert code == 1
    assert "Protocol 1 cannot be accepted. The 48 half-hours" in said
    code, said = say(
        "expectations", "--protocol", "1", "--waive", "half_hours_add_up_to_their_day", "--reason", "rounded", "--json"
    )
    assert code == 0
    (waived,) = [one for one in json.loads(said)["expectations"] if one["waived"]]
    assert (waived["code"], waived["waived"], waived["is_met"]) == ("half_hours_add_up_to_their_day", "rounded", False)
    code, said = say("accept", "--protocol", "1", "--by", "approver")
    assert (code, "Protocol 1 is accepted" in said) == (0, True)


@pytest.mark.skipif(not FEEDER.is_dir(), reason="the real feeder is not on this machine")
def test_a_real_feeder_raises_no_alarm(settings: Settings) -> None:
    protocol_id = migrate(settings, FEEDER, profile="bdgd", by="administrator").protocol_id
    found = check_load(settings, protocol_id)
    assert [one.code for one in found if not one.is_met] == []
    assert "households_have_a_street" not in {one.code for one in found}  # it tells no street of anybody
