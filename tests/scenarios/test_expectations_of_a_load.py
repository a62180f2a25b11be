"""What is expected of a load before it may enter the book: who is named, what is at stake, what stops it.

The dump is the made-up utility's; the faults here are planted by hand into its typed rows, which are what is judged.
"""

from pathlib import Path

import pytest

from legacy_migration.commands import accept, migrate
from legacy_migration.expectations import scan
from legacy_migration.expectations.commands import check_load, waive
from legacy_migration.expectations.results import Outcome
from legacy_migration.expectations.rules import LEGACY_IN, read_rules
from legacy_migration.synthetic_utility.generation import generate
from operational_db.access.commands import create_user
from operational_db.connections import Role, connect, connect_as_admin
from operational_db.refusal import Refusal
from operational_db.settings import Settings

ADMINISTRATOR = "administrator"
APPROVER = "approver"
pytestmark = pytest.mark.db


@pytest.fixture
def load(settings: Settings, tmp_path: Path) -> tuple[Settings, int]:
    """A load of 200 consumers over two months whose protocol is prepared."""
    generate(200, 2, 5, tmp_path / "dump")
    summary = migrate(settings, tmp_path / "dump", profile="merged_utility", by=ADMINISTRATOR)
    return settings, summary.protocol_id


def outcome(found: list[Outcome], code: str) -> Outcome:
    return next(one for one in found if one.code == code)


def plant(settings: Settings, statement: str, *figures: object) -> list[tuple]:
    with connect_as_admin(settings) as session:
        changed = session.execute(statement, figures).fetchall()
        session.commit()
    return changed


@pytest.mark.requirement("A54", "B51")
def test_a_load_without_faults_raises_no_alarm(load: tuple[Settings, int]) -> None:
    settings, protocol_id = load
    found = check_load(settings, protocol_id)
    assert len(found) >= 15
    assert [one.code for one in found if not one.is_met] == []
    assert all(one.checked_count > 0 for one in found)
    accept(settings, protocol_id, by=APPROVER)


@pytest.mark.requirement("A54", "B51")
def test_every_failing_row_is_kept_by_its_old_key_with_what_is_at_stake(load: tuple[Settings, int]) -> None:
    settings, protocol_id = load
    # Forty people in one flat, in two households; a third has them too, but its row is held back by its verdict.
    crowded = plant(
        settings,
        "UPDATE migration.account AS a SET residents = 40 FROM (SELECT file_id, row_no FROM migration.account AS t "
        "WHERE kind = 'household' AND NOT is_deleted AND bad_reason IS NULL AND NOT EXISTS (SELECT 1 FROM "
        "migration.verdict AS d WHERE d.entity = 'account' AND d.file_id = t.file_id AND d.row_no = t.row_no) "
        "ORDER BY account_no LIMIT 2) AS n WHERE a.file_id = n.file_id AND a.row_no = n.row_no "
        "RETURNING a.account_no, a.file_id, a.row_no",
    )
    plant(
        settings,
        "UPDATE migration.account AS a SET residents = 40 FROM migration.verdict AS d WHERE d.entity = 'account' AND "
        "d.verdict = 'rejected' AND d.file_id = a.file_id AND d.row_no = a.row_no RETURNING a.account_no",
    )
    found = outcome(check_load(settings, protocol_id), "residents_are_plausible")
    assert (found.failed_count, found.is_met, found.severity) == (2, False, "note")
    with connect(settings, Role.LOADER) as session:
        rows = session.execute(
            "SELECT legacy_key, file_id, row_no, field, value, energy_kwh, amount_minor FROM "
            "migration.expectation_failure WHERE expectation_code = 'residents_are_plausible' ORDER BY legacy_key"
        ).fetchall()
        charged = dict(
            session.execute(
                "SELECT account_no, (sum(energy_kwh), sum(charge_minor)) FROM migration.charge WHERE account_no = "
                "ANY (%s) AND bad_reason IS NULL AND NOT is_deleted GROUP BY account_no",
                [[account_no for account_no, _, _ in crowded]],
            ).fetchall()
        )
    assert [row[:5] for row in rows] == [(*place, "residents", "40") for place in sorted(crowded)]
    for row in rows:
        assert (str(row[5]), str(row[6])) == tuple(str(part) for part in charged[row[0]])
    assert found.amount_minor == sum(row[6] for row in rows)
    # A note is told, and does not keep the load back.
    accept(settings, protocol_id, by=APPROVER)


@pytest.mark.requirement("A53", "B50")
def test_half_hours_that_do_not_add_up_stop_the_load_until_somebody_answers_for_them(
    load: tuple[Settings, int],
) -> None:
    settings, protocol_id = load
    ((point, on, energy),) = plant(
        settings,
        "UPDATE migration.half_hours AS t SET energy_kwh = energy_kwh + 7 WHERE (file_id, row_no) IN (SELECT file_id, "
        "row_no FROM migration.half_hours ORDER BY file_id, row_no LIMIT 1) "
        "RETURNING point_code || ' ' || channel, measured_on, energy_kwh",
    )
    found = outcome(check_load(settings, protocol_id), "half_hours_add_up_to_their_day")
    assert (found.failed_count, found.stops, found.energy_kwh) == (1, True, energy)
    with pytest.raises(
        Refusal, match="cannot be accepted. The 48 half-hours of a day add up to the day.s total: not so for 1 of"
    ):
        accept(settings, protocol_id, by=APPROVER)
    with connect(settings, Role.LOADER) as session:
        (key,) = session.execute(
            "SELECT legacy_key FROM migration.expectation_failure WHERE expectation_code = %s", [found.code]
        ).fetchone()
        assert session.execute("SELECT count(*) FROM migration.protocol_event").fetchone() == (0,)
    assert key == f"{point} {on}"

    create_user(settings, login="clerk", full_name="Anvar", group_code="management", unit_code="UZ", by=ADMINISTRATOR)
    with pytest.raises(Refusal, match='does not hold the right "accept_load"'):
        waive(settings, protocol_id, found.code, reason="the collector rounds", by="clerk")
    with pytest.raises(Refusal, match="for a reason"):
        waive(settings, protocol_id, found.code, reason=" ", by=ADMINISTRATOR)
    with pytest.raises(Refusal, match='no unmet expectation "payments_are_of_the_company_s_life"'):
        waive(settings, protocol_id, "payments_are_of_the_company_s_life", reason="why not", by=ADMINISTRATOR)
    waived = outcome(
        waive(settings, protocol_id, found.code, reason="the collector rounds", by=ADMINISTRATOR), found.code
    )
    assert (waived.is_met, waived.stops, waived.waived) == (False, False, "the collector rounds")
    accept(settings, protocol_id, by=APPROVER)


def test_names_in_a_wrong_encoding_stop_their_file_alone(load: tuple[Settings, int]) -> None:
    settings, protocol_id = load
    # Каримова written in cp866 and read as cp1251 would be other letters; here as Western European reads cp1251.
    ((file_id, count),) = plant(
        settings,
        "WITH spoiled AS (UPDATE migration.account SET full_name = %s WHERE file_id = (SELECT min(file_id) FROM "
        "migration.account) RETURNING file_id) SELECT file_id, count(*) FROM spoiled GROUP BY file_id",
        "Каримова Раъно".encode("cp1251").decode("latin-1"),
    )
    found = outcome(check_load(settings, protocol_id), "names_are_in_one_encoding")
    assert found.stops
    assert 0 < found.failed_count <= count
    with connect(settings, Role.LOADER) as session:
        unmet = session.execute(
            "SELECT file_id FROM migration.expectation_result WHERE expectation_code = %s AND NOT is_met", [found.code]
        ).fetchall()
    assert unmet == [(file_id,)]


def test_a_unit_whose_kilowatt_hours_became_watt_hours_is_named_by_unit_and_month(load: tuple[Settings, int]) -> None:
    settings, protocol_id = load
    # The last month of the largest RES a thousand times larger: far outside 0.02 to 50.
    ((folder, month),) = plant(
        settings,
        "WITH largest AS (SELECT f.folder_value, max(c.service_month) AS month FROM migration.charge AS c INNER JOIN "
        "landing.file AS f USING (file_id) WHERE f.folder_value <> '' GROUP BY 1 ORDER BY count(*) DESC LIMIT 1), "
        "changed AS (UPDATE migration.charge AS c SET energy_kwh = energy_kwh * 1000 FROM largest AS l, landing.file "
        "AS f WHERE f.file_id = c.file_id AND f.folder_value = l.folder_value AND c.service_month = l.month) "
        "SELECT folder_value, month FROM largest",
    )
    found = check_load(settings, protocol_id)
    assert outcome(found, "energy_of_a_unit_is_of_one_scale").stops
    assert outcome(found, "money_of_a_unit_is_of_one_scale").is_met
    with connect(settings, Role.LOADER) as session:
        row = session.execute(
            "SELECT legacy_key, file_id, value::numeric > 50, energy_kwh > 0 FROM migration.expectation_failure WHERE "
            "expectation_code = 'energy_of_a_unit_is_of_one_scale'"
        ).fetchall()
    assert row == [(f"{folder} {month:%Y-%m}", None, True, True)]


def test_batches_add_up_to_the_same_results(load: tuple[Settings, int], monkeypatch: pytest.MonkeyPatch) -> None:
    settings, protocol_id = load
    plant(settings, "UPDATE migration.payment SET paid_on = '1980-01-01' WHERE row_no %% 7 = 0 RETURNING row_no")
    whole = check_load(settings, protocol_id)
    assert not outcome(whole, "payments_are_of_the_company_s_life").is_met
    with connect(settings, Role.LOADER) as session:
        session.execute("UPDATE migration.expectation_result SET rules_sha256 = 'older rules'")
        session.commit()
    monkeypatch.setattr(scan, "BATCH_ROWS", 11)
    assert check_load(settings, protocol_id) == whole


def test_the_same_rules_judge_a_load_once(load: tuple[Settings, int]) -> None:
    settings, protocol_id = load
    first = check_load(settings, protocol_id)
    with connect(settings, Role.LOADER) as session:
        ids = session.execute("SELECT array_agg(expectation_result_id) FROM migration.expectation_result").fetchone()
    assert check_load(settings, protocol_id) == first
    with connect(settings, Role.LOADER) as session:
        again = session.execute("SELECT array_agg(expectation_result_id) FROM migration.expectation_result").fetchone()
    assert again == ids


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ("    column: full_name", 'line 2: "account" has no column "nobody"'),
        ("    matches: x", "must ask exactly one of"),
        ("    severity: note", "must have the severity stop or note"),
        ("    of: account", '"persons" is no kind of fact and no summary'),
    ],
)
def test_a_wrong_rule_is_refused_with_its_line(tmp_path: Path, wrong: str, sentence: str) -> None:
    right = (
        "expectations:\n  a_rule:\n    of: account\n    column: full_name\n    matches: x\n    severity: note\n"
        "    sentence: {en: A., ru: А.}\n"
    )
    file = tmp_path / "rules.yaml"
    file.write_text(right, encoding="utf-8")
    assert read_rules(file).expectations[0].kind == "matches"
    worse = {
        "    column: full_name": "    column: nobody",
        "    matches: x": "    matches: x\n    filled: true",
        "    severity: note": "    severity: loud",
        "    of: account": "    of: persons",
    }[wrong]
    file.write_text(right.replace(wrong, worse), encoding="utf-8")
    with pytest.raises(Refusal) as refused:
        read_rules(file)
    assert sentence in str(refused.value)
    assert read_rules(LEGACY_IN).expectations
