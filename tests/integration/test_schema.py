"""The schema as a whole: revisions and models tell the same story, a filled database goes down and up again."""

from datetime import date

import psycopg
import pytest

from operational_db import schema
from operational_db.billing.commands import bill_month, close_month
from operational_db.connections import connect_as_admin
from operational_db.schema.catalogue import metadata
from operational_db.settings import Settings
from tests.small_book import ADMINISTRATOR, SmallBook

JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)

CATALOGUE = """
WITH ours AS (
    SELECT oid, nspname FROM pg_namespace WHERE nspname IN ('ops', 'audit', 'landing', 'migration', 'work')
),
relation AS (
    SELECT c.*, n.nspname FROM pg_class AS c INNER JOIN ours AS n ON n.oid = c.relnamespace
    WHERE NOT c.relispartition AND c.relname NOT LIKE 'alembic_version%'
)
SELECT format('relation %s.%s %s %s rls=%s,%s %s', nspname, relname, relkind, relpersistence, relrowsecurity,
    relforcerowsecurity, pg_get_userbyid(relowner)) FROM relation WHERE relkind <> 'i'
UNION ALL
SELECT format('column %s.%s.%s %s null=%s %s', r.nspname, r.relname, a.attname, format_type(a.atttypid, a.atttypmod),
    NOT a.attnotnull, pg_get_expr(d.adbin, d.adrelid))
FROM relation AS r INNER JOIN pg_attribute AS a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
UNION ALL
SELECT format('constraint %s.%s %s %s', r.nspname, r.relname, k.conname, pg_get_constraintdef(k.oid))
FROM relation AS r INNER JOIN pg_constraint AS k ON k.conrelid = r.oid
UNION ALL
SELECT format('index %s', pg_get_indexdef(i.indexrelid))
FROM relation AS r INNER JOIN pg_index AS i ON i.indrelid = r.oid
UNION ALL
SELECT format('trigger %s', pg_get_triggerdef(t.oid))
FROM relation AS r INNER JOIN pg_trigger AS t ON t.tgrelid = r.oid AND NOT t.tgisinternal
UNION ALL
SELECT format('policy %s.%s %s %s %s', schemaname, tablename, policyname, roles, qual) FROM pg_policies
UNION ALL
SELECT format('function %s %s definer=%s acl=%s %s', p.oid::regprocedure, l.lanname, p.prosecdef, p.proacl,
    CASE WHEN p.prosqlbody IS NULL THEN md5(p.prosrc) ELSE md5(pg_get_function_sqlbody(p.oid)) END)
FROM pg_proc AS p INNER JOIN ours AS n ON n.oid = p.pronamespace INNER JOIN pg_language AS l ON l.oid = p.prolang
UNION ALL
SELECT format('grants %s.%s %s', nspname, relname, relacl) FROM relation WHERE relkind IN ('r', 'p', 'v', 'S')
UNION ALL
SELECT format('comment %s.%s.%s %s', r.nspname, r.relname, a.attname, d.description)
FROM relation AS r INNER JOIN pg_description AS d ON d.objoid = r.oid AND d.classoid = 'pg_class'::regclass
LEFT JOIN pg_attribute AS a ON a.attrelid = r.oid AND a.attnum = d.objsubid AND d.objsubid > 0
"""


def _catalogue(settings: Settings) -> set[str]:
    with connect_as_admin(settings) as session:
        return {row[0] for row in session.execute(CATALOGUE)}


def _build_from_models(settings: Settings) -> None:
    with connect_as_admin(settings) as session, schema._as_sqlalchemy(session) as connection:
        schema._prepare(session)
        session.execute("SET LOCAL ROLE wattbook_owner")
        metadata.create_all(connection, checkfirst=False)
        session.execute("RESET ROLE")
        schema.install_sql(session)
        session.commit()


@pytest.mark.requirement("D39")
def test_revisions_build_what_the_models_say(settings: Settings, database: psycopg.Connection) -> None:
    by_revisions = _catalogue(settings)
    for name in schema.SCHEMAS:
        database.execute(f"DROP SCHEMA {name} CASCADE")
    _build_from_models(settings)
    assert sorted(_catalogue(settings) ^ by_revisions) == []
    assert any(line.startswith("policy ops.bill visible_unit") for line in by_revisions)
    assert any(line.startswith("function ops.post_bills") for line in by_revisions)


def _posted(database: psycopg.Connection) -> list[tuple]:
    return database.execute(
        "SELECT account_id, document_kind, document_no, entry_no, amount_minor FROM ops.ledger ORDER BY 1, 2, 3, 4"
    ).fetchall()


def test_a_filled_database_goes_down_and_up_and_keeps_its_book(
    settings: Settings, database: psycopg.Connection
) -> None:
    fresh = _catalogue(settings)
    book = SmallBook(settings, first_month=JANUARY, res_codes=("SA01",))
    book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 0, FEBRUARY: 350})
    bill_month(settings, JANUARY, by=ADMINISTRATOR)
    close_month(settings, JANUARY, by=ADMINISTRATOR)
    before = _posted(database)
    schema.downgrade(settings, "0001")
    assert schema.current_revision(settings) == "0001"
    assert _posted(database) == before
    schema.upgrade(settings)
    assert schema.current_revision(settings) == schema.newest_revision()
    assert _posted(database) == before
    assert len(before) == 2
    assert sorted(_catalogue(settings) ^ fresh) == []
    with pytest.raises(psycopg.Error, match="are posted and cannot be changed or removed"):
        database.execute("TRUNCATE ops.bill_line_202601")


def test_an_upgrade_again_changes_nothing(settings: Settings) -> None:
    before = _catalogue(settings)
    schema.upgrade(settings)
    assert _catalogue(settings) == before


def test_the_way_down_to_nothing_and_up_again_is_open(settings: Settings) -> None:
    before = _catalogue(settings)
    schema.downgrade(settings, "base")
    schema.upgrade(settings)
    assert sorted(_catalogue(settings) ^ before) == []


@pytest.mark.parametrize("role", ["wattbook_app", "wattbook_reader", "wattbook_web"])
def test_no_partition_is_open_to_those_whom_policies_hold(
    settings: Settings, database: psycopg.Connection, role: str
) -> None:
    """A partition read directly would escape the policies of its table."""
    SmallBook(settings, first_month=JANUARY, res_codes=("SA01",))
    schema.upgrade(settings)
    open_partitions = database.execute(
        "SELECT c.oid::regclass::text FROM pg_class AS c"
        " WHERE c.relispartition AND c.relkind = 'r' AND has_table_privilege(%s, c.oid, 'SELECT')",
        [role],
    ).fetchall()
    partitions = database.execute("SELECT count(*) FROM pg_class WHERE relispartition AND relkind = 'r'").fetchone()[0]
    assert open_partitions == []
    assert partitions > 10


@pytest.mark.parametrize("role", ["wattbook_app", "wattbook_reader", "wattbook_web"])
def test_rows_of_old_systems_are_closed_to_all_but_loading_and_counting(
    database: psycopg.Connection, role: str
) -> None:
    readable = database.execute(
        "SELECT table_schema || '.' || table_name FROM information_schema.tables"
        " WHERE table_schema IN ('landing', 'migration')"
        "   AND has_table_privilege(%s, format('%%I.%%I', table_schema, table_name), 'SELECT')"
        "   AND has_schema_privilege(%s, table_schema, 'USAGE')",
        [role, role],
    ).fetchall()
    assert readable == []


def test_functions_of_another_text_are_taken_out_before_the_new_ones_come(settings: Settings) -> None:
    untouched = _catalogue(settings)
    with connect_as_admin(settings) as session:
        # As an older version of Wattbook left it: a function with other arguments, and another name for an argument.
        session.execute("CREATE FUNCTION ops.day_mask(span_from date) RETURNS integer LANGUAGE sql RETURN 1")
        session.execute("DROP FUNCTION ops.are_many")
        session.execute("CREATE FUNCTION ops.are_many(rows bigint) RETURNS boolean LANGUAGE sql RETURN true")
        session.execute("COMMENT ON SCHEMA ops IS 'SQL files of another text'")
        session.commit()

    schema.upgrade(settings)

    assert _catalogue(settings) == untouched


@pytest.mark.requirement("E151")
def test_every_view_of_the_book_is_read_with_the_rights_of_who_asks(database: psycopg.Connection) -> None:
    # Else it would show the rows that its owner sees, which are all.
    assert database.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'ops'::regnamespace AND relkind = 'v'"
        " AND NOT coalesce(reloptions, '{}') @> '{security_invoker=true}'"
        # A meter that hangs at another RES must not look free; the view says no more of it than that.
        " AND relname <> 'meter_whereabouts'"
    ).fetchall() == []  # fmt: skip
