"""Two persons sign a load, and an auditor who has nothing of Wattbook checks the filed protocol."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as drawn
from hypothesis import strategies as st

from legacy_migration.commands import accept, migrate, withdraw
from legacy_migration.signing.filing import write_protocol
from legacy_migration.signing.pages import figures_of_pages
from legacy_migration.signing.verify_protocol import Broken, check, page_body, page_hash, page_line, read_pages
from legacy_migration.synthetic_utility.twenty_accounts.dump import twenty_accounts
from operational_db.access.commands import create_user
from operational_db.connections import Role, connect, connect_as_admin
from operational_db.pango import find_weasyprint
from operational_db.reference.loading import APPROVER_LOGIN as APPROVER
from operational_db.refusal import Refusal
from operational_db.settings import Settings

BY = "administrator"


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return twenty_accounts(tmp_path_factory.mktemp("legacy") / "twenty")


@pytest.fixture
def prepared(settings: Settings, dump: Path) -> int:
    return migrate(settings, dump, profile="merged_utility", by=BY).protocol_id


def checked_as_receiver(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The program that lies beside the protocol, with nothing but Python: no site packages, no environment."""
    return subprocess.run(
        [sys.executable, "-I", "-S", "verify_protocol.py", *arguments],
        cwd=place, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.requirement("A55", "B52")
def test_who_prepared_a_load_does_not_accept_it(settings: Settings, prepared: int) -> None:
    with pytest.raises(Refusal, match='was prepared by "administrator", who cannot accept it too; let a second person'):
        accept(settings, prepared, by=BY)
    with connect(settings, Role.LOADER) as session:
        assert session.execute("SELECT count(*) FROM ops.account WHERE kind <> 'technical'").fetchone() == (0,)
    assert accept(settings, prepared, by=APPROVER).state == "accepted"


@pytest.mark.requirement("A55", "B52")
def test_who_landed_a_dump_that_another_judged_does_not_accept_it_either(
    settings: Settings, dump: Path, database: psycopg.Connection
) -> None:
    for login in ("karimova", "tosheva"):
        create_user(settings, login=login, full_name=login.title(), group_code="administrators", unit_code="UZ", by=BY)
    protocol = migrate(settings, dump, profile="merged_utility", by="karimova")
    # A killed run of Tosheva had begun the load.
    database.execute("UPDATE landing.load SET user_id = (SELECT user_id FROM ops.app_user WHERE login = 'tosheva')")
    for login in ("karimova", "tosheva"):
        with pytest.raises(Refusal, match=f'was prepared by "{login}"'):
            accept(settings, protocol.protocol_id, by=login)
    accept(settings, protocol.protocol_id, by=BY)


@pytest.mark.requirement("A55", "B52", "E151")
def test_the_database_itself_keeps_one_person_from_signing_twice(settings: Settings, prepared: int) -> None:
    sign = (
        "INSERT INTO migration.protocol_event (protocol_id, event, user_id, source_id) "
        "SELECT %s, 'accepted', u.user_id, (SELECT max(source_id) FROM ops.source) FROM ops.app_user AS u "
        "WHERE u.login = %s"
    )
    create_user(settings, login="clerk", full_name="Clerk", group_code="billing_clerks", unit_code="UZ", by=BY)
    with connect_as_admin(settings) as session:
        with pytest.raises(psycopg.Error, match='was prepared by "administrator"'):
            session.execute(sign, [prepared, BY])
        session.rollback()
        with pytest.raises(psycopg.Error, match='"clerk" does not hold the right "accept_load" for SA01'):
            session.execute(sign, [prepared, "clerk"])


@pytest.mark.requirement("A55", "B52")
@pytest.mark.parametrize("table", ["protocol", "protocol_event", "protocol_page"])
@pytest.mark.parametrize("change", ["DELETE FROM", "TRUNCATE"])
def test_nobody_takes_away_what_was_signed(settings: Settings, prepared: int, table: str, change: str) -> None:
    accept(settings, prepared, by=APPROVER)
    with connect_as_admin(settings) as session, pytest.raises(psycopg.Error, match="belong to signed protocols"):
        session.execute(f"{change} migration.{table} {'CASCADE' if change == 'TRUNCATE' else ''}")


@pytest.mark.requirement("A55", "B52")
def test_a_page_that_does_not_follow_is_refused_and_none_is_changed(settings: Settings, prepared: int) -> None:
    with connect_as_admin(settings) as session:
        with pytest.raises(psycopg.Error, match="belong to signed protocols"):
            session.execute("UPDATE migration.protocol_page SET body = replace(body, 'rejected', 'loaded')")
        session.rollback()
        (last,) = session.execute("SELECT max(page_no) FROM migration.protocol_page").fetchone()
        body = page_body(last + 1, "1" * 64, {"section": "event", "facts": {"Event": "approved"}})
        with pytest.raises(psycopg.Error, match=f"Page {last + 1} of protocol {prepared} does not follow"):
            session.execute(
                "INSERT INTO migration.protocol_page VALUES (%s, %s, 'event', %s, %s, %s)",
                [prepared, last + 1, body, "1" * 64, page_hash(body)],
            )


@pytest.mark.requirement("A54", "A55", "B52")
def test_a_receiver_checks_the_filed_protocol_with_nothing_but_python(
    settings: Settings, prepared: int, tmp_path: Path
) -> None:
    accept(settings, prepared, by=APPROVER)
    page, workbook, filed, checker = write_protocol(settings, prepared, tmp_path, forms=("html", "xlsx", "json"))
    assert (filed.name, checker.name) == (f"protocol_{prepared}.json", "verify_protocol.py")
    told = checked_as_receiver(tmp_path, filed.name)
    assert told.returncode == 0, told.stdout + told.stderr
    # Both persons are in the chain, in this order.
    assert told.stdout.index("prepared by First administrator") < told.stdout.index("approved by First approver")
    head = told.stdout.split("Head: ")[1].strip()
    assert head in page.read_text(encoding="utf-8")
    assert checked_as_receiver(tmp_path, filed.name, head).returncode == 0
    assert checked_as_receiver(tmp_path, filed.name, "0" * 64).returncode == 1
    assert checked_as_receiver(tmp_path, "protocol_99.json").returncode == 2
    assert checked_as_receiver(tmp_path).returncode == 2

    withdraw(settings, prepared, by=APPROVER)
    write_protocol(settings, prepared, tmp_path / "later", forms=("json",))
    later = checked_as_receiver(tmp_path / "later", filed.name)
    assert later.returncode == 0
    assert "withdrawn by First approver of loads" in later.stdout
    # What was filed before is the beginning of what is filed now.
    assert (tmp_path / "later" / filed.name).read_bytes().startswith(filed.read_bytes())
    assert workbook.is_file()


@pytest.fixture(scope="module")
def filed(shared_server: Settings, tmp_path_factory: pytest.TempPathFactory, dump: Path) -> bytes:
    from tests.conftest import fresh_database  # noqa: PLC0415 - one protocol for many examples

    place = tmp_path_factory.mktemp("filed")
    fresh = fresh_database(shared_server)
    settings = next(fresh)
    protocol = migrate(settings, dump, profile="merged_utility", by=BY)
    accept(settings, protocol.protocol_id, by=APPROVER)
    path, _ = write_protocol(settings, protocol.protocol_id, place, forms=("json",))
    data = path.read_bytes()
    next(fresh, None)
    return data


@pytest.mark.requirement("A54", "A55", "B52")
@given(chance=st.data())
@drawn(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_flipped_byte_is_found_and_its_page_named(filed: bytes, chance: st.DataObject) -> None:
    position = chance.draw(st.integers(0, len(filed) - 1))
    other = chance.draw(st.integers(0, 255).filter(lambda byte: byte != filed[position]))
    flipped = filed[:position] + bytes([other]) + filed[position + 1 :]
    page = filed[:position].count(b"\n") + 1
    with pytest.raises(Broken, match=rf"^Page {page}\b"):
        check(flipped)


@pytest.mark.requirement("A54", "A55", "B52")
def test_a_flipped_digit_is_named_by_page_row_and_column(filed: bytes, tmp_path: Path) -> None:
    lines = filed.decode().splitlines(keepends=True)
    number, line = next(
        (n, line) for n, line in enumerate(lines, 1) if json.loads(line)["content"]["section"] == "rejects"
    )
    assert '"1310"' in line  # the reading that is less than the one before
    row = next(n for n, cells in enumerate(json.loads(line)["content"]["rows"], 1) if cells[6] == "1310")
    (tmp_path / "wrong.json").write_text(filed.decode().replace('"1310"', '"1510"', 1), encoding="utf-8")
    shutil.copy(Path("legacy_migration/signing/verify_protocol.py"), tmp_path)
    told = checked_as_receiver(tmp_path, "wrong.json")
    assert told.returncode == 1
    assert f"Page {number} was changed: row {row}, column Value." in told.stdout


def test_pages_left_out_or_in_another_order_are_found(filed: bytes) -> None:
    lines = filed.splitlines(keepends=True)
    with pytest.raises(Broken, match=r"^Page 3: field number is 4"):
        check(b"".join(lines[:2] + lines[3:]))
    with pytest.raises(Broken, match=r"^Page 2: field number is 3"):
        check(b"".join([lines[0], lines[2], lines[1], *lines[3:]]))
    seal = next(n for n, line in enumerate(lines, 1) if json.loads(line)["content"]["section"] == "event")
    with pytest.raises(Broken, match=rf"^Page {seal - 1} is the last and no seal"):
        check(b"".join(lines[: seal - 1]))
    # Behind an older seal the file is a true older state, which only the hash on paper tells from the newest.
    assert any("prepared by" in sentence for sentence in check(b"".join(lines[:seal])))


def test_counts_that_do_not_add_up_are_found_even_with_right_hashes(filed: bytes) -> None:
    """Who makes the whole chain anew has right hashes, and still cannot hide a row."""
    pages, _ = read_pages(filed)
    table = next(page for page in pages if page["section"] == "entities")
    index = table["columns"].index("Loaded")
    table["rows"][0][index] -= 1
    with pytest.raises(Broken, match=r"Section entities \(from page \d+\), row 1: Read is \d+, but"):
        check(chained(pages))
    table["rows"][0][index] += 1
    rejects = next(page for page in pages if page["section"] == "rejects")
    rejects["rows"].pop()
    rejects["row_count"] -= 1
    with pytest.raises(Broken, match="Section rejects lists 7 rows, but column Rejected of entities counts 8"):
        check(chained(pages))


def chained(pages: list[dict]) -> bytes:
    previous, lines = "0" * 64, []
    for number, content in enumerate(pages, start=1):
        body = page_body(number, previous, content)
        previous = page_hash(body)
        lines.append(page_line(body, previous))
    return "".join(lines).encode()


@pytest.mark.requirement("A55", "B52")
def test_the_same_dump_gives_the_same_pages_up_to_the_first_seal(
    settings: Settings, dump: Path, filed: bytes, tmp_path: Path
) -> None:
    again = migrate(settings, dump, profile="merged_utility", by=BY)
    path, _ = write_protocol(settings, again.protocol_id, tmp_path, forms=("json",))
    mine, theirs = path.read_bytes().splitlines(), filed.splitlines()
    seal = next(n for n, line in enumerate(mine) if json.loads(line)["content"]["section"] == "event")
    assert mine[:seal] == theirs[:seal]
    assert seal >= 6


@pytest.mark.requirement("A55", "B52")
@pytest.mark.skipif(find_weasyprint() is None, reason="Pango is not installed")
def test_the_paper_tells_the_hash_and_both_persons(settings: Settings, prepared: int, tmp_path: Path) -> None:
    from pypdf import PdfReader  # noqa: PLC0415 - only this test reads a paper

    accept(settings, prepared, by=APPROVER)
    (paper,) = write_protocol(settings, prepared, tmp_path, forms=("pdf",))
    text = "".join(page.extract_text() for page in PdfReader(paper).pages)
    assert "First administrator" in text
    assert "First approver of loads" in text


@pytest.mark.requirement("A51", "B48")
def test_the_pages_tell_the_encoding_of_each_kind_of_file_and_why(settings: Settings, prepared: int) -> None:
    with connect(settings, Role.LOADER) as session:
        table = figures_of_pages(session, prepared)["encodings"]
    whole_files = {row[0]: (row[2], row[3]) for row in table.rows if row[1] == ""}
    # As the profile gives them: the household databases are DOS programs of the nineties, those of the network are not.
    assert whole_files["household_accounts"] == ("cp866", "given")
    assert {"cp866", "cp1251"} <= {encoding for encoding, _ in whole_files.values()}
    assert all(row[7] for row in table.rows)
