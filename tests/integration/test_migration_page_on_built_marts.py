"""The migration page on a load that was judged, accepted and built: its figures are those of the tables."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from dash import html

from dashboards.addresses import Address, Question
from dashboards.pages.asking import Asking
from dashboards.pages.migration import migration_page
from dashboards.queries.migration import loads, may_read_protocols, reasons, rows_by_kind
from dashboards.queries.migration_quality import cells_by_file, contradictions, expectations, signatures
from dashboards.queries.migration_rows import row_list
from dashboards.reading import Reader
from dashboards.words.catalogue import Words
from legacy_migration.commands import accept, migrate
from legacy_migration.expectations.commands import check_load
from legacy_migration.synthetic_utility.generation import generate
from operational_db.access.commands import create_user
from operational_db.connections import connect_as_admin
from operational_db.settings import Settings
from orchestration import dbt_runs

ADMINISTRATOR = "administrator"
APPROVER = "approver"
pytestmark = pytest.mark.db


@pytest.fixture
def reader(settings: Settings, tmp_path: Path) -> Iterator[Reader]:
    generate(200, 2, 5, tmp_path / "dump")
    protocol_id = migrate(settings, tmp_path / "dump", profile="merged_utility", by=ADMINISTRATOR).protocol_id
    with connect_as_admin(settings) as session:
        session.execute(
            "UPDATE migration.account SET residents = 33 WHERE kind = 'household' AND row_no = 1 AND file_id = "
            "(SELECT min(file_id) FROM migration.account WHERE kind = 'household')"
        )
        session.commit()
    check_load(settings, protocol_id)
    accept(settings, protocol_id, by=APPROVER)
    dbt_runs.build(settings, select="+fct_migration_*")
    reader = Reader(settings, ADMINISTRATOR)
    yield reader
    reader.close()


@pytest.mark.requirement("A52", "B49")
def test_the_page_tells_what_the_tables_hold(reader: Reader, settings: Settings) -> None:
    (load,) = loads(reader)
    with connect_as_admin(settings) as session:

        def ask(query: str) -> tuple:
            return session.execute(query).fetchone()

        files = ask("SELECT count(*), sum(row_count)::bigint FROM landing.file")
        counts = ask(
            "SELECT sum(read_count)::bigint, sum(loaded_count)::bigint, sum(rejected_minor)::bigint FROM "
            "migration.verdict_count"
        )
        by_reason = dict(session.execute("SELECT reason_code, count(*) FROM migration.verdict GROUP BY 1").fetchall())
        money = ask("SELECT sum(abs(stated - expected)) FROM migration.difference WHERE measure LIKE '%minor'")
        failing = session.execute(
            "SELECT legacy_key, value, amount_minor FROM migration.expectation_failure WHERE expectation_code = "
            "'residents_are_plausible'"
        ).fetchall()
    assert (load["file_count"], load["row_count"]) == files
    assert (load["read_count"], load["loaded_count"], load["rejected_minor"]) == counts
    assert (load["status"], load["unequal_count"], load["stopping_count"], load["unmet_count"]) == ("accepted", 0, 0, 1)
    told = {}
    for row in reasons(reader, load["load_id"]):
        told[row["reason_code"]] = told.get(row["reason_code"], 0) + row["row_count"]
    assert told == by_reason
    assert sum(kind["read_count"] for kind in rows_by_kind(reader, load["load_id"])) == load["read_count"]
    found = contradictions(reader, load["load_id"])
    assert sum(row["amount_minor"] for row in found) == money[0] == load["contradicted_minor"]
    unmet = [row for row in expectations(reader, load["load_id"]) if not row["is_met"]]
    assert [row["expectation_code"] for row in unmet] == ["residents_are_plausible"]
    assert [row["event"] for row in signatures(reader, load["load_id"])] == ["prepared", "accepted"]

    chosen, page = row_list(load["load_id"], ("expectation", "residents_are_plausible"))
    assert page == 1
    assert [
        (row["legacy_key"], row["cell_value"], row["amount_minor"]) for row in chosen.rows(reader, limit=10)
    ] == failing
    for reason in reasons(reader, load["load_id"]):
        names = (reason["entity"], reason["verdict"], reason["reason_code"])
        chosen, _ = row_list(load["load_id"], ("rows", *names))
        rows = chosen.rows(reader, limit=1000)
        assert len(rows) == reason["row_count"]
        assert sum(row["amount_minor"] for row in rows) == reason["amount_minor"]
    assert isinstance(cells_by_file(reader, load["load_id"]), list)
    for locale in ("en", "ru"):
        title, body = migration_page(Asking(reader, Words(locale), Address(Question.MIGRATION), "UZ"))
        assert title
        assert any(isinstance(part, html.P) for part in body)

    create_user(settings, login="looks", full_name="Looks", group_code="management", unit_code="UZ", by=ADMINISTRATOR)
    other = Reader(settings, "looks")
    assert not may_read_protocols(other)
    other.close()
