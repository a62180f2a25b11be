"""Faults put into a clean dump are named by the migration, each by its old key, and nothing else is complained of.

Every kind a few times with every change, many in `make torture`; docs/migration_faults.md shows the
scores of other seeds.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from legacy_migration.fault_injection.injector import inject
from legacy_migration.fault_injection.judging import judge_dump
from legacy_migration.fault_injection.kinds import catalogue
from legacy_migration.fault_injection.scores import measure
from legacy_migration.fault_injection.spoiling import SPOILERS
from legacy_migration.synthetic_utility.generation import generate
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from orchestration.benchmarks.injected_faults import PAGE, main, outdated

BY = "administrator"


@pytest.mark.requirement("A53", "A54", "B50", "B51")
@pytest.mark.parametrize(
    ("seed", "count"), [(2, 2), *(pytest.param(seed, 5, marks=pytest.mark.torture) for seed in range(9001, 9011))]
)
def test_every_fault_is_named_by_its_old_key_and_nothing_else(
    settings: Settings, tmp_path: Path, seed: int, count: int
) -> None:
    score = measure(settings, tmp_path, seed, count, by=BY)
    assert score.planted == dict.fromkeys(catalogue(), count)
    assert score.missed == []
    assert score.alarms_on_clean == []
    assert score.alarms_on_spoiled == []


def test_what_is_named_elsewhere_does_not_count(settings: Settings, tmp_path: Path) -> None:
    dump = tmp_path / "dump"
    generate(300, 3, 3, dump, with_faults=False)
    kinds = ["charge_sign", "orphan_meter", "homoglyph_name"]
    faults = inject(dump, 3, 1, kinds)
    # The same things were named, but the list tells of other consumers and rows.
    elsewhere = [replace(fault, row=9999, keys=("SA01/77/7",), touched=frozenset()) for fault in faults]
    judged = judge_dump(settings, dump, elsewhere, by=BY)
    assert [fault.kind for fault in judged.missed] == kinds
    assert {alarm.reason for alarm in judged.false_alarms} >= {"CHARGE_MISMATCH", "NO_ACCOUNT", "LOOK_ALIKE"}


def test_a_name_for_a_reason_that_does_not_fit_does_not_count(settings: Settings, tmp_path: Path) -> None:
    dump = tmp_path / "dump"
    generate(300, 3, 3, dump, with_faults=False)
    (fault,) = inject(dump, 3, 1, ["homoglyph_name"])
    assert judge_dump(settings, dump, [replace(fault, kind="charge_sign")], by=BY).missed != []


def test_the_same_seed_puts_the_same_faults(tmp_path: Path) -> None:
    told = []
    for name in ("one", "two"):
        generate(700, 4, 1, tmp_path / name, with_faults=False)
        told.append(inject(tmp_path / name, 1, 2))
    assert told[0] == told[1]
    assert {fault.kind for fault in told[0]} == {*SPOILERS, "truncated_memo"} == {*catalogue()} - {"confused_column"}


def test_a_clean_utility_has_no_fault_and_takes_none_that_is_asked_for(tmp_path: Path) -> None:
    assert sum(generate(300, 2, 1, tmp_path / "dump", with_faults=False).faults.values()) == 0
    with pytest.raises(Refusal, match="without faults cannot have glued_address"):
        generate(300, 2, 1, tmp_path / "dump", extra_faults=["glued_address"], with_faults=False)


def test_the_page_of_scores_is_refused_when_a_kind_is_not_on_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert outdated(text) == []
    without = tmp_path / "page.md"
    without.write_text("\n".join(line for line in text.splitlines() if "`glued_address`" not in line))
    assert main(["--check"], without) == 1
    assert "glued_address" in capsys.readouterr().err
