"""The embedded server: started, adopted, killed, stopped, thrown away."""

import psycopg
import pytest

from operational_db.connections import connect_as_admin
from operational_db.settings import Settings

pytestmark = pytest.mark.db


def test_a_test_gets_a_fresh_database_that_knows_cyrillic(database: psycopg.Connection, settings: Settings) -> None:
    row = database.execute("SELECT lower('ЖЎҚ'), current_database()").fetchone()
    assert row == ("жўқ", settings.database_name)


def test_a_session_works_in_the_suppliers_time_zone(settings: Settings) -> None:
    with connect_as_admin(settings) as connection:
        # Tashkent is UTC+5 all year, so this instant is already the next day there.
        row = connection.execute("SELECT (timestamptz '2026-01-31 20:00Z')::date::text").fetchone()
    assert row == ("2026-02-01",)
