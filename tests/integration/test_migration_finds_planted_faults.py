"""Every kind of fault that the synthetic utility plants is found by file and row, and nothing else is complained of."""

import csv
from pathlib import Path

import pytest

from legacy_migration.commands import migrate
from legacy_migration.synthetic_utility.generation import generate
from legacy_migration.synthetic_utility.truth import truth_folder
from operational_db.connections import Role, connect
from operational_db.settings import Settings

# Where a fault shows: as a verdict, a remark or a difference, with this reason.
FOUND_AS = {
    "lost_letters": "LOST_LETTERS",
    "duplicate_account": "EXACT_REPEAT",
    "contradicting_account": "DUP_ACCOUNT",
    "deleted_account": "ROW_DELETED",
    "account_without_street": "NO_ADDRESS",
    "unknown_tariff": "TARIFF_UNKNOWN",
    "blank_contract_date": "BAD_DATE",
    "zero_installation_date": "BAD_DATE",
    "orphan_meter": "NO_ACCOUNT",
    "orphan_reading": "NO_ACCOUNT",
    "duplicate_serial": "DUP_SERIAL",
    "reading_slip": "READING_DECREASE",
    "register_rollover": "REGISTER_ROLLOVER",
    "deleted_reading": "ROW_DELETED",
    "unreadable_reading": "BAD_NUMBER",
    "charge_with_comma": "BAD_NUMBER",
    "consumption_overflow": "BAD_NUMBER",
    "swapped_charges": "CHARGE_MISMATCH",
    "legal_unreadable_reading": "BAD_NUMBER",
    "payment_to_unknown_account": "UNRECOGNISED_MONEY",
    "payment_sent_twice": "SENT_TWICE",
    "truncated_memo": "BAD_ENCODING",
    "lost_opening": "TOTAL_MISMATCH",
    "charge_sign": "CHARGE_MISMATCH",
    "charge_thousandfold": "CHARGE_MISMATCH",
    "energy_in_mwh": "CHARGE_MISMATCH",
    "charge_month_shifted": "DUP_ROW",
    "charge_columns_swapped": "CHARGE_MISMATCH",
    "homoglyph_name": "LOOK_ALIKE",
    "misread_name": "MISREAD_LETTERS",
}
# A reading of a contract that is nobody's has no serial number either, which is noticed first.
FOUND_AS["legal_orphan_reading"] = "EMPTY_CELL"
# Exchanged debts show in the charges of the first month: the balance does not follow from the opening.
SHOWN_ELSEWHERE = {"swapped_openings": "BALANCE_MISMATCH"}
# What falls because something else was rejected, and what tells of the same fault a second time.
CONSEQUENCES = {"ACCOUNT_REJECTED", "METER_REJECTED", "BALANCE_MISMATCH"}
PAIRED = {"DUP_ACCOUNT", "DUP_SERIAL", "DUP_ROW"}

FOUND = """
SELECT f.path, d.row_no, d.reason_code FROM migration.verdict AS d INNER JOIN landing.file AS f USING (file_id)
UNION
SELECT f.path, r.row_no, r.reason_code FROM migration.remark AS r INNER JOIN landing.file AS f USING (file_id)
-- Money for an account that was rejected is a consequence, not a fault.
WHERE r.reason_code <> 'UNRECOGNISED_MONEY' OR r.value NOT IN (SELECT a.account_no FROM migration.account AS a)
UNION
SELECT f.path, r.other_row_no, r.reason_code
FROM migration.remark AS r INNER JOIN landing.file AS f ON f.file_id = r.other_file_id
UNION
SELECT f.path, d.row_no, d.check_code FROM migration.difference AS d INNER JOIN landing.file AS f USING (file_id)
"""


@pytest.mark.requirement("A53", "A54", "B50", "B51")
@pytest.mark.parametrize("seed", [7, 20])
def test_planted_faults_are_found_by_file_and_row_without_false_alarm(
    settings: Settings, tmp_path: Path, seed: int
) -> None:
    dump = tmp_path / "dump"
    generate(300, 2, seed, dump)
    migrate(settings, dump, profile="merged_utility", by="administrator")
    with connect(settings, Role.LOADER) as session:
        found = set(session.execute(FOUND).fetchall())
        mismatched = {key for (key,) in session.execute("SELECT legacy_key FROM migration.difference").fetchall()}
    with (truth_folder(dump) / "faults.csv").open(encoding="utf-8", newline="") as file:
        faults = list(csv.DictReader(file))
    planted = {
        (fault["file"], int(fault["row"]), FOUND_AS[fault["kind"]])
        for fault in faults
        if fault["kind"] not in SHOWN_ELSEWHERE
    }
    assert planted - found == set()
    for fault in faults:
        if fault["kind"] in SHOWN_ELSEWHERE:
            assert any(key.startswith(fault["key"].replace(":", "/") + " ") for key in mismatched), fault
    # Wrong kWh of a charge are seen by its price and, where values stand at both ends of the month, by the registers.
    told_again = {
        (fault["file"], int(fault["row"]), "ENERGY_MISMATCH") for fault in faults if fault["kind"] == "energy_in_mwh"
    }
    assert told_again <= found
    false_alarms = {row for row in found - planted - told_again if row[2] not in CONSEQUENCES}
    # The other of two rows that contradict each other, or share a serial number, is as doubtful as the planted one.
    assert {row for row in false_alarms if row[2] not in PAIRED} == set()
    assert len(false_alarms) == sum(FOUND_AS.get(fault["kind"]) in PAIRED for fault in faults)
