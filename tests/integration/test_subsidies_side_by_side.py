"""Two clerks keep subsidies at the same time: nothing is awarded or used twice, nothing is used in a closed month."""

import psycopg
import pytest

from operational_db.billing.commands import bill_month, close_month
from operational_db.connections import Role, connect
from operational_db.exchange.sources import record_command
from operational_db.settings import Settings
from operational_db.subsidies.accruals import RefusedSubsidy
from tests.integration.test_postings_side_by_side import Beside
from tests.small_book import ADMINISTRATOR
from tests.subsidy_desk import JANUARY, KARIMOV, SOUM, SubsidyDesk


@pytest.fixture
def desk(settings: Settings, database: psycopg.Connection) -> SubsidyDesk:
    desk = SubsidyDesk(settings, database)
    bill_month(settings, JANUARY, by=ADMINISTRATOR)
    return desk


def _source(session: psycopg.Connection) -> int:
    return record_command(session, "somebody else", {}, user_id=None)


def _use(desk: SubsidyDesk, session: psycopg.Connection) -> None:
    session.execute(
        "SELECT * FROM ops.use_subsidies(%s, %s, NULL, %s)", [JANUARY, desk.book.res_ids["SA01"], _source(session)]
    )


def test_the_same_award_from_two_clerks_is_written_once(desk: SubsidyDesk, database: psycopg.Connection) -> None:
    refused: list[RefusedSubsidy] = []
    with connect(desk.settings, Role.APP, user=ADMINISTRATOR) as session:
        written = session.execute(
            "SELECT * FROM ops.accrue_subsidies(%s, %s, %s, '{award}', '{D-1}', '{NULL}', '{NULL}', '{1}', %s)",
            [[KARIMOV], [JANUARY], [100_000 * SOUM], _source(session)],
        ).fetchall()
        assert written == []
        other = Beside(lambda: refused.extend(desk.award(KARIMOV, JANUARY, 100_000)))
        other.wait_until_it_waits(database)
        session.commit()
        other.end()
    (one,) = refused
    assert one.sentence.startswith("account SA01/1/1 has an award for 2026-01 already (100000.00 by decision D-1)")
    assert database.execute("SELECT count(*) FROM ops.subsidy_accrual").fetchone() == (1,)


def test_two_that_use_the_same_month_post_it_once(desk: SubsidyDesk, database: psycopg.Connection) -> None:
    desk.award(KARIMOV, JANUARY, 100_000)
    with connect(desk.settings, Role.APP, user=ADMINISTRATOR) as session:
        _use(desk, session)
        other = Beside(lambda: desk.use(JANUARY))
        other.wait_until_it_waits(database)
        session.commit()
        other.end()
    assert other.failure is None
    assert [row[4] for row in desk.posted(KARIMOV)] == [100_000]


def test_a_close_waits_for_a_use_and_has_it(desk: SubsidyDesk, database: psycopg.Connection) -> None:
    desk.award(KARIMOV, JANUARY, 100_000)
    with connect(desk.settings, Role.APP, user=ADMINISTRATOR) as session:
        _use(desk, session)
        other = Beside(lambda: close_month(desk.settings, JANUARY, unit_code="SA01", by=ADMINISTRATOR))
        other.wait_until_it_waits(database)
        session.commit()
        other.end()
    assert other.failure is None
    assert [row[4] for row in desk.posted(KARIMOV)] == [100_000]
    with (
        connect(desk.settings, Role.APP, user=ADMINISTRATOR) as session,
        pytest.raises(psycopg.Error, match="is closed"),
    ):
        _use(desk, session)
