"""The dump of twenty accounts described anew: a draft, finished by hand, reads what the house's own profile reads."""

from pathlib import Path

import pytest

from legacy_migration.commands import migrate
from legacy_migration.inspection.draft import finished_draft
from legacy_migration.inspection.dump import inspect_dump
from legacy_migration.synthetic_utility.twenty_accounts.dump import twenty_accounts
from operational_db.connections import Role, connect
from operational_db.settings import Settings
from orchestration.progress import silently

BY = "administrator"
MEANINGS = {
    "tariffs_tar": {"1": "uz.household", "2": "uz.household_estove", "3": "uz.household"},
    "tariffs_gruppa": {"1": "uz.legal", "2": "uz.legal", "2B": "uz.legal_budget", "4": "uz.legal"},
    "meter_types_tip": {"1": "СО-И446", "2": "ЦЭ6807", "3": "TE73", "4": "СА4-И672М", "5": "Альфа A1140"},
    "reading_kinds_vid": {
        "0": "opening", "1": "round", "2": "consumer", "3": "average", "4": "half_hours", "5": "removal",
        "6": "opening",
    },
    "channels_kanal": {"bank": "bank", "post": "post", "paynet": "paynet"},
}  # fmt: skip
EDITS = {
    'is_opening: {constant: "false"}': 'is_opening: {flag: VID, "true": ["0", "6"]}',
    "installed_on: {date: DUST, format: yyyymmdd}": "installed_on: {date: DUST, format: yyyymmdd, if_bad: leave_empty}",
    "installed_on: {date: DATA_UST, format: dd.mm.yyyy}": (
        "installed_on: {date: DATA_UST, format: dd.mm.yyyy, if_bad: leave_empty}"
    ),
}
# Fields by which the two descriptions are compared, and where their values stand.
COMPARED = {
    "account": "account_no, kind, res_code, full_name, house, contract_on",
    "metering_point": "point_code, account_no, res_code, tariff_code",
    "meter": "point_code, serial_no, meter_type_code, digits, installed_on, removed_on",
    "reading": "point_code, serial_no, read_on, value_kwh, kind, is_opening",
    "charge": "account_no, service_month, energy_kwh, charge_minor, paid_minor, balance_minor",
    "payment_package": "package_no, channel_code, file_name, paid_on, t.declared_count, declared_minor",
    "half_hours": "point_code, channel, measured_on, energy_kwh",
    "street": "res_code, street_code, locality, street_name",
}


def typed(settings: Settings, load_id: int, entity: str) -> list[tuple]:
    query = (
        f"SELECT f.path, t.row_no, t.is_deleted, t.bad_reason, {COMPARED[entity]} FROM migration.{entity} AS t "
        "INNER JOIN landing.file AS f USING (file_id) WHERE t.load_id = %s ORDER BY 1, 2"
    )
    with connect(settings, Role.LOADER) as session:
        return session.execute(query, [load_id]).fetchall()


def finish(path: Path) -> None:
    """Write the meanings behind the codes, and decide what the draft left open."""
    lines, current = [], ""
    for line in path.read_text(encoding="utf-8").splitlines():
        name = line.strip().rstrip(":")
        current = name if line.startswith("  ") and not line.startswith("   ") and name else current
        code = line.split(":", 1)[0].strip().strip('"')
        if line.startswith("      ") and code in MEANINGS.get(current, {}) and ":  #" in line:
            lines.append(line.replace(":  #", f": {MEANINGS[current][code]}  #", 1))
        else:
            lines.append(line)
    text = "\n".join(lines) + "\n"
    for drafted, decided in EDITS.items():
        assert drafted in text, drafted
        text = text.replace(drafted, decided)
    path.write_text(text, encoding="utf-8")


@pytest.mark.requirement("A53", "B50")
def test_a_finished_draft_reads_what_the_profile_of_the_house_reads(settings: Settings, tmp_path: Path) -> None:
    dump = twenty_accounts(tmp_path / "twenty")
    draft = tmp_path / "twenty.yaml"
    finished_draft(inspect_dump(dump, silently), draft)
    finish(draft)
    known = migrate(settings, dump, profile="merged_utility", by=BY)
    described = migrate(settings, dump, profile=str(draft), by=BY)
    for entity in COMPARED:
        assert typed(settings, described.load_id, entity) == typed(settings, known.load_id, entity), entity
    assert described.differing_count == 0
