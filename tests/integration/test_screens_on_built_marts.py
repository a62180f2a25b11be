"""The screens on marts that dbt built: figures add up from the feeder to the Republic and equal what `ops` holds.

January 2026, two households on one metered feeder of SA01 and one on no feeder in TK01:

| place | received | useful supply | loss |
|---|---|---|---|
| SA01, feeder F1 | 1,000 kWh | 350 + 450 = 800 kWh | 200 kWh = 20 % |
| TK01 | no feeder | 100 kWh | not stated |
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import psycopg
import pytest
from psycopg import sql

from dashboards.addresses import Address
from dashboards.application import PAGES
from dashboards.pages.asking import Asking
from dashboards.pages.scene import ShownInstead
from dashboards.queries.balance import figures_by_child, figures_by_month
from dashboards.queries.places import find_place, home_codes
from dashboards.queries.receivables import debts, money_by_article, money_by_channel, money_by_child, money_by_month
from dashboards.reading import Reader
from dashboards.words.catalogue import Words
from operational_db.access.commands import create_user
from operational_db.billing.commands import bill_month
from operational_db.connections import Role, connect, connect_as_admin
from operational_db.plans.collection_targets import set_collection_target
from operational_db.schema import upgrade
from operational_db.settings import Settings
from orchestration import dbt_runs
from tests.money_desk import pay
from tests.small_book import ADMINISTRATOR, Consumer, SmallBook

DECEMBER, JANUARY = date(2025, 12, 1), date(2026, 1, 1)
SOUM = 100
CHAIN = ("UZ", "UZ-SA", "P-SA", "SA01", "S-1", "F-1", "T-1")

pytestmark = pytest.mark.db


@pytest.fixture(scope="module")
def built(shared_server: Settings) -> Iterator[Settings]:
    settings = shared_server.model_copy(update={"database_name": "screens"})
    maintenance = shared_server.model_copy(update={"database_name": "postgres"})
    with connect_as_admin(maintenance, autocommit=True) as session:
        session.execute(
            sql.SQL("CREATE DATABASE screens TEMPLATE {}").format(sql.Identifier(shared_server.database_name))
        )
    upgrade(settings)  # a copy does not take over what roles may do with the database itself
    book, consumers = _enter(settings)
    bill_month(settings, JANUARY, by=ADMINISTRATOR)
    # 350 kWh cost 200 x 600 + 150 x 800 = 240,000; 450 kWh 320,000; 100 kWh 60,000.
    pay(book, consumers["SA01/1/1"], date(2026, 1, 25), 250_000 * SOUM, channel="paynet")
    pay(book, consumers["TK01/1/1"], date(2026, 1, 26), 30_000 * SOUM)
    set_collection_target(
        settings, "UZ-SA", Decimal("0.9"), from_month=JANUARY, document="Order 1", by=ADMINISTRATOR
    )  # fmt: skip
    dbt_runs.build(settings)
    create_user(
        settings, login="tashkent", full_name="Aziz", group_code="management", unit_code="TK01", by=ADMINISTRATOR
    )
    yield settings
    with connect_as_admin(maintenance, autocommit=True) as session:
        session.execute("DROP DATABASE screens WITH (FORCE)")


@pytest.fixture
def reader(built: Settings) -> Iterator[Reader]:
    reader = Reader(built, ADMINISTRATOR)
    yield reader
    reader.close()


def _enter(settings: Settings) -> tuple[SmallBook, dict[str, Consumer]]:
    book = SmallBook(settings, res_codes=("SA01", "TK01"))
    with connect(settings, Role.LOADER) as session:
        for code, level, parent in (
            ("S-1", "substation", "SA01"),
            ("F-1", "feeder", "S-1"),
            ("T-1", "transformer_point", "F-1"),
        ):
            _hang(session, code, level, parent, book.source_id)
        meter_id = session.execute(
            "INSERT INTO ops.grid_meter (code, unit_id, role, digits, valid_from, source_id)"
            " VALUES ('M-1', ops.find_unit('F-1'), 'head', 6, '2025-01-01', %s) RETURNING grid_meter_id",
            [book.source_id],
        ).fetchone()[0]
        session.execute(
            "INSERT INTO ops.grid_energy (grid_meter_id, booked_month, span_from, span_to, energy_kwh, source_id)"
            " VALUES (%s, %s, %s, '2026-02-01', 1000, %s)",
            [meter_id, JANUARY, JANUARY, book.source_id],
        )
    consumers = {}
    for account_no, res, place, kwh in (
        ("SA01/1/1", "SA01", "T-1", 350),
        ("SA01/1/2", "SA01", "T-1", 450),
        ("TK01/1/1", "TK01", None, 100),
    ):
        consumer = book.consumer(account_no, res=res, readings={JANUARY: 1000, date(2026, 2, 1): 1000 + kwh})
        consumers[account_no] = consumer
        if place is not None:
            with connect(settings, Role.LOADER) as session:
                session.execute(
                    "UPDATE ops.metering_point_placement SET unit_id = ops.find_unit(%s) WHERE metering_point_id = %s",
                    [place, consumer.metering_point_id],
                )
    return book, consumers


def _hang(session: psycopg.Connection, code: str, level: str, parent: str, source_id: int) -> None:
    session.execute("INSERT INTO ops.unit (code, level, source_id) VALUES (%s, %s, %s)", [code, level, source_id])
    session.execute(
        "INSERT INTO ops.unit_placement (unit_id, parent_unit_id, valid_from, source_id)"
        " VALUES (ops.find_unit(%s), ops.find_unit(%s), '2025-01-01', %s)",
        [code, parent, source_id],
    )


@pytest.mark.requirement("A23", "B22")
@pytest.mark.parametrize("code", CHAIN[:-1])
def test_a_loss_is_the_same_at_every_level_above_its_feeder(reader: Reader, code: str) -> None:
    figures = figures_by_month(reader, find_place(reader, code), JANUARY, JANUARY)[JANUARY]
    assert (figures.received_kwh, figures.balanced_supply_kwh, figures.loss_kwh) == (1000, 800, 200)
    assert figures.loss_share == Decimal("0.2")
    assert (figures.stated_feeder_count, figures.feeder_count) == (1, 1)


@pytest.mark.requirement("A48", "B45")
@pytest.mark.parametrize("code", CHAIN)
def test_children_add_up_to_their_place_and_to_what_was_billed(reader: Reader, built: Settings, code: str) -> None:
    place = find_place(reader, code)
    total = figures_by_month(reader, place, JANUARY, JANUARY)[JANUARY]
    children = figures_by_child(reader, place, JANUARY, DECEMBER)
    for column in ("supply_kwh", "charge_minor", "loss_kwh", "paid_minor"):
        known = [child.figures[column] for child in children if child.figures[column] is not None]
        assert not known or sum(known) == getattr(total, column), column
    with connect_as_admin(built) as session:
        billed = session.execute(
            "SELECT sum(energy_kwh), sum(charge_minor) FROM ops.bill_line WHERE res_id = ANY (%s)",
            [[place.unit.res_id] if place.unit.res_id else _res_under(session, code)],
        ).fetchone()
    assert (total.supply_kwh, total.charge_minor) == billed


def _res_under(session: psycopg.Connection, code: str) -> list[int]:
    return [row[0] for row in session.execute("SELECT ops.res_under(ops.find_unit(%s), %s)", [code, JANUARY])]


@pytest.mark.requirement("A6", "B6")
def test_collection_is_told_at_every_level_with_the_target_that_holds_there(reader: Reader) -> None:
    for code in CHAIN[1:4]:  # region, PTPP and RES of the one RES with money
        figures = money_by_month(reader, find_place(reader, code), DECEMBER, JANUARY)
        assert not figures[DECEMBER].is_known
        january = figures[JANUARY]
        # 250,000 of 240,000 + 320,000 = 560,000; 10,000 more than the first owed is in advance.
        assert (january.charged_minor, january.paid_minor) == (560_000 * SOUM, 250_000 * SOUM)
        assert (january.debt_minor, january.overpaid_minor) == (320_000 * SOUM, 10_000 * SOUM)
        assert (january.collection_share, january.target_share) == (Decimal("0.446429"), Decimal("0.9"))
        assert january.target_names["en"] == "Samarkand Region"
    republic = find_place(reader, "UZ")
    total = money_by_month(reader, republic, JANUARY, JANUARY)[JANUARY]
    assert (total.target_share, total.above_target_share) == (None, None)  # a region's target is not the Republic's
    children = money_by_child(reader, republic, JANUARY, DECEMBER)
    # 310,000 and 30,000 were not collected.
    assert [child.unit.code for child in children] == ["UZ-SA", "UZ-TK"]
    assert [child.is_in_first_half for child in children] == [True, False]
    for figure in ("charged_minor", "paid_minor", "closing_minor", "debt_minor", "overpaid_minor", "uncollected_minor"):
        assert sum(child.figures[figure] for child in children) == getattr(total, figure), figure


def test_articles_ages_and_means_of_payment_add_up_to_the_place(reader: Reader) -> None:
    republic = find_place(reader, "UZ")
    total = money_by_month(reader, republic, JANUARY, JANUARY)[JANUARY]
    (electricity,) = money_by_article(reader, republic, JANUARY)
    assert electricity["closing_minor"] == total.closing_minor == (620_000 - 280_000) * SOUM
    rows = [
        (debt["article_code"], debt["year_of_origin"], debt["owed_minor"]) for debt in debts(reader, republic, JANUARY)
    ]
    owed = 350_000 * SOUM  # 320,000 and 30,000
    assert rows == [(None, None, owed), ("electricity", None, owed), ("electricity", 2026, owed)]
    assert debts(reader, republic, JANUARY)[0]["advance_minor"] == total.overpaid_minor
    channels = money_by_channel(reader, republic, JANUARY, DECEMBER)
    told = [(channel["channel_code"], channel["paid_minor"], channel["base_paid_minor"]) for channel in channels]
    assert told == [("paynet", 250_000 * SOUM, None), ("bank", 30_000 * SOUM, None)]
    assert sum(channel["paid_share"] for channel in channels) == 1
    assert debts(reader, find_place(reader, "UZ-AN"), JANUARY) == []


@pytest.mark.parametrize("question", list(PAGES))
def test_every_page_is_made_from_built_marts(reader: Reader, question: str) -> None:
    for steps in ((), *(CHAIN[1:end] for end in range(2, len(CHAIN) + 1))):
        address = Address(question, steps)
        try:
            title, body = PAGES[question](Asking(reader, Words("ru"), address, "UZ"))
        except ShownInstead as instead:  # no load was migrated here, and a transformer point has no losses
            title, body = instead.title, [instead.body]
        assert title
        assert body


@pytest.mark.requirement("A32", "B31")
def test_a_user_of_one_res_reads_nothing_of_another(built: Settings) -> None:
    reader = Reader(built, "tashkent")
    assert home_codes(reader) == ["TK01"]
    foreign = find_place(reader, "SA01")
    assert not foreign.unit.is_permitted
    assert figures_by_month(reader, foreign, JANUARY, JANUARY)[JANUARY].supply_kwh is None
    republic = figures_by_month(reader, find_place(reader, "UZ"), JANUARY, JANUARY)[JANUARY]
    assert (republic.supply_kwh, republic.loss_kwh) == (100, None)
    assert not money_by_month(reader, foreign, JANUARY, JANUARY)[JANUARY].is_known
    assert not money_by_month(reader, find_place(reader, "UZ"), JANUARY, JANUARY)[JANUARY].is_known
    reader.close()
