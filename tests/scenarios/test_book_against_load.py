"""After acceptance every row of the book is compared with what was loaded, both ways; what differs is named by the old
key, and nothing is accepted."""

from pathlib import Path

import pytest

from legacy_migration import publishing
from legacy_migration.commands import accept, migrate
from legacy_migration.reconciliation.comparing import compare_load
from legacy_migration.synthetic_utility.twenty_accounts.dump import twenty_accounts
from operational_db.connections import Role, connect
from operational_db.payments.corrections import bind_payment
from operational_db.refusal import Refusal
from operational_db.settings import Settings

BY = "administrator"
APPROVER = "approver"


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return twenty_accounts(tmp_path_factory.mktemp("legacy") / "twenty")


def rows(settings: Settings, query: str, *values: object) -> list[tuple]:
    with connect(settings, Role.LOADER) as session:
        return session.execute(query, values).fetchall()


@pytest.mark.requirement("A52", "A53", "B49", "B50")
def test_every_kind_of_fact_is_compared_and_an_honest_load_is_equal(settings: Settings, dump: Path) -> None:
    protocol = migrate(settings, dump, profile="merged_utility", by=BY)
    accept(settings, protocol.protocol_id, by=APPROVER)
    compared = {
        entity: (loaded, book, differing, status)
        for entity, loaded, book, differing, status in rows(
            settings,
            "SELECT entity, source_value, target_value, difference, status FROM migration.check_result "
            "WHERE stage = 'publish' AND level = 'row'",
        )
    }
    # 17 households and 3 legal consumers; 19 points (SA03/1/8 has no tariff).
    assert compared["account"] == (20, 20, 0, "equal")
    assert compared["metering_point"] == (19, 19, 0, "equal")
    # 16 households (SA03/1/8 not) and 3 legal consumers have a meter, SA03/1/3 has had two.
    assert compared["meter"] == (20, 20, 0, "equal")
    # U000001: 31 + 28 + 31 days; its three months.
    assert compared["half_hours"] == (90, 90, 0, "equal")
    assert compared["energy_of_half_hours"] == (3, 3, 0, "equal")
    assert {status for *_, status in compared.values()} == {"equal"}
    again = compare_load(settings, protocol.protocol_id, by=BY)
    assert again.is_equal
    assert {kind.entity: kind.loaded_count for kind in again.kinds}["account"] == 20


# What somebody does to the book behind the posting procedures, and how it is named: kind, old key, side, fields.
SABOTAGE = {
    "two payments exchange their amounts": (
        (
            "UPDATE ops.payment AS p SET amount_minor = o.amount_minor FROM ops.payment AS o "
            "WHERE p.channel_code = 'bank' "
            "AND o.channel_code = 'bank' AND (p.external_id, o.external_id) IN (({one}, {other}), ({other}, {one}))"
        ),
        [
            ("payment", "bank {one}", "differs", ["amount_minor"]),
            ("payment", "bank {other}", "differs", ["amount_minor"]),
        ],
    ),
    "a reading is changed": (
        (
            "UPDATE ops.reading SET value_kwh = value_kwh + 1 WHERE read_on = '2026-02-01' AND meter_id = "
            "(SELECT m.meter_id FROM ops.meter AS m WHERE m.serial_no = '101001')"
        ),
        [("reading", "SA01/1/1 101001 2026-02-01", "differs", ["value_kwh"])],
    ),
    "a reading is lost": (
        (
            "DELETE FROM ops.reading WHERE read_on = '2026-02-01' AND meter_id = "
            "(SELECT m.meter_id FROM ops.meter AS m WHERE m.serial_no = '101001')"
        ),
        [("reading", "SA01/1/1 101001 2026-02-01", "missing", [])],
    ),
    "a payment comes twice": (
        (
            "INSERT INTO ops.payment (account_id, booked_month, payment_no, channel_code, external_id, "
            "payment_package_id, "
            "paid_on, amount_minor, article_code, payer_text, res_id, source_id, source_row) SELECT account_id, "
            "booked_month, "
            "nextval('ops.payment_no_seq'), channel_code, external_id, payment_package_id, paid_on, amount_minor, "
            "article_code, payer_text, res_id, source_id, source_row FROM ops.payment WHERE channel_code = 'bank' AND "
            "external_id = {one}"
        ),
        [("payment", "bank {one}", "extra", [])],
    ),
    "two holders exchange their names": (
        (
            "UPDATE ops.subscriber AS b SET full_name = o.full_name FROM ops.subscriber AS o WHERE (b.full_name, "
            "o.full_name) "
            "IN (('Каримов Азиз Рустамович', 'Ким Елена Сергеевна'), "
            "('Ким Елена Сергеевна', 'Каримов Азиз Рустамович'))"
        ),
        [("account", "SA01/1/1", "differs", ["full_name"]), ("account", "SA01/1/5", "differs", ["full_name"])],
    ),
    "an opening debt becomes a credit": (
        (
            "UPDATE ops.ledger AS g SET document_kind = 'opening_credit' FROM ops.account AS a WHERE "
            "a.account_id = g.account_id AND a.account_no = 'SA01/1/9' AND g.document_kind = 'opening_debt'"
        ),
        [("opening_balance", "SA01/1/9 2023", "differs", ["balance_minor"])],
    ),
}


@pytest.fixture
def unguarded(monkeypatch: pytest.MonkeyPatch) -> object:
    """Sabotage after the last step of publishing, as whoever may pass the guards of posted rows."""

    def sabotage(statement: str) -> None:
        checked = publishing.run_check_rules

        def broken(session, load_id, stage) -> None:  # noqa: ANN001
            session.execute("SET LOCAL ROLE NONE")
            session.execute("SET LOCAL session_replication_role = replica")
            session.execute(statement)
            session.execute("SET LOCAL session_replication_role = origin")
            session.execute("SET LOCAL ROLE wattbook_loader")
            checked(session, load_id, stage)

        monkeypatch.setattr(publishing, "run_check_rules", broken)

    return sabotage


@pytest.mark.parametrize("what", SABOTAGE)
def test_what_was_done_to_the_book_is_named_by_the_old_key_and_nothing_is_accepted(
    settings: Settings, dump: Path, unguarded: object, what: str
) -> None:
    protocol = migrate(settings, dump, profile="merged_utility", by=BY)
    one, other = (
        external_id
        for (external_id,) in rows(
            settings,
            "SELECT min(p.external_id) FROM migration.payment AS p WHERE p.channel_code = 'bank' GROUP BY "
            "p.amount_minor ORDER BY 1 LIMIT 2",
        )
    )
    statement, named = SABOTAGE[what]
    unguarded(statement.format(one=f"'{one}'", other=f"'{other}'"))
    with pytest.raises(Refusal, match="Nothing was accepted: after publishing") as refused:
        accept(settings, protocol.protocol_id, by=APPROVER)
    expected = [(kind, key.format(one=one, other=other), side, fields) for kind, key, side, fields in named]
    found = rows(settings, "SELECT entity, legacy_key, side, fields FROM migration.book_difference ORDER BY 1, 2")
    assert found == sorted(expected)
    assert expected[0][1] in str(refused.value)
    assert rows(settings, "SELECT count(*) FROM ops.account") == [(0,)]
    assert rows(settings, "SELECT occasion, differing_count FROM migration.comparison") == [("refused", len(named))]


@pytest.mark.requirement("A55", "B52")
def test_later_the_comparison_says_what_changed_since_and_by_whom(settings: Settings, dump: Path) -> None:
    protocol = migrate(settings, dump, profile="merged_utility", by=BY)
    accept(settings, protocol.protocol_id, by=APPROVER)
    ((channel, external_id),) = rows(
        settings,
        "SELECT p.channel_code, p.external_id FROM ops.payment AS p INNER JOIN ops.account AS a USING (account_id) "
        "WHERE a.kind = 'technical'",
    )
    # A clerk finds whose the 84,000 soums of account 1/902 are.
    bind_payment(settings, channel, external_id, "SA01/1/1", by=BY)
    found = compare_load(settings, protocol.protocol_id, by=BY)
    assert [(named.entity, named.legacy_key, named.side, named.fields) for named in found.differences] == [
        ("payment", f"{channel} {external_id}", "differs", ["is_taken_back"])
    ]
    assert "by administrator (" in found.differences[0].sentence
