"""Is a RES ready, what stops it, when is it cut over and who signed what: the twenty accounts, figures by hand."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from legacy_migration.commands import accept, migrate
from legacy_migration.cut_over.commands import checklist, fix_day, sign_item
from legacy_migration.readiness.commands import Readiness, readiness_history, score_readiness
from legacy_migration.shadow_billing.commands import shadow_bill
from legacy_migration.synthetic_utility.twenty_accounts.dump import twenty_accounts
from operational_db.access.commands import create_user
from operational_db.connections import connect_as_admin
from operational_db.payments.corrections import bind_payment
from operational_db.payments.recognition import pool_payments
from operational_db.refusal import Refusal
from operational_db.settings import Settings

BY = "administrator"
APPROVER = "approver"
SPRING = date(2031, 3, 1)


@pytest.fixture
def protocol_id(settings: Settings, tmp_path: Path) -> int:
    return migrate(settings, twenty_accounts(tmp_path / "twenty"), profile="merged_utility", by=BY).protocol_id


def stopping(score: Readiness) -> set[str]:
    return {component.component_code for component in score.components if component.is_stopping}


def shares(score: Readiness) -> dict[str, Decimal | None]:
    return {component.component_code: component.share for component in score.components}


@pytest.mark.requirement("A52", "B51")
def test_a_load_that_was_only_judged_stops_both_res(settings: Settings, protocol_id: int) -> None:
    city, country = score_readiness(settings, by=BY)
    assert (city.res_code, country.res_code) == ("SA01", "SA03")
    assert stopping(city) == {"protocol_signed", "bills_explained"}
    # 84,000 of SA03 were paid to an account that nobody has.
    assert stopping(country) == {"protocol_signed", "bills_explained", "money_placed"}
    assert city.stops == [
        f"Protocol {protocol_id} is not signed; `wattbook accept` signs it.",
        # 8 households and 2 legal consumers, 3 months each.
        "30 of 30 bills were not re-rated; run `wattbook shadow`.",
    ]
    # Of 95 points (nothing is known of a pilot) those for sums 15, money 15 and rows 10: 40 / 95 = 42.105 %.
    assert (city.score, city.is_ready) == (Decimal("42.1"), False)


def test_a_res_is_ready_when_nothing_stops_it(settings: Settings, protocol_id: int) -> None:
    shadow_bill(settings, protocol_id, by=BY)
    accept(settings, protocol_id, by=APPROVER)
    city, country = score_readiness(settings, by=BY)
    assert (city.score, city.is_ready, city.protocol_ids) == (Decimal("100.0"), True, [protocol_id])
    assert stopping(country) == {"bills_explained", "money_placed"}
    sentences = {component.component_code: component.sentence for component in country.components}
    # Of 27 bills 3 have no tariff and 2 are swapped; 2 more rest on a missing reading.
    assert sentences["bills_explained"] == (
        "5 of 27 bills differ without an explanation; see `wattbook shadow --class unexplained --res SA03`."
    )
    assert sentences["bills_equal"] == "20 of 27 bills are equal to ours but for rounding."
    # Payments of SA03: 5,000,000 + 14,000,000 + 3,500,000 + 15,612,000 + 6,860,000 + 132,000.50 + 96,000 + 136,000 +
    # 152,000 + 84,000 astray = 45,572,000.50. Openings: 60,000.50 + 5,000,000 + 12,000 + 14,000,000 + 8,000.25 +
    # 30,000 + 500,000 = 19,610,000.75. Together 65,182,001.25.
    assert sentences["money_placed"].startswith("84000.00 of 65182001.25 stand on no account of their own")
    # 8 rows of SA03 were rejected (docs/twenty_accounts.md): a point, two meters, five readings.
    assert sentences["rows_loaded"].startswith("8 of ")
    # The score by its parts, each cut off at a millionth.
    parts = {c.component_code: (c.weight, c.share) for c in country.components if c.share is not None}
    assert parts["bills_explained"] == (20, Decimal("0.814814"))  # 22 / 27
    assert parts["bills_equal"] == (15, Decimal("0.740740"))  # 20 / 27
    assert parts["money_placed"] == (15, Decimal("0.998711"))  # 65,098,001.25 / 65,182,001.25
    # 15 + 15 + 14.980665 + 16.29628 + 11.1111 + 5 + 10 x rows, of 95 points.
    expected = (Decimal("77.388045") + 10 * parts["rows_loaded"][1]) / 95 * 100
    assert country.score == expected.quantize(Decimal("0.1"), rounding="ROUND_DOWN")


def test_money_that_was_bound_is_nobodys_no_longer(settings: Settings, protocol_id: int) -> None:
    accept(settings, protocol_id, by=APPROVER)
    (astray,) = pool_payments(settings, by=BY)
    bind_payment(settings, astray.channel_code, astray.external_id, "SA03/1/2", by=BY)
    (country,) = score_readiness(settings, by=BY, res_code="SA03")
    assert "money_placed" not in stopping(country)
    assert shares(country)["money_placed"] == 1


def test_a_control_sum_that_differs_stops(settings: Settings, tmp_path: Path) -> None:
    dump = twenty_accounts(tmp_path / "twenty")
    (dump / "legal/NOTES.TXT").write_text("call Rustam about the pump station\n")
    migrate(settings, dump, profile="merged_utility", by=BY)
    for score in score_readiness(settings, by=BY):
        assert "control_sums" in stopping(score)
        assert any(sentence.startswith("1 of ") and "control sums differ" in sentence for sentence in score.stops)


def test_scores_are_history_and_the_same_again_adds_none(settings: Settings, protocol_id: int) -> None:
    (first,) = score_readiness(settings, by=BY, res_code="SA01")
    (again,) = score_readiness(settings, by=BY, res_code="SA01")
    assert (first.is_new, again.is_new) == (True, False)
    assert again.scored_at == first.scored_at
    shadow_bill(settings, protocol_id, by=BY)
    create_user(settings, login="olim", full_name="Olim", group_code="migration_team", unit_code="SA01", by=BY)
    (later,) = score_readiness(settings, by="olim", res_code="SA01")
    assert [(score.score, score.scored_by) for score in readiness_history(settings, "SA01")] == [
        (later.score, "olim"),
        (first.score, BY),
    ]
    # Who migrates one RES scores that one.
    assert [score.res_code for score in score_readiness(settings, by="olim")] == ["SA01"]
    with pytest.raises(Refusal, match='"olim" does not hold the right "migrate" for SA03'):
        score_readiness(settings, by="olim", res_code="SA03")


def test_weights_hold_from_their_day_on(settings: Settings, protocol_id: int) -> None:
    """From today on rows count nothing and months nine times as much."""
    with connect_as_admin(settings) as session:
        session.execute(
            "INSERT INTO ops.readiness_weight SELECT component_code, current_date, sort_order, "
            "CASE component_code WHEN 'rows_loaded' THEN 0 ELSE 45 END, is_hard_stop, 6, meaning "
            "FROM ops.readiness_weight WHERE component_code IN ('rows_loaded', 'parallel_months')"
        )
    shadow_bill(settings, protocol_id, by=BY)
    accept(settings, protocol_id, by=APPROVER)
    (city,) = score_readiness(settings, by=BY, res_code="SA01")
    # 15 x 4 + 20 = 80 and 3 of 6 months of 45 = 22.5: 102.5 of 125 = 82 %.
    assert city.score == 82


def test_a_res_without_a_load_is_refused(settings: Settings, protocol_id: int) -> None:
    with pytest.raises(Refusal, match='No load that stands tells of a RES "QR01"; known are SA01, SA03'):
        score_readiness(settings, by=BY, res_code="QR01")
    assert protocol_id


@pytest.mark.requirement("C22")
def test_the_day_of_cut_over_is_moved_with_a_reason_and_on_record(settings: Settings) -> None:
    assert checklist(settings, "SA01").cutover_on is None
    fix_day(settings, "UZ-SA", SPRING, reason="Order 12", by=BY)
    create_user(settings, login="lola", full_name="Lola", group_code="migration_approvers", unit_code="UZ-SA", by=BY)
    later = date(2031, 4, 1)
    fix_day(settings, "UZ-SA", later, reason="Readings of March were late", by="lola")
    assert fix_day(settings, "UZ-SA", later, reason="again", by="lola") is None
    found = checklist(settings, "SA01")
    assert found.cutover_on == later
    assert [(day.unit_code, day.cutover_on, day.reason, day.fixed_by) for day in found.days] == [
        ("UZ-SA", later, "Readings of March were late", "lola"),
        ("UZ-SA", SPRING, "Order 12", BY),
    ]
    # A RES may have a day of its own.
    fix_day(settings, "SA03", SPRING, reason="It is ready", by=BY)
    assert checklist(settings, "SA03").cutover_on == SPRING
    assert checklist(settings, "SA01").cutover_on == later


@pytest.mark.requirement("C22")
@pytest.mark.parametrize(
    "statement", ["UPDATE migration.cutover_day SET cutover_on = '2032-01-01'", "DELETE FROM migration.cutover_day"]
)
def test_nobody_moves_the_day_silently(settings: Settings, statement: str) -> None:
    fix_day(settings, "SA01", SPRING, reason="Order 12", by=BY)
    with connect_as_admin(settings) as session:
        for role in ("wattbook_loader", "wattbook_owner"):
            session.execute(f"SET ROLE {role}")
            with pytest.raises(psycopg.Error, match="cutover_day are history and cannot be changed"):
                session.execute(statement)
            session.rollback()


@pytest.mark.parametrize(
    ("day", "reason", "sentence"),
    [
        (date(2031, 3, 15), "Order", "is not the first day of a month"),
        (date(2020, 3, 1), "Order", "is over; a cut-over is fixed before it happens"),
        (SPRING, " ", "needs its reason"),
    ],
)
def test_a_day_that_cannot_be_is_refused(settings: Settings, day: date, reason: str, sentence: str) -> None:
    with pytest.raises(Refusal, match=sentence):
        fix_day(settings, "SA01", day, reason=reason, by=BY)
    create_user(settings, login="olim", full_name="Olim", group_code="migration_team", unit_code="UZ", by=BY)
    with pytest.raises(Refusal, match='"olim" does not hold the right "accept_load"'):
        fix_day(settings, "SA01", SPRING, reason="Order", by="olim")


@pytest.mark.requirement("C22")
def test_the_checklist_tells_what_it_can_and_people_sign_the_rest(settings: Settings, protocol_id: int) -> None:
    shadow_bill(settings, protocol_id, by=BY)
    accept(settings, protocol_id, by=APPROVER)
    score_readiness(settings, by=BY)
    fix_day(settings, "SA01", SPRING, reason="Order 12", by=BY)
    sign_item(settings, "SA01", "staff_trained", note="Register of 20.11.", by=BY)
    found = {item.item_code: item for item in checklist(settings, "SA01").items}
    derived = {
        "day_fixed",
        "sums_equal",
        "protocol_signed",
        "money_placed",
        "bills_explained",
        "months_in_parallel",
        "requests_closed",
    }
    assert {code for code, item in found.items() if item.is_derived} == derived
    assert {code for code, item in found.items() if item.is_done} == derived | {"staff_trained"}
    assert "Register of 20.11." in found["staff_trained"].told
    assert found["day_fixed"].told == f"2031-03-01 for SA01, fixed by {BY}: Order 12"
    # A signature is taken back, and stays on record.
    taken = sign_item(settings, "SA01", "staff_trained", note="Two were ill", by=BY, is_done=False)
    assert not taken.is_done
    assert "Taken back by administrator" in taken.told
    # The other RES has its own list.
    country = {item.item_code: item.is_done for item in checklist(settings, "SA03").items}
    assert {code for code, is_done in country.items() if not is_done} >= {
        "money_placed",
        "bills_explained",
        "day_fixed",
    }


@pytest.mark.parametrize(
    ("item", "note", "is_done", "sentence"),
    [
        ("sums_equal", "I looked", True, "is told by the database, so nobody signs it"),
        ("coffee", "made", True, 'There is no item "coffee"; a person signs backup_restored'),
        ("staff_trained", "", True, "needs what it rests on"),
        ("staff_trained", "why not", False, "is not signed, so there is nothing to take back"),
    ],
)
def test_a_signature_that_cannot_be_is_refused(
    settings: Settings, item: str, note: str, is_done: bool, sentence: str
) -> None:
    with pytest.raises(Refusal, match=sentence):
        sign_item(settings, "SA01", item, note=note, by=BY, is_done=is_done)
    with pytest.raises(Refusal, match='"UZ-SA" is a region; a checklist is that of a RES'):
        sign_item(settings, "UZ-SA", "staff_trained", note="all", by=BY)
