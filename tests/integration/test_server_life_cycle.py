"""The embedded server: started, adopted, killed, stopped, thrown away."""

import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest

from operational_db import server
from operational_db.connections import connect_as_admin
from operational_db.refusal import Refusal
from operational_db.server.data_directory import server_files
from operational_db.settings import REPOSITORY_DIR, Settings

pytestmark = pytest.mark.db

# What another process does with the database, told by the first argument; it says when it is in the middle of it.
_CLIENT = """
import sys, psycopg
with psycopg.connect(sys.argv[1]) as session:
    session.execute(sys.argv[2])
    print("in the middle", flush=True)
    session.execute(sys.argv[3])
"""


def client_in_the_middle(dsn: str, first: str, second: str) -> subprocess.Popen[str]:
    """A client process that has done the first statement and hangs in the second, uncommitted."""
    client = subprocess.Popen(
        [sys.executable, "-c", _CLIENT, dsn, first, second],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert client.stdout is not None
    assert client.stdout.readline() == "in the middle\n"
    return client


def write_rows(settings: Settings, rows: int) -> None:
    with connect_as_admin(settings) as session:
        session.execute("CREATE TABLE reading AS SELECT n FROM generate_series(1, %s) AS n", (rows,))


def count_rows(settings: Settings) -> int:
    with connect_as_admin(settings) as session:
        return session.execute("SELECT count(*) FROM reading").fetchall()[0][0]


def end(client: subprocess.Popen[str]) -> None:
    client.kill()
    client.communicate()


def test_a_fresh_database_knows_cyrillic_and_orders_by_bytes(database: psycopg.Connection) -> None:
    assert database.execute("SELECT lower('ЖЎҚ'), 'я' < 'ё', 'Z' < 'a'").fetchone() == ("жўқ", True, True)


def test_a_session_works_in_the_suppliers_time_zone(settings: Settings) -> None:
    with connect_as_admin(settings) as session:
        # Tashkent is UTC+5 all year, so this instant is already the next day there.
        row = session.execute("SELECT (timestamptz '2026-01-31 20:00Z')::date::text").fetchone()
        session.rollback()
        after_rollback = session.execute("SHOW timezone").fetchone()
    assert row == ("2026-02-01",)
    assert after_rollback == ("Asia/Tashkent",)


def test_the_second_start_adopts_the_running_server(own_server: Settings) -> None:
    first = server.start(own_server)
    second = server.start(own_server)
    assert (first.adopted, second.adopted) == (False, True)
    assert (second.pid, second.port) == (first.pid, first.port)


def test_two_starts_at_once_start_one_server(own_server: Settings) -> None:
    infos: list[server.ServerInfo] = []
    threads = [threading.Thread(target=lambda: infos.append(server.start(own_server))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({info.pid for info in infos}) == 1
    assert sorted(info.adopted for info in infos) == [False, True]


def test_connecting_starts_a_server_that_is_not_running(own_server: Settings) -> None:
    assert server.status(own_server) == server.ServerStatus(is_embedded=True, is_running=False)
    with connect_as_admin(own_server) as session:
        assert session.execute("SELECT current_database()").fetchone() == ("wattbook",)
    now = server.status(own_server)
    assert now.is_running
    assert now.database_bytes is not None
    assert now.version is not None
    assert now.version.startswith("18")


def test_a_clean_stop_keeps_data_and_port(own_server: Settings) -> None:
    first = server.start(own_server)
    write_rows(own_server, 3)
    assert server.stop(own_server)
    assert not server.stop(own_server), "nothing was left to stop"
    again = server.start(own_server)
    assert (again.adopted, again.port) == (False, first.port)
    assert count_rows(own_server) == 3


def test_a_killed_server_reopens_with_all_that_was_committed(own_server: Settings) -> None:
    info = server.start(own_server)
    write_rows(own_server, 1000)
    # A session in the middle of a long computation outlives the server and holds its memory.
    client = client_in_the_middle(
        info.dsn_admin,
        "INSERT INTO reading VALUES (0)",
        "SELECT count(*) FROM generate_series(1, 1e12::bigint)",
    )
    assert info.pid is not None
    os.kill(info.pid, signal.SIGKILL)
    again = server.start(own_server)
    end(client)
    assert again.pid != info.pid
    assert not again.adopted
    assert count_rows(own_server) == 1000


def test_a_killed_client_leaves_nothing_half_done(own_server: Settings) -> None:
    info = server.start(own_server)
    write_rows(own_server, 10)
    client = client_in_the_middle(info.dsn_admin, "DELETE FROM reading", "SELECT pg_sleep(600)")
    end(client)
    with connect_as_admin(own_server) as session:
        # The killed client's session must not keep its rows locked for as long as it would have slept.
        session.execute("SET lock_timeout = '20s'")
        assert session.execute("SELECT count(*) FROM reading").fetchone() == (10,)
        session.execute("UPDATE reading SET n = n + 1")


def test_a_process_number_given_to_another_program_does_not_block_the_start(own_server: Settings) -> None:
    info = server.start(own_server)
    server.stop(own_server)
    files = server_files(own_server)
    owner = files.data_dir.stat()
    become = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    stranger = subprocess.Popen(["/bin/sleep", "600"], **become)
    # As after a power cut: the file names a number that another program of the same user has got since.
    lines = [str(stranger.pid), str(files.data_dir), "0", str(info.port), "", "127.0.0.1", "0", "ready"]
    (files.data_dir / "postmaster.pid").write_text("\n".join(lines) + "\n")
    again = server.start(own_server)
    assert again.pid != stranger.pid
    assert stranger.poll() is None, "the other program is left alone"
    stranger.kill()
    stranger.wait()


def test_a_half_made_data_directory_is_made_anew(own_server: Settings) -> None:
    files = server_files(own_server)
    unfinished = files.server_dir / "data.unfinished.1"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    assert not server.start(own_server).adopted
    assert not unfinished.exists()


def test_a_taken_port_is_replaced(own_server: Settings) -> None:
    info = server.start(own_server)
    server.stop(own_server)
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", info.port))
        taken.listen()
        assert server.start(own_server).port != info.port


def test_reset_destroys_the_data(own_server: Settings) -> None:
    server.start(own_server)
    write_rows(own_server, 5)
    server.reset(own_server)
    assert not server_files(own_server).server_dir.exists()
    with pytest.raises(psycopg.errors.UndefinedTable):
        count_rows(own_server)


def test_only_this_machine_and_only_with_the_password(own_server: Settings) -> None:
    info = server.start(own_server)
    with connect_as_admin(own_server) as session:
        assert session.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(info.dsn_shown.partition("?")[0], passfile="/nonexistent")
    password_file = server_files(own_server).password_file
    assert stat.S_IMODE(password_file.stat().st_mode) == 0o600
    with psycopg.connect(info.dsn_shown) as session:
        assert session.execute("SELECT 1").fetchone() == (1,)


def test_an_unwritable_var_directory_is_refused_in_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "var"
    file.write_text("a file where a directory should be")
    with pytest.raises(Refusal, match=r"cannot be written .*WATTBOOK_VAR_DIR"):
        server.start(Settings(database_url=None, var_dir=file))


def test_a_damaged_data_directory_is_refused_with_the_servers_own_reason(own_server: Settings) -> None:
    server.start(own_server)
    server.stop(own_server)
    (server_files(own_server).data_dir / "global" / "pg_control").unlink()
    with pytest.raises(Refusal, match=r"did not start \(.*pg_control.*\); read .*server\.log"):
        server.start(own_server)


def test_the_settings_travel_to_another_process(own_server: Settings) -> None:
    server.start(own_server)
    program = (
        "from operational_db.settings import load_settings; from operational_db import server; "
        "print(server.start(load_settings()).adopted)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | own_server.as_environment(),
        cwd=REPOSITORY_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout == "True\n"


def test_a_directory_that_is_no_database_is_refused_in_one_sentence(own_server: Settings) -> None:
    server_files(own_server).data_dir.mkdir(parents=True)
    with pytest.raises(Refusal, match=r"is no PostgreSQL data directory: its PG_VERSION is missing"):
        server.start(own_server)


def test_the_settings_of_a_warehouse_are_in_force(own_server: Settings) -> None:
    wanted = {
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "shared_buffers": "64MB",
        "jit": "off",
        "max_parallel_workers_per_gather": "2",
        "max_locks_per_transaction": "256",
        # A killed server must not lose what it said was committed, even where power cuts do not matter.
        "synchronous_commit": "on",
    }
    with connect_as_admin(own_server) as session:
        found = {name: session.execute(f"SHOW {name}").fetchall()[0][0] for name in wanted}
    assert found == wanted
