"""A real server named by WATTBOOK_DATABASE_URL behaves as the embedded one: tried on PostgreSQL 18 and on 15."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from operational_db import server
from operational_db.connections import Role, connect, connect_as_admin
from operational_db.refusal import Refusal
from operational_db.schema import current_revision, newest_revision, upgrade
from operational_db.server.address import with_parts
from operational_db.server.backup import backup, restore, verify
from operational_db.settings import Settings

pytestmark = pytest.mark.db


@pytest.fixture(params=["shared_server", "shared_server_15"])
def real_server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """A server that Wattbook only knows by its address; its database does not exist yet."""
    address = server.start(request.getfixturevalue(request.param)).dsn_admin
    settings = Settings(database_url=with_parts(address, dbname="supplier"), var_dir=tmp_path / "var")
    yield settings
    server.reset(settings)


def test_the_database_is_made_where_the_address_says(real_server: Settings) -> None:
    assert server.status(real_server).database_bytes is None
    with connect_as_admin(real_server) as session:
        assert session.execute("SELECT current_database(), lower('Ж'), 'Z' < 'a'").fetchone() == ("supplier", "ж", True)
    now = server.status(real_server)
    assert not now.is_embedded
    assert now.dsn_shown is not None
    assert "password" not in now.dsn_shown
    assert not real_server.var_dir.exists(), "no embedded server was made beside it"


def test_schema_backup_and_restore_work_there(real_server: Settings, tmp_path: Path) -> None:
    upgrade(real_server)
    assert current_revision(real_server) == newest_revision()
    with connect(real_server, Role.READER, user="Ўктам \\ a\ttab") as session:
        seen = session.execute("SELECT current_user, current_setting('wattbook.user_login')").fetchone()
    assert seen == ("wattbook_reader", "Ўктам \\ a\ttab")
    backup(real_server, tmp_path / "book.dump")
    assert verify(real_server, tmp_path / "book.dump") == []
    restore(real_server, tmp_path / "book.dump")
    assert current_revision(real_server) == newest_revision()


def test_reset_drops_that_database_alone(real_server: Settings) -> None:
    server.start(real_server)
    server.reset(real_server)
    assert server.status(real_server).database_bytes is None
    with psycopg.connect(with_parts(str(real_server.database_url), dbname="postgres")) as session:
        assert session.execute("SELECT count(*) FROM pg_database WHERE datname = 'supplier'").fetchone() == (0,)


def test_a_server_of_others_is_not_stopped(real_server: Settings) -> None:
    with pytest.raises(Refusal, match="stop it with its own tools"):
        server.stop(real_server)


def test_a_wrong_address_gives_one_sentence_without_the_password() -> None:
    # Port 1 is never a database.
    wrong = Settings(database_url="postgresql://clerk:secret@127.0.0.1:1/supplier")
    for ask in (server.start, server.status, server.reset, connect_as_admin):
        with pytest.raises(Refusal) as refused:
            ask(wrong)
        sentence = refused.value.sentence
        assert "WATTBOOK_DATABASE_URL (postgresql://clerk@127.0.0.1:1/" in sentence
        assert "secret" not in sentence
        assert "\n" not in sentence
