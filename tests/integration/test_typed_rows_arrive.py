"""The proof that every typed row arrived as it was sent: what is lost, added or changed on the way is named."""

from pathlib import Path

import pytest

from legacy_migration import commands, verification
from legacy_migration.commands import migrate
from legacy_migration.synthetic_utility.twenty_accounts.dump import twenty_accounts
from operational_db.connections import Role, connect
from operational_db.settings import Settings

BY = "administrator"
READINGS_OF_SA03 = "(SELECT file_id FROM landing.file WHERE path = 'household/SA03/POKAZ.DBF')"
ROW_TWO = f"r.row_no = 2 AND r.file_id = {READINGS_OF_SA03}"
TAMPERED = {
    "ROW_LOST": f"DELETE FROM migration.reading AS r WHERE {ROW_TWO}",
    "ROW_CHANGED": f"UPDATE migration.reading AS r SET value_kwh = r.value_kwh + 1 WHERE {ROW_TWO}",
    "ROW_ADDED": (
        "INSERT INTO migration.reading SELECT r.load_id, r.file_id, 2000, r.part_no, r.point_code, r.serial_no, "
        "r.read_on, r.value_kwh, r.kind, r.is_opening, r.is_deleted, r.bad_reason, r.bad_field, r.bad_value, "
        f"r.row_hash, r.cell_pattern FROM migration.reading AS r WHERE {ROW_TWO}"
    ),
}


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return twenty_accounts(tmp_path_factory.mktemp("legacy") / "twenty")


@pytest.mark.requirement("A52", "B49")
def test_every_stored_row_has_the_hash_that_it_was_sent_with(settings: Settings, dump: Path) -> None:
    migrate(settings, dump, profile="merged_utility", by=BY)
    with connect(settings, Role.LOADER) as session:
        checks = session.execute(
            "SELECT entity, source_value, target_value, status FROM migration.check_result WHERE level = 'hash'"
        ).fetchall()
        assert {status for _, _, _, status in checks} == {"equal"}
        found = {entity: (sent, equal) for entity, sent, equal, _ in checks}
        # 10 + 9 rows of households with the repeated and the deleted one, and three legal consumers.
        (accounts,) = session.execute("SELECT count(*) FROM migration.account").fetchone()
        assert found["account"] == (accounts, accounts)
        # One reading by hand: md5 of its facts with tabs between, as docs/migration.md writes the canonical text.
        assert session.execute(
            "SELECT r.row_hash = md5(concat_ws(E'\\t', r.point_code, r.serial_no, r.read_on::text, r.value_kwh::text, "
            "r.kind, r.is_opening::text))::uuid FROM migration.reading AS r WHERE r.row_no = 2 "
            f"AND r.file_id = {READINGS_OF_SA03}"
        ).fetchone() == (True,)


@pytest.mark.requirement("A52", "B49", "A54")
@pytest.mark.parametrize("fault", TAMPERED)
def test_a_row_that_did_not_arrive_as_it_was_sent_is_named(
    settings: Settings, dump: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    def tampered_verify(session, *arguments):  # noqa: ANN001, ANN002, ANN202 - passes on what it was called with
        session.execute(TAMPERED[fault])
        return verification.verify(session, *arguments)

    monkeypatch.setattr(commands, "verify", tampered_verify)
    protocol = migrate(settings, dump, profile="merged_utility", by=BY)
    assert protocol.differing_count > 0
    with connect(settings, Role.LOADER) as session:
        named = session.execute(
            "SELECT d.check_code, f.path, d.row_no FROM migration.difference AS d INNER JOIN landing.file AS f "
            "USING (file_id) WHERE d.check_code LIKE 'ROW%'"
        ).fetchall()
    assert named == [(fault, "household/SA03/POKAZ.DBF", 2000 if fault == "ROW_ADDED" else 2)]
