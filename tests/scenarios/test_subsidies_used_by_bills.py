"""Social security awards a household a subsidy: the bill of the month takes what it can, the rest is carried over."""

from datetime import date

import psycopg
import pytest

from operational_db.access.commands import create_user
from operational_db.billing.commands import bill_month, close_month, close_obstacles, closes_in_doubt
from operational_db.connections import Role, connect
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from operational_db.subsidies.accruals import reverse_subsidy, subsidy_history, use_subsidies
from tests.small_book import ADMINISTRATOR
from tests.subsidy_desk import FEBRUARY, JANUARY, KARIMOV, MARCH, SOUM, SubsidyDesk, in_soum

BY = {"by": ADMINISTRATOR}
END_OF_JANUARY = date(2026, 1, 31)


@pytest.fixture
def desk(settings: Settings, database: psycopg.Connection) -> SubsidyDesk:
    return SubsidyDesk(settings, database)


@pytest.fixture
def billed(desk: SubsidyDesk) -> SubsidyDesk:
    bill_month(desk.settings, JANUARY, **BY)
    return desk


@pytest.mark.requirement("E144")
def test_the_bill_takes_the_subsidy_and_the_rest_is_owed(billed: SubsidyDesk) -> None:
    assert billed.award(KARIMOV, JANUARY, 100_000) == []
    assert (billed.posted(KARIMOV), billed.owed(KARIMOV)) == ([], 160_000)  # awarded, and no money has moved
    run = billed.use(JANUARY)
    assert (run.account_count, run.used_minor, run.unused_count) == (1, 100_000 * SOUM, 0)
    assert billed.posted(KARIMOV) == [(JANUARY, 1, "8820", "4010", 100_000, END_OF_JANUARY)]
    assert billed.owed(KARIMOV) == 60_000  # 160,000 - 100,000


@pytest.mark.requirement("E144")
def test_no_more_is_used_than_is_charged_and_the_rest_is_carried_over(billed: SubsidyDesk) -> None:
    billed.award(KARIMOV, JANUARY, 200_000)
    run = billed.use(JANUARY)
    # 160,000 of 200,000; 40,000 are left.
    assert (run.used_minor, run.unused_count, run.unused_minor) == (160_000 * SOUM, 1, 40_000 * SOUM)
    assert billed.owed(KARIMOV) == 0
    close_month(billed.settings, JANUARY, **BY)
    billed.read_in_february()
    bill_month(billed.settings, FEBRUARY, **BY)
    billed.award(KARIMOV, FEBRUARY, 30_000)
    # 40,000 + 30,000 = 70,000 of the 90,000 that February costs.
    assert billed.use(FEBRUARY).used_minor == 70_000 * SOUM
    assert in_soum(billed.month(KARIMOV, FEBRUARY)) == (40_000, 30_000, 0, 70_000, 0)
    assert in_soum(billed.month(KARIMOV, JANUARY)) == (0, 200_000, 0, 160_000, 40_000)
    assert billed.owed(KARIMOV) == 20_000


def test_what_benefits_pay_is_not_paid_by_the_subsidy_again(desk: SubsidyDesk) -> None:
    desk.grants_half(KARIMOV, JANUARY)
    bill_month(desk.settings, JANUARY, **BY)
    desk.award(KARIMOV, JANUARY, 200_000)
    # 160,000 less half of it: 80,000 are left to pay.
    assert desk.use(JANUARY).used_minor == 80_000 * SOUM
    assert desk.owed(KARIMOV) == 0
    found = desk.month(KARIMOV, JANUARY)
    assert (found.charged_minor, found.benefit_minor, found.unused_minor) == (
        160_000 * SOUM, 80_000 * SOUM, 120_000 * SOUM,
    )  # fmt: skip
    close_month(desk.settings, JANUARY, **BY)


@pytest.mark.requirement("E63")
def test_a_benefit_that_is_granted_back_dated_leaves_what_was_used(billed: SubsidyDesk) -> None:
    billed.award(KARIMOV, JANUARY, 100_000)
    billed.use(JANUARY)
    close_month(billed.settings, JANUARY, **BY)
    billed.grants_half(KARIMOV, JANUARY)
    billed.read_in_february()
    bill_month(billed.settings, FEBRUARY, **BY)
    billed.award(KARIMOV, FEBRUARY, 50_000)
    # February is charged -160,000 + 160,000 for January and 90,000, of which benefits pay 80,000 + 45,000 = 125,000:
    # more than the month costs, so nothing is used. January's 100,000 stay.
    assert billed.use(FEBRUARY).used_minor == 0
    assert in_soum(billed.month(KARIMOV, JANUARY)) == (0, 100_000, 0, 100_000, 0)
    assert in_soum(billed.month(KARIMOV, FEBRUARY)) == (0, 50_000, 0, 0, 50_000)
    # 160,000 - 100,000 + 90,000 - 125,000
    assert billed.owed(KARIMOV) == 25_000
    close_month(billed.settings, FEBRUARY, **BY)
    assert closes_in_doubt(billed.settings, **BY) == []


def test_a_month_without_a_bill_uses_nothing(desk: SubsidyDesk) -> None:
    desk.award(KARIMOV, JANUARY, 100_000)
    run = desk.use(JANUARY)
    assert (run.account_count, run.unused_minor, desk.posted(KARIMOV)) == (0, 100_000 * SOUM, [])


def test_using_again_posts_nothing_and_a_try_nothing_at_all(billed: SubsidyDesk) -> None:
    billed.award(KARIMOV, JANUARY, 100_000)
    tried = billed.use(JANUARY, dry_run=True)
    assert (tried.account_count, billed.posted(KARIMOV)) == (1, [])
    billed.use(JANUARY)
    again = billed.use(JANUARY)
    assert (again.account_count, again.reversed_count, len(billed.posted(KARIMOV))) == (0, 0, 1)


def test_what_changes_within_the_open_month_is_used_anew_by_a_pair(billed: SubsidyDesk) -> None:
    billed.award(KARIMOV, JANUARY, 100_000)
    billed.use(JANUARY)
    billed.award(KARIMOV, JANUARY, 20_000, decision="D-2", kind="recalculation")
    run = billed.use(JANUARY)
    assert (run.account_count, run.reversed_count, run.used_minor) == (1, 1, 120_000 * SOUM)
    assert [row[4] for row in billed.posted(KARIMOV)] == [100_000, -100_000, 120_000]
    assert billed.owed(KARIMOV) == 40_000


@pytest.mark.requirement("E63")
def test_a_recalculation_comes_into_the_open_month_and_what_a_closed_month_used_stays(billed: SubsidyDesk) -> None:
    billed.award(KARIMOV, JANUARY, 100_000)
    billed.use(JANUARY)
    close_month(billed.settings, JANUARY, **BY)
    billed.read_in_february()
    bill_month(billed.settings, FEBRUARY, **BY)
    # Social security finds that January was awarded 30,000 too much. February has 50,000 - 30,000 = 20,000.
    billed.award(KARIMOV, JANUARY, -30_000, decision="D-7", kind="recalculation")
    billed.award(KARIMOV, FEBRUARY, 50_000)
    assert billed.use(FEBRUARY).used_minor == 20_000 * SOUM
    assert in_soum(billed.month(KARIMOV, JANUARY)) == (0, 100_000, 0, 100_000, 0)
    assert in_soum(billed.month(KARIMOV, FEBRUARY)) == (0, 50_000, -30_000, 20_000, 0)
    assert [(row[0], row[4]) for row in billed.posted(KARIMOV)] == [(JANUARY, 100_000), (FEBRUARY, 20_000)]
    assert closes_in_doubt(billed.settings, **BY) == []


def test_what_was_taken_back_beyond_the_rest_is_kept_from_the_next_award(billed: SubsidyDesk) -> None:
    billed.award(KARIMOV, JANUARY, 100_000)
    billed.use(JANUARY)
    close_month(billed.settings, JANUARY, **BY)
    billed.read_in_february()
    bill_month(billed.settings, FEBRUARY, **BY)
    billed.award(KARIMOV, JANUARY, -30_000, decision="D-7", kind="recalculation")
    run = billed.use(FEBRUARY)
    assert (run.account_count, run.unused_minor) == (0, -30_000 * SOUM)
    close_month(billed.settings, FEBRUARY, **BY)
    billed.award(KARIMOV, MARCH, 45_000)
    # 45,000 - 30,000
    assert in_soum(billed.month(KARIMOV, MARCH)) == (-30_000, 45_000, 0, 0, 15_000)


def test_an_award_for_a_later_month_waits_for_it(billed: SubsidyDesk) -> None:
    assert billed.award(KARIMOV, FEBRUARY, 50_000) == []  # February is not open yet: booked in January
    assert billed.use(JANUARY).account_count == 0
    close_month(billed.settings, JANUARY, **BY)
    billed.read_in_february()
    bill_month(billed.settings, FEBRUARY, **BY)
    assert billed.use(FEBRUARY).used_minor == 50_000 * SOUM
    assert in_soum(billed.month(KARIMOV, FEBRUARY)) == (0, 50_000, 0, 50_000, 0)


def test_an_award_that_was_wrong_is_taken_back_once(billed: SubsidyDesk) -> None:
    billed.award(KARIMOV, JANUARY, 100_000)
    billed.use(JANUARY)
    reverse = {"reason": "Another family of the same name", **BY}
    back = reverse_subsidy(billed.settings, KARIMOV, JANUARY, 1, **reverse)
    assert (back.booked_month, back.accrual_no, back.amount_minor) == (JANUARY, 2, -100_000 * SOUM)
    with pytest.raises(Refusal, match="taken back already"):
        reverse_subsidy(billed.settings, KARIMOV, JANUARY, 1, **reverse)
    with pytest.raises(Refusal, match="has no accrual 2 booked in 2026-01 that could be taken back"):
        reverse_subsidy(billed.settings, KARIMOV, JANUARY, 2, **reverse)
    with pytest.raises(Refusal, match="corrected for a reason"):
        reverse_subsidy(billed.settings, KARIMOV, JANUARY, 1, reason=" ", **BY)
    run = billed.use(JANUARY)
    assert (run.reversed_count, run.account_count, billed.owed(KARIMOV)) == (1, 0, 160_000)
    steps = [(s.kind, s.unused_minor / SOUM, s.is_taken_back) for s in subsidy_history(billed.settings, KARIMOV, **BY)]
    assert steps == [
        ("award", 100_000, True), ("reversing", 0, False), ("used", -100_000, True), ("used_taken_back", 0, False)
    ]  # fmt: skip
    # The right one can be awarded now.
    assert billed.award(KARIMOV, JANUARY, 40_000) == []


def test_in_ukraine_the_used_part_stands_on_earmarked_funds(desk: SubsidyDesk) -> None:
    bill_month(desk.settings, JANUARY, **BY)
    desk.award(KARIMOV, JANUARY, 100_000)
    desk.database.execute("UPDATE ops.parameter SET value = 'UA' WHERE parameter_code = 'chart_of_accounts'")
    desk.use(JANUARY)
    assert [row[2:5] for row in desk.posted(KARIMOV)] == [("48", "361", 100_000)]


@pytest.mark.requirement("E150")
def test_a_month_does_not_close_before_its_subsidies_are_used(billed: SubsidyDesk) -> None:
    billed.award(KARIMOV, JANUARY, 100_000)
    (told,) = close_obstacles(billed.settings, JANUARY, unit_code="SA01", **BY)
    assert told == (
        "SA01: the subsidies of 1 accounts are not used as the bills of 2026-01 allow, the first of account SA01/1/1; "
        "run `wattbook subsidies use --month 2026-01`."
    )
    billed.use(JANUARY)
    assert close_obstacles(billed.settings, JANUARY, unit_code="SA01", **BY) == []


def test_a_used_subsidy_that_the_ledger_does_not_bear_out_stops_the_close(billed: SubsidyDesk) -> None:
    billed.award(KARIMOV, JANUARY, 100_000)
    billed.use(JANUARY)
    billed.database.execute("ALTER TABLE ops.ledger DISABLE TRIGGER USER")
    billed.database.execute("UPDATE ops.ledger SET amount_minor = amount_minor - 1 WHERE document_kind = 'subsidy'")
    (told,) = close_obstacles(billed.settings, JANUARY, unit_code="SA01", **BY)
    assert told.startswith('SA01: 1 documents of kind "subsidy" differ from the ledger, the first of account SA01/1/1')


def test_a_month_is_used_when_the_one_before_it_is_closed(billed: SubsidyDesk) -> None:
    billed.book.open(FEBRUARY)
    with pytest.raises(Refusal, match="used month by month, and 2026-01 is still open for SA01"):
        billed.use(FEBRUARY)
    close_month(billed.settings, JANUARY, **BY)
    with pytest.raises(Refusal, match="Month 2026-01 is closed for SA01"):
        billed.use(JANUARY)


def test_the_close_vouches_for_what_was_awarded_and_used(billed: SubsidyDesk) -> None:
    billed.award(KARIMOV, JANUARY, 100_000)
    billed.use(JANUARY)
    close_month(billed.settings, JANUARY, **BY)
    assert closes_in_doubt(billed.settings, **BY) == []
    for table, column in (("subsidy_accrual", "amount_minor"), ("subsidy_use", "available_minor")):
        billed.database.execute(f"ALTER TABLE ops.{table} DISABLE TRIGGER USER")
        billed.database.execute(f"UPDATE ops.{table} SET {column} = {column} + 1")
        assert [doubt.res_code for doubt in closes_in_doubt(billed.settings, **BY)] == ["SA01"], table
        billed.database.execute(f"UPDATE ops.{table} SET {column} = {column} - 1")


@pytest.mark.requirement("E151")
def test_who_may_keep_subsidies_and_nobody_deletes_them(billed: SubsidyDesk) -> None:
    create_user(
        billed.settings, login="clerk", full_name="Clerk", group_code="billing_clerks", unit_code="SA01", **BY
    )  # fmt: skip
    create_user(
        billed.settings, login="far", full_name="Far away", group_code="billing_managers", unit_code="SA02", **BY
    )  # fmt: skip
    billed.award(KARIMOV, JANUARY, 100_000)
    billed.use(JANUARY)
    with pytest.raises(Refusal, match='User "clerk" does not hold the right "keep_subsidies" for SA01'):
        use_subsidies(billed.settings, JANUARY, unit_code="SA01", by="clerk")
    with pytest.raises(Refusal, match='There is no account "SA01/1/1" among those you may see'):
        reverse_subsidy(billed.settings, KARIMOV, JANUARY, 1, reason="x", by="far")
    for table in ("subsidy_accrual", "subsidy_use", "subsidy_accrual_standing", "subsidy_use_standing"):
        with connect(billed.settings, Role.APP, user="far") as session:
            assert session.execute(f"SELECT count(*) FROM ops.{table}").fetchone() == (0,), table
        with connect(billed.settings, Role.APP, user="clerk") as session:
            assert session.execute(f"SELECT count(*) FROM ops.{table}").fetchone() == (1,), table
    for table in ("subsidy_accrual", "subsidy_use"):
        for statement in (f"DELETE FROM ops.{table}", f"UPDATE ops.{table} SET res_id = 0", f"TRUNCATE ops.{table}"):
            with connect(billed.settings, Role.OWNER) as session, pytest.raises(psycopg.Error, match="are posted"):
                session.execute(statement)
