"""The asset graph: nothing of it gets lost, and a failed check stops what rests on it."""

import json
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from operational_db.connections import connect_as_admin
from operational_db.reference.loading import FIRST_LOGIN
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from orchestration.readiness import build
from orchestration.workplace import Workplace
from tests.small_book import SmallBook

# Dagster warns of its own beta features when they are used as its documentation says.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore:.*beta:Warning"),
]

JANUARY = "2026-01-01"


@pytest.fixture
def book(settings: Settings) -> SmallBook:
    """One household whose January can be billed."""
    build(settings)
    book = SmallBook(settings, res_codes=("SA01",))
    book.consumer("SA01/1/1", res="SA01", readings={date(2026, 1, 1): 0, date(2026, 2, 1): 300})
    return book


@pytest.fixture
def workplace(settings: Settings) -> Workplace:
    return Workplace(settings, FIRST_LOGIN)


def test_a_manifest_that_a_kill_cut_short_is_not_what_the_graph_is_made_from(settings: Settings) -> None:
    # Imported here: what it imports warns of its own dependencies.
    from orchestration.warehouse_graph import manifest_in_step  # noqa: PLC0415

    build(settings)
    whole = manifest_in_step(settings)
    in_the_writing = whole.parent / "target" / whole.name
    in_the_writing.write_bytes(in_the_writing.read_bytes()[:48_205])
    assert json.loads(manifest_in_step(settings).read_bytes())["nodes"]


def test_the_page_of_the_graph_is_what_the_graph_is() -> None:
    from orchestration.graph_listing import PAGE, listing  # noqa: PLC0415, Dagster only where a test needs it

    assert listing() == PAGE.read_text(encoding="utf-8"), "run `python -m orchestration.graph_listing`"


def test_every_table_that_an_asset_reads_is_made_by_an_asset() -> None:
    from orchestration.definitions import defs  # noqa: PLC0415

    graph = defs().resolve_asset_graph()
    assert not graph.external_asset_keys
    nowhere = {parent for key in graph.get_all_asset_keys() for parent in graph.get(key).parent_keys}
    assert nowhere <= graph.get_all_asset_keys()


def test_no_schedule_accepts_a_load() -> None:
    """Acceptance is a signature: nobody signs at five in the morning."""
    from orchestration.definitions import defs  # noqa: PLC0415

    definitions = defs()
    scheduled = {schedule.job_name for schedule in definitions.schedules or []}
    assert scheduled == {"end_of_day", "end_of_month"}
    for job in scheduled:
        keys = {key.to_user_string() for key in definitions.resolve_job_def(job).asset_layer.selected_asset_keys}
        assert "ops/account" not in keys


def test_no_schedule_runs_before_somebody_starts_it() -> None:
    import dagster as dg  # noqa: PLC0415, only where a test needs it

    from orchestration.definitions import defs  # noqa: PLC0415

    schedules = list(defs().schedules or [])
    assert {schedule.default_status for schedule in schedules} == {dg.DefaultScheduleStatus.STOPPED}


@pytest.mark.requirement("E159")
def test_the_clock_ends_the_month_before_its_own_day() -> None:
    import dagster as dg  # noqa: PLC0415

    from orchestration.definitions import defs  # noqa: PLC0415

    schedule = next(one for one in defs().schedules or [] if one.name == "after_each_month")
    second_of_january = datetime(2026, 1, 2, 3, 0, tzinfo=ZoneInfo("Asia/Tashkent"))
    tick = schedule.evaluate_tick(dg.build_schedule_context(scheduled_execution_time=second_of_january))
    (request,) = tick.run_requests
    assert request.run_config == {"ops": {"go_through_end_of_month": {"config": {"month": "2025-12-01"}}}}


@pytest.mark.requirement("E159")
def test_the_jobs_of_the_clock_are_the_procedures_of_the_command_line(book: SmallBook, workplace: Workplace) -> None:
    from orchestration.graph_runs import Graph  # noqa: PLC0415

    graph = Graph(workplace)
    with connect_as_admin(workplace.settings, autocommit=True) as session:
        # A package that nobody posted: the month is billed, the marts are built, and the RES stays open.
        session.execute(
            "INSERT INTO ops.payment_package_draft (channel_code, package_no, paid_on, booked_month, unit_id,"
            " declared_count, declared_minor, source_id) VALUES ('bank', 'R-17', %(day)s, %(day)s, %(res)s, 1, 100,"
            " %(source)s)",
            {"day": JANUARY, "res": book.res_ids["SA01"], "source": book.source_id},
        )
        of_january = {"go_through_end_of_month": {"month": JANUARY}}
        with pytest.raises(
            Refusal, match="SA01: 1 packages of payments are entered and not posted, the first of them R"
        ):
            graph.run("end_of_month", config=of_january)
        assert session.execute("SELECT count(*) FROM ops.bill").fetchone() == (1,)
        assert session.execute("SELECT count(*) FROM ops.period_close").fetchone() == (0,)
        session.execute("DELETE FROM ops.payment_package_draft")
        graph.run("end_of_month", config=of_january)
        graph.run("end_of_month", config=of_january)
        assert session.execute("SELECT count(*) FROM ops.bill").fetchone() == (1,)
        assert session.execute("SELECT count(*) FROM ops.period_close").fetchone() == (1,)
        forms = list(workplace.forms_dir.glob("R1_*_2026-01.xlsx"))
        assert forms
        for form in forms:  # The directory is that of all tests.
            form.unlink()
        graph.run("end_of_day")
        session.execute("SET session_replication_role = replica")
        session.execute("UPDATE ops.period_close SET content_hash = 'another'")
        with pytest.raises(Refusal, match="2026-01 of SA01: its rows are not those that were closed"):
            graph.run("end_of_day")


def test_a_month_that_cannot_be_closed_is_not_closed(book: SmallBook, workplace: Workplace) -> None:
    from orchestration.graph_runs import Graph  # noqa: PLC0415

    # A point without a tariff: its reading can be neither billed nor explained.
    other = book.consumer("SA01/1/2", res="SA01", readings={date(2026, 1, 1): 0, date(2026, 2, 1): 100})
    with connect_as_admin(workplace.settings) as session:
        session.execute("SET LOCAL session_replication_role = replica")
        session.execute("DELETE FROM ops.metering_point_tariff WHERE metering_point_id = %s", [other.metering_point_id])
    with pytest.raises(Refusal, match="1 readings of 2026-01 are neither billed nor set aside"):
        Graph(workplace).run("bill_and_close", partition_key=JANUARY)
    with connect_as_admin(workplace.settings) as session:
        assert session.execute("SELECT count(*) FROM ops.bill").fetchone() == (1,)
        assert session.execute("SELECT count(*) FROM ops.period_close").fetchone() == (0,)


def test_a_failed_data_test_keeps_the_forms_back(book: SmallBook, workplace: Workplace) -> None:
    from orchestration.graph_runs import Graph  # noqa: PLC0415

    assert book.res_ids
    graph = Graph(workplace)
    graph.run("bill_and_close", partition_key=JANUARY)
    # The same again changes nothing and is no refusal, though the month is closed by now.
    graph.run("bill_and_close", partition_key=JANUARY)
    with connect_as_admin(workplace.settings) as session:
        # Somebody got past every guard of the database and changed a bill that stands.
        session.execute("SET LOCAL session_replication_role = replica")
        session.execute("UPDATE ops.bill_line SET charge_minor = charge_minor + 1 WHERE step_no = 1")
    with pytest.raises(Refusal, match="fct_useful_supply_charge_equals_bills"):
        graph.run("month_close", partition_key=JANUARY)
    assert not list(workplace.forms_dir.glob("*_2026-01.xlsx"))


@pytest.mark.requirement("A53", "B50")
def test_a_load_of_which_something_else_was_expected_is_not_accepted(
    settings: Settings, workplace: Workplace, tmp_path: Path
) -> None:
    """Some of the dump's legal consumers came as UTF-8, the others as cp1251."""
    from legacy_migration.synthetic_utility.generation import generate  # noqa: PLC0415
    from orchestration.graph_runs import Graph  # noqa: PLC0415

    build(settings)
    generate(200, 2, 5, tmp_path / "dump")
    names = tmp_path / "dump" / "legal" / "LEGAL.CSV"
    end = b"\r\n" if b"\r\n" in names.read_bytes() else b"\n"
    lines = names.read_bytes().split(end)
    # A file that is UTF-8 as a whole is refused before it is landed; here every fifth contract was added later.
    spoiled = [line.decode("cp1251").encode() if number % 5 == 4 else line for number, line in enumerate(lines)]
    names.write_bytes(end.join(spoiled))
    sizes = {"accounts": 200, "months": 1, "seed": 1}
    config = {
        "legacy_files__made_up_utility": sizes,
        "judged_load": {"directory": str(tmp_path / "dump"), "profile": "merged_utility"},
        "accepted_load": {"approved_by": "approver"},
    }
    graph = Graph(workplace)
    with pytest.raises(Refusal, match="expectations_that_stop_are_met of migration/protocol.*Names are read in"):
        graph.run("take_over", config=config)
    with connect_as_admin(settings) as session:
        assert session.execute("SELECT count(*) FROM migration.protocol").fetchone() == (1,)
        assert session.execute("SELECT count(*) FROM ops.account").fetchone() == (0,)
        assert session.execute("SELECT count(*) FROM migration.protocol_event").fetchone() == (0,)
