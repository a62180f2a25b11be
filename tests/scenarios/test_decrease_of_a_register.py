"""A value below the last one, and other values that are hard to believe: who decides, and what reaches a bill."""

import itertools
from datetime import date
from decimal import Decimal

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from operational_db.billing.commands import bill_month
from operational_db.metering.contract_use import set_contract_use
from operational_db.metering.reading_decisions import (
    cancel_reading,
    quarantine_reading,
    quarantined_readings,
    release_reading,
)
from operational_db.metering.readings import JudgedReading, ToldReading, enter_reading, enter_readings
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.reading_desk import BY, ReadingDesk, month_after

JANUARY, FEBRUARY, MARCH, APRIL, MAY = (date(2026, month, 1) for month in (1, 2, 3, 4, 5))
SOUM = 100

# Examples share a book, each with accounts of its own; a book of its own for each would cost a second.
IN_ONE_BOOK = {
    "suppress_health_check": [HealthCheck.function_scoped_fixture],
    "phases": [Phase.explicit, Phase.generate],
}
_numbers = itertools.count(1)


@pytest.fixture
def desk(settings: Settings, database: psycopg.Connection) -> ReadingDesk:
    return ReadingDesk(settings, database, first_month=JANUARY, months=4)


def _judged(desk: ReadingDesk, place: str, value: Decimal | int, on: date) -> JudgedReading:
    return enter_reading(desk.settings, place, value, on=on, **BY).readings[0]


@pytest.mark.requirement("E89")
def test_a_register_that_passed_zero_is_billed_for_what_passed(desk: ReadingDesk) -> None:
    # 99 700 + 250 in January stands at 99 950; five digits
    desk.consumer("SA01/1/1", opening=99_700, used=[250])
    passed = _judged(desk, "SA01/1/1", 180, MARCH)
    # 50 up to zero and 180 behind it
    assert (passed.verdict, passed.is_rollover, passed.energy_kwh) == ("accepted", True, 230)
    # 250 kWh in January's 31 days make 225.8 in February's 28
    assert str(passed.sentence).endswith(
        "follows 99950 on 2026-02-01, which is 230 kWh, where its use of 12 months would make 225.8."
    )
    bill_month(desk.settings, JANUARY, **BY)
    assert bill_month(desk.settings, FEBRUARY, **BY).energy_kwh == 230


@pytest.mark.requirement("E89", "D35")
def test_a_slip_goes_to_quarantine_with_its_reason_and_never_becomes_a_huge_bill(desk: ReadingDesk) -> None:
    desk.consumer("SA01/1/2", opening=1000, used=[250])
    slip = _judged(desk, "SA01/1/2", 1150, MARCH)
    # 1150 below 1250: a passage through zero would be 100 000 - 1250 + 1150 = 99 900 kWh
    assert (slip.verdict, slip.rule, slip.energy_kwh) == ("quarantined", "decrease", 99_900)
    assert slip.sentence == (
        f'The reading 1150 of SA01/1/2#1 (meter "{slip.serial_no}") on 2026-03-01 is below the last one, 1250 on '
        "2026-02-01. A passage through zero would be 99900 kWh, where its use of 12 months would make 225.8: that "
        "looks like a slip. Check the value; cancel it, or release it if the register did pass zero."
    )
    bill_month(desk.settings, JANUARY, **BY)
    assert bill_month(desk.settings, FEBRUARY, **BY).bill_count == 0
    (waiting,) = quarantined_readings(desk.settings, **BY)
    assert (waiting.account_no, waiting.read_on, waiting.rule) == ("SA01/1/2", MARCH, "decrease")
    # The next true reading counts past the slip: 1700 - 1250.
    assert _judged(desk, "SA01/1/2", 1700, APRIL).energy_kwh == 450


def test_where_nothing_is_known_a_tenth_of_a_turn_is_believed(desk: ReadingDesk) -> None:
    desk.consumer("SA01/1/3", opening=95_000)
    # 5 000 + 5 001 = 10 001 is more than a tenth of 100 000
    assert _judged(desk, "SA01/1/3", 5001, FEBRUARY).rule == "decrease"
    desk.consumer("SA01/1/4", opening=95_000)
    assert _judged(desk, "SA01/1/4", 5000, FEBRUARY).is_rollover
    desk.consumer("SA01/1/5", opening=1000)
    assert _judged(desk, "SA01/1/5", 11_001, FEBRUARY).rule == "jump"
    desk.consumer("SA01/1/6", opening=1000)
    assert _judged(desk, "SA01/1/6", 11_000, FEBRUARY).verdict == "accepted"


def test_the_contract_tells_what_is_usual_where_nothing_is_measured(desk: ReadingDesk) -> None:
    desk.consumer("SA01/1/7", opening=95_000)
    # 365 kWh a month are 12 a day, 372 in January: five times that, 1860, may have passed zero
    set_contract_use(desk.settings, "SA01/1/7#1", 365, on=JANUARY, **BY)
    judged = _judged(desk, "SA01/1/7", 0, FEBRUARY)
    assert (judged.rule, judged.usual_kwh, judged.usual_basis) == ("decrease", 372, "contract")


@pytest.mark.requirement("D35", "E101")
def test_a_jump_is_held_with_its_figures_until_somebody_has_looked(desk: ReadingDesk) -> None:
    desk.consumer("SA01/2/1", opening=1000, used=[310])
    # 310 in 31 days are 10 a day, 280 in February; four times that and 300 more are 1420
    jump = _judged(desk, "SA01/2/1", 1310 + 1421, MARCH)
    assert (jump.verdict, jump.rule, jump.usual_kwh) == ("quarantined", "jump", 280)
    assert str(jump.sentence).endswith(
        "tells 1421 kWh since 2026-02-01 (1310 on the register), where its use of 12 months would make 280; more than "
        "1420 is not believed unseen. Check the value, then release or cancel it."
    )
    bill_month(desk.settings, JANUARY, **BY)
    assert bill_month(desk.settings, FEBRUARY, **BY).bill_count == 0
    (released,) = release_reading(
        desk.settings, "SA01/2/1", on=MARCH, reason="Seen by the controller: electric heating since February", **BY
    )
    assert (released.state, released.energy_kwh) == ("new", 1421)
    assert bill_month(desk.settings, FEBRUARY, **BY).energy_kwh == 1421
    # A level that was accepted once is no jump any more: 1421 in 28 days are 50.75 a day.
    assert _judged(desk, "SA01/2/1", 2731 + 1573, APRIL).verdict == "accepted"


def test_a_jump_is_measured_by_the_same_season_of_the_last_year(
    settings: Settings, database: psycopg.Connection
) -> None:
    desk = ReadingDesk(settings, database, first_month=date(2025, 1, 1), months=13, res_codes=("SA01",))
    # Electric heating: 1860 in January, 124 in each other month.
    desk.consumer("SA01/2/2", opening=1000, used=[1860, *[124] * 11])
    desk.consumer("SA01/2/3", opening=1000, used=[124] * 12)
    # 1000 + 1860 + 11 x 124 = 4224; 1000 + 12 x 124 = 2488
    warm = _judged(desk, "SA01/2/2", 4224 + 2000, FEBRUARY)
    assert (warm.verdict, warm.usual_kwh, warm.usual_basis) == ("accepted", 1860, "season")
    cold = _judged(desk, "SA01/2/3", 2488 + 2000, FEBRUARY)
    assert (cold.verdict, cold.rule, cold.usual_kwh) == ("quarantined", "jump", 124)


def test_more_than_the_connected_load_can_draw_is_held(desk: ReadingDesk, database: psycopg.Connection) -> None:
    consumer = desk.consumer("SA01/2/4", opening=1000)
    database.execute(
        "UPDATE ops.metering_point SET connected_load_kw = 3 WHERE metering_point_id = %s", [consumer.metering_point_id]
    )
    # 3 kW x 24 h x 31 days = 2232
    assert _judged(desk, "SA01/2/4", 3233, FEBRUARY).rule == "load"
    assert enter_reading(desk.settings, "SA01/2/4", 3232, on=date(2026, 2, 2), **BY).readings[0].verdict == "accepted"


def test_zones_that_do_not_make_the_sum_of_the_meter_are_held(desk: ReadingDesk) -> None:
    # Old meters show all hours beside day and night.
    for account in ("SA01/2/5", "SA01/2/6"):
        desk.book.consumer(account, res="SA01", readings={JANUARY: {"all": 150, "day": 100, "night": 50}})
    whole = enter_reading(desk.settings, "SA01/2/5", {"all": 303, "day": 200, "night": 100}, on=FEBRUARY, **BY)
    # 153 against 100 + 50: three scales may each be out by one
    assert {r.verdict for r in whole.readings} == {"accepted"}
    torn = enter_reading(desk.settings, "SA01/2/6", {"all": 304, "day": 200, "night": 100}, on=FEBRUARY, **BY)
    assert {r.rule for r in torn.readings} == {"zone_sum"}
    assert "since 2026-01-01 its zones counted 150 together and its scale of all hours 154" in str(
        torn.readings[0].sentence
    )


def test_a_confirmed_reading_stands_at_once_with_who_vouched_for_it(
    desk: ReadingDesk, database: psycopg.Connection
) -> None:
    desk.consumer("SA01/3/1", opening=1000, used=[310])
    with pytest.raises(Refusal, match="Confirming a reading needs a note on how it was checked"):
        enter_reading(desk.settings, "SA01/3/1", 4000, on=MARCH, confirmed=True, **BY)
    sure = enter_reading(desk.settings, "SA01/3/1", 4000, on=MARCH, confirmed=True, note="Photo of the meter", **BY)
    assert (sure.readings[0].verdict, sure.readings[0].rule) == ("accepted", "jump")
    assert database.execute("SELECT event, reason, rule FROM ops.reading_event").fetchall() == [
        ("released", "Confirmed by administrator when entered: Photo of the meter", "jump")
    ]


@pytest.mark.requirement("E89")
def test_a_release_of_a_lower_value_must_say_that_the_register_passed_zero(desk: ReadingDesk) -> None:
    desk.consumer("SA01/3/2", opening=90_000, used=[310])
    _judged(desk, "SA01/3/2", 10, MARCH)
    # 100 000 - 90 310 + 10 = 9 700
    with pytest.raises(
        Refusal, match="would be billed as a passage through zero of 9700 kWh. If the register did pass"
    ):
        release_reading(desk.settings, "SA01/3/2", on=MARCH, reason="Looks right", **BY)
    (released,) = release_reading(
        desk.settings, "SA01/3/2", on=MARCH, reason="Seen: a workshop in the yard", passed_zero=True, **BY
    )
    assert (released.state, released.is_rollover, released.energy_kwh) == ("new", True, 9700)


def test_a_release_that_would_make_the_next_reading_pass_zero_is_refused(desk: ReadingDesk) -> None:
    desk.consumer("SA01/3/3", opening=1000, used=[100])
    assert _judged(desk, "SA01/3/3", 9100, MARCH).rule == "jump"
    _judged(desk, "SA01/3/3", 1300, APRIL)
    with pytest.raises(
        Refusal, match="stands a lower one, 1300 on 2026-04-01, which would become a passage through zero"
    ):
        release_reading(desk.settings, "SA01/3/3", on=MARCH, reason="Looks right", **BY)
    cancel_reading(desk.settings, "SA01/3/3", on=MARCH, reason="Transposed", **BY)
    with pytest.raises(Refusal, match="No reading of SA01/3/3 stands on 2026-03-01; look them up with"):
        release_reading(desk.settings, "SA01/3/3", on=MARCH, reason="Looks right", **BY)


def test_cancelling_a_reading_sends_a_follower_that_would_pass_zero_to_quarantine(desk: ReadingDesk) -> None:
    # Read by mistake on a meter that stood at 99 900; the month after, 50 was read there again and believed.
    desk.consumer("SA01/3/4", opening=1000, used=[100])
    enter_reading(desk.settings, "SA01/3/4", 99_900, on=MARCH, confirmed=True, note="Told by telephone", **BY)
    assert _judged(desk, "SA01/3/4", 50, APRIL).is_rollover
    gone = cancel_reading(desk.settings, "SA01/3/4", on=MARCH, reason="The neighbour's meter", **BY)
    # 50 after 1100 would be 100 000 - 1100 + 50 = 98 950 kWh
    assert [(r.read_on, r.state) for r in gone] == [(APRIL, "quarantined"), (MARCH, "cancelled")]
    assert "is below the last one, 1100 on 2026-02-01. A passage through zero would be 98950 kWh" in str(gone[0].reason)


def test_a_reading_is_put_into_quarantine_by_hand_and_comes_back(desk: ReadingDesk) -> None:
    desk.consumer("SA01/3/5", opening=1000, used=[100])
    with pytest.raises(Refusal, match="needs its reason"):
        quarantine_reading(desk.settings, "SA01/3/5", on=FEBRUARY, reason="", **BY)
    (held,) = quarantine_reading(desk.settings, "SA01/3/5", on=FEBRUARY, reason="Consumer doubts it", **BY)
    assert (held.state, held.reason) == ("quarantined", "Consumer doubts it")
    with pytest.raises(Refusal, match="stands in quarantine already; release or cancel it"):
        quarantine_reading(desk.settings, "SA01/3/5", on=FEBRUARY, reason="Again", **BY)
    assert bill_month(desk.settings, JANUARY, **BY).bill_count == 0
    release_reading(desk.settings, "SA01/3/5", on=FEBRUARY, reason="Read again: right", **BY)
    with pytest.raises(Refusal, match="does not stand in quarantine"):
        release_reading(desk.settings, "SA01/3/5", on=FEBRUARY, reason="Again", **BY)
    assert bill_month(desk.settings, JANUARY, **BY).energy_kwh == 100


@pytest.mark.requirement("E96")
def test_the_first_value_of_a_meter_cannot_be_cancelled_alone(desk: ReadingDesk) -> None:
    desk.consumer("SA01/3/6", opening=1000)
    with pytest.raises(Refusal, match="came with the meter's installation and cannot be decided on alone"):
        cancel_reading(desk.settings, "SA01/3/6", on=JANUARY, reason="Wrong", **BY)


@pytest.mark.requirement("E89")
@hypothesis_settings(max_examples=10, **IN_ONE_BOOK)
@given(data=st.data())
def test_whatever_is_told_nothing_beyond_a_plausible_use_reaches_a_bill(desk: ReadingDesk, data: st.DataObject) -> None:
    """Any values of three months in any order: what was not released by a person is billed within the bounds."""
    account = f"SA01/9/{next(_numbers)}"
    opening = data.draw(st.integers(0, 99_999))
    usual = data.draw(st.integers(0, 900))
    consumer = desk.consumer(account, opening=opening, used=[usual])
    days = data.draw(st.permutations([MARCH, APRIL, MAY]))
    told = [ToldReading(account, day, data.draw(st.integers(0, 99_999)), row_no=n) for n, day in enumerate(days)]
    answer = enter_readings(desk.settings, told, **BY)
    assert answer.was_entered
    for month in (JANUARY, FEBRUARY, MARCH, APRIL):
        bill_month(desk.settings, month, account_no=account, **BY)
    spans = desk.database.execute(
        "SELECT span.days, span.energy_kwh, c.reading_id IS NOT NULL FROM ("
        "  SELECT closing_reading_id, sum(DISTINCT (span_to - span_from)) AS days, sum(energy_kwh) AS energy_kwh"
        "  FROM ops.bill_line WHERE account_id = %s GROUP BY closing_reading_id) AS span"
        " LEFT JOIN ops.reading_set_aside AS c ON c.reading_id = span.closing_reading_id",
        [consumer.account_id],
    ).fetchall()
    billed = sum(energy for _, energy, _ in spans)
    assert not any(is_set_aside for _, _, is_set_aside in spans)
    # Each month may use four times the month before and 300 more; a passage through zero five times the usual.
    bound = level = Decimal(usual)
    for _ in range(3):
        level = max(5 * level, 4 * level * 31 / 28 + 300) * Decimal(31) / 28
        bound += level
    assert billed <= bound


@hypothesis_settings(max_examples=6, **IN_ONE_BOOK)
@given(data=st.data())
def test_readings_told_in_any_order_end_in_the_same_states_and_the_same_bill(
    desk: ReadingDesk, data: st.DataObject
) -> None:
    """Values that a register can have shown, told one at a time or at once, in order or not."""
    opening = data.draw(st.integers(98_800, 99_999))
    used = data.draw(st.lists(st.integers(150, 400), min_size=3, max_size=3))
    number = next(_numbers)
    accounts = [f"SA01/{way}/{number}" for way in ("in-order", "mixed", "at-once")]
    told = {}
    for account in accounts:
        desk.consumer(account, opening=opening, used=[275])
        value, told[account] = opening + 275, []
        for count, energy in enumerate(used, start=1):
            value += energy
            told[account].append(ToldReading(account, month_after(FEBRUARY, count), value % 100_000, row_no=count))
    in_order, mixed, at_once = accounts
    for reading in told[in_order]:
        enter_readings(desk.settings, [reading], **BY)
    for reading in data.draw(st.permutations(told[mixed])):
        enter_readings(desk.settings, [reading], **BY)
    enter_readings(desk.settings, data.draw(st.permutations(told[at_once])), **BY)
    assert desk.states(mixed) == desk.states(in_order) == desk.states(at_once)
    totals = []
    for account in accounts:
        runs = [bill_month(desk.settings, month_after(JANUARY, n), account_no=account, **BY) for n in range(4)]
        totals.append((sum(run.energy_kwh for run in runs), sum(run.charge_minor for run in runs)))
    # 275 in January and what was drawn
    assert totals[0][0] == 275 + sum(used)
    assert totals[1] == totals[0]
    assert totals[2] == totals[0]
