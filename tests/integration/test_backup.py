"""A copy of the database: taken, proved, brought back; and what happens when it is not whole."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from operational_db import server
from operational_db.connections import Role, connect, connect_as_admin
from operational_db.refusal import Refusal
from operational_db.schema import current_revision, newest_revision, upgrade
from operational_db.server.backup import backup, contents_file, restore, verify
from operational_db.server.databases import MAINTENANCE_DATABASE, drop_database
from operational_db.settings import Settings

pytestmark = pytest.mark.db

BOOK = "public.book"


def write_book(settings: Settings) -> None:
    """Money, energy, instants and Cyrillic, in a partitioned table: whatever a hash of rows could lose."""
    with connect_as_admin(settings) as session:
        session.execute(
            """
            CREATE TABLE book (
                account_no text, month date, energy_kwh numeric(18, 6), charge_minor bigint, entered_at timestamptz
            ) PARTITION BY RANGE (month);
            CREATE TABLE book_202601 PARTITION OF book FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
            CREATE TABLE book_202602 PARTITION OF book FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
            INSERT INTO book
            SELECT
                'Ў-' || n, date '2026-01-01' + n % 59, n / 7.0, n * 45000,
                timestamptz '2026-01-01' + n * interval '1 h'
            FROM generate_series(1, 500) AS n;
            CREATE UNLOGGED TABLE run_of_today (n int);
            INSERT INTO run_of_today VALUES (1);
            """
        )


def total_charge(settings: Settings) -> int:
    with connect_as_admin(settings) as session:
        return int(session.execute("SELECT sum(charge_minor) FROM book").fetchall()[0][0])


@pytest.fixture
def book(shared_server: Settings) -> Iterator[Settings]:
    """A database with that book alone: our whole schema in it would only make every copy slower."""
    small = shared_server.model_copy(update={"database_name": "small_book"})
    write_book(small)
    yield small
    maintenance = shared_server.model_copy(update={"database_name": MAINTENANCE_DATABASE})
    with connect_as_admin(maintenance, autocommit=True) as session:
        drop_database(session, small.database_name)


def test_a_backup_restores_to_the_same_rows(book: Settings, tmp_path: Path) -> None:
    contents = backup(book, tmp_path / "book.dump")
    rows = {table.table: table.row_count for table in contents.tables}
    # 500 days counted on from 1 January in rounds of 59 (31 of January, 28 of February): 8 whole rounds and 28 days,
    # n = 473..500, that is days 1..28 after 1 January, of which the last is 29 January. n % 59 = 0 is 1 January itself.
    assert rows["public.book_202601"] == 8 * 31 + 28
    assert rows["public.book_202602"] == 8 * 28
    assert "public.run_of_today" not in rows, "what a run throws away is not copied"
    assert verify(book, tmp_path / "book.dump") == []


def test_restore_brings_back_what_was_lost_since(book: Settings, tmp_path: Path) -> None:
    backup(book, tmp_path / "book.dump")
    with connect_as_admin(book) as session:
        session.execute("DELETE FROM book WHERE month >= '2026-02-01'")
        session.execute("CREATE TABLE of_no_backup (n int)")
    restore(book, tmp_path / "book.dump")
    # 45000 * (1 + 2 + ... + 500) = 45000 * 500 * 501 / 2
    assert total_charge(book) == 45000 * 125250
    with connect_as_admin(book) as session:
        assert session.execute("SELECT to_regclass('of_no_backup')").fetchone() == (None,)


def test_a_backup_restores_on_a_new_server_with_its_roles_and_schema(
    settings: Settings, own_server: Settings, tmp_path: Path
) -> None:
    write_book(settings)
    backup(settings, tmp_path / "book.dump")
    restore(own_server, tmp_path / "book.dump")
    assert total_charge(own_server) == 45000 * 125250
    assert current_revision(own_server) == newest_revision()
    with connect(own_server, Role.READER) as session:
        assert session.execute("SELECT current_user").fetchone() == ("wattbook_reader",)
    upgrade(own_server)


def test_verify_names_the_table_that_differs(book: Settings, tmp_path: Path) -> None:
    file = tmp_path / "book.dump"
    backup(book, file)
    # Sabotage: the list says one row more, and another table's values differ.
    listed = contents_file(file).read_text()
    contents_file(file).write_text(listed.replace('"row_count": 276', '"row_count": 277'))
    (difference,) = verify(book, file)
    assert difference.sentence() == "The table public.book_202601 has 276 rows, not 277."


def test_verify_sees_one_changed_value(book: Settings, tmp_path: Path) -> None:
    backup(book, tmp_path / "before.dump")
    with connect_as_admin(book) as session:
        session.execute("UPDATE book SET energy_kwh = energy_kwh + 0.000001 WHERE account_no = 'Ў-7'")
    backup(book, tmp_path / "after.dump")
    for suffix in ("", ".contents.json"):
        (tmp_path / f"before.dump{suffix}").rename(tmp_path / f"kept.dump{suffix}")
    contents_file(tmp_path / "kept.dump").write_text(
        contents_file(tmp_path / "kept.dump")
        .read_text()
        .replace(_sha256_of(tmp_path / "kept.dump"), _sha256_of(tmp_path / "after.dump"))
    )
    (tmp_path / "after.dump").replace(tmp_path / "kept.dump")
    (difference,) = verify(book, tmp_path / "kept.dump")
    assert difference.sentence() == "The table public.book_202601 has 276 rows as expected, but their values differ."


def test_a_broken_backup_changes_nothing(book: Settings, tmp_path: Path) -> None:
    file = tmp_path / "book.dump"
    backup(book, file)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(Refusal, match=r"is not the file that was written"):
        verify(book, file)
    with pytest.raises(Refusal, match=r"is not the file that was written"):
        restore(book, file)
    assert total_charge(book) == 45000 * 125250


def test_a_backup_is_not_overwritten(book: Settings, tmp_path: Path) -> None:
    backup(book, tmp_path / "book.dump")
    with pytest.raises(Refusal, match=r"book\.dump exists already"):
        backup(book, tmp_path / "book.dump")


def test_a_missing_backup_is_refused_in_one_sentence(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(Refusal, match=r"nothing\.dump does not exist"):
        restore(settings, tmp_path / "nothing.dump")
    (tmp_path / "alone.dump").write_bytes(b"")
    with pytest.raises(Refusal, match=r"alone\.dump\.contents\.json .* missing or broken"):
        verify(settings, tmp_path / "alone.dump")


def test_a_backup_leaves_no_scratch_database(book: Settings, tmp_path: Path) -> None:
    backup(book, tmp_path / "book.dump")
    verify(book, tmp_path / "book.dump")
    restore(book, tmp_path / "book.dump")
    with psycopg.connect(server.start(book).dsn_admin) as session:
        names = session.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", (f"{book.database_name}\\_%",))
        assert names.fetchall() == []


def _sha256_of(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
