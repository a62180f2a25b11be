"""The files of the synthetic utility agree with one another and with the truth told about them.

Everything is read back from the files, by other code than wrote them; only faults that the truth names may disagree.
"""

import csv
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import openpyxl
import pytest

from legacy_migration.synthetic_utility.faults import ALL_KINDS, LATE_FAULTS
from legacy_migration.synthetic_utility.generation import GenerationSummary, generate
from operational_db.file_formats.dbf import read_columns
from operational_db.file_formats.layout_80020 import read_80020
from operational_db.refusal import Refusal

ACCOUNTS, MONTHS, SEED = 600, 2, 11
LABELS = ("202601", "202602")
MONTH_STARTS = ("20260101", "20260201", "20260301")
TEXT_MONTH_STARTS = ("01.01.2026", "01.02.2026", "01.03.2026")
HOURS = (31 * 24, 28 * 24)
STEPS = ((200, 600), (300, 800), (500, 1000), (4000, 1500), (5000, 1750), (10**9, 2000))

Row = dict[str, str]


@dataclass(frozen=True)
class Dump:
    """A generated utility and its truth."""

    folder: Path
    truth: Path
    summary: GenerationSummary
    faults: list[Row]

    def spoiled(self, *kinds: str) -> set[str]:
        """Keys of the victims of these kinds of faults."""
        return {fault["key"] for fault in self.faults if fault["kind"] in kinds}

    def truth_rows(self, name: str) -> list[Row]:
        with (self.truth / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def res(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "household").iterdir())

    def household(self, res: str, name: str, *, deleted: bool = False) -> list[Row]:
        """Rows of a household file, each with its key; deleted ones only when asked for."""
        rows = dbf_rows(self.folder / "household" / res / name, "cp866")
        for row in rows:
            number = row["RAH"] if "RAH" in row else f"{int(row['BOOK'])}/{int(row['CODE'])}"
            row["key"] = f"{res}:{number}"
        return [row for row in rows if deleted or not row["deleted"]]

    def restored(self, res: str, name: str) -> list[Row]:
        """The same with the cells that late faults spoiled as they should be."""
        late = {kind.code for kind in LATE_FAULTS}
        right = {
            (fault["row"], fault["field"]): fault["truth"]
            for fault in self.faults
            if fault["kind"] in late and fault["file"] == f"household/{res}/{name}"
        }
        rows = self.household(res, name)
        return [{column: right.get((row["row"], column), cell) for column, cell in row.items()} for row in rows]

    def openings(self, res: str) -> list[Row]:
        """Debts of a RES by account and year, from its table or, without its total, from its workbook."""
        path = self.folder / "household" / res / "SALDO.XLSX"
        if not path.is_file():
            return self.household(res, "SALDO.DBF")
        sheet = openpyxl.load_workbook(path)["Сальдо"]
        rows = [list(cells) for cells in sheet.iter_rows(min_row=5, values_only=True) if cells[0] != "Итого"]
        return [
            {"key": f"{res}:{account}", "GOD": str(year), "DEB": typed(debit), "KRD": typed(credit)}
            for account, year, debit, credit in rows
        ]

    def text(self, name: str) -> list[Row]:
        with (self.folder / name).open(encoding="cp1251", newline="") as file:
            return list(csv.DictReader(file, delimiter=";"))

    def half_hours(self) -> dict[str, dict[str, int]]:
        """Energy by measuring point and month label."""
        energy: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for path in sorted((self.folder / "askue").rglob("*.xml")):
            for measured in read_80020(path):
                energy[measured.point_code][f"{measured.day:%Y%m}"] += int(sum(measured.values))
        return energy


def dbf_rows(path: Path, encoding: str) -> list[Row]:
    rows: list[Row] = []
    for batch in read_columns(path, encoding):
        columns = {name: column.to_pylist() for name, column in batch.text.items()}
        for index, deleted in enumerate(batch.deleted.tolist()):
            row = {name: values[index] for name, values in columns.items()}
            rows.append(row | {"row": str(batch.first_row_no + index), "deleted": "yes" if deleted else ""})
    return rows


def typed(cell: object) -> str:
    """1 234.50 typed as text, or a number."""
    return str(cell).replace(" ", "")


# Places of the register that the post sends, as docs/legacy_layouts.md gives them: from 1, and width.
POST_PLACES = {
    "OS_RAH_B": (1, 6), "OS_RAH_N": (7, 11), "PAYDATE": (18, 8), "SUMMA": (26, 14), "OPERATOR": (40, 16),
    "FAMILY": (56, 25), "NAME": (81, 15), "NAME_1": (96, 20),
}  # fmt: skip


def post_rows(path: Path) -> list[Row]:
    """Rows of the post's register without its total, which must be theirs."""
    rows = []
    for row_no, line in enumerate(path.read_text(encoding="cp866").splitlines(), start=1):
        assert len(line) == 115
        cells = {name: line[start - 1 : start - 1 + width].strip() for name, (start, width) in POST_PLACES.items()}
        rows.append(cells | {"row": str(row_no)})
    total = rows.pop()
    assert total["OS_RAH_B"] == "ИТОГО"
    assert minor(total["SUMMA"]) == sum(minor(row["SUMMA"]) for row in rows)
    return rows


def payment_rows(path: Path) -> list[Row]:
    return post_rows(path) if path.suffix == ".TXT" else dbf_rows(path, "cp1251")


def number(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))


def minor(text: str) -> int:
    return int(number(text) * 100)


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Dump:
    folder = tmp_path_factory.mktemp("utility") / "legacy"
    summary = generate(ACCOUNTS, MONTHS, SEED, folder)
    truth = folder.with_name("legacy_truth")
    with (truth / "faults.csv").open(encoding="utf-8", newline="") as file:
        return Dump(folder, truth, summary, list(csv.DictReader(file)))


def file_hashes(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()


def test_same_seed_writes_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    generate(250, 1, 3, tmp_path / "one")
    generate(250, 1, 3, tmp_path / "two")
    generate(250, 1, 4, tmp_path / "three")
    assert list(file_hashes(tmp_path / "one")) == list(file_hashes(tmp_path / "two"))
    assert list(file_hashes(tmp_path / "one_truth")) == list(file_hashes(tmp_path / "two_truth"))
    assert dict(file_hashes(tmp_path / "one"))["grid/TP.CSV"] != dict(file_hashes(tmp_path / "three"))["grid/TP.CSV"]


def test_generating_again_replaces_the_dump(tmp_path: Path) -> None:
    generate(250, 2, 3, tmp_path / "one")
    generate(250, 1, 3, tmp_path / "one")
    generate(250, 1, 3, tmp_path / "two")
    assert list(file_hashes(tmp_path / "one")) == list(file_hashes(tmp_path / "two"))


def test_charges_are_consumption_between_readings_at_the_tariff_in_force(dump: Dump) -> None:
    skipped = dump.spoiled(
        "reading_slip", "unreadable_reading", "charge_with_comma", "consumption_overflow", "swapped_charges"
    )
    compared = 0
    for res in dump.res():
        e_stove = {row["key"] for row in dump.household(res, "ABON.DBF") if row["TAR"] == "2"}
        used = used_by_month(dump, res)
        for row in dump.restored(res, "NARAH.DBF"):
            if row["key"] in skipped:
                continue
            kwh = used[row["key"], row["MES"]]
            assert int(row["KWH"]) == kwh, row
            soums, left = Decimal(0), kwh
            for width, price in STEPS:
                soums += min(left, width) * price
                left -= min(left, width)
            assert Decimal(row["SUMA"]) == (soums / 2 if row["key"] in e_stove else soums), row
            compared += 1
    assert compared > 0.9 * ACCOUNTS * MONTHS * 0.96 * 0.98


def used_by_month(dump: Dump, res: str) -> dict[tuple[str, str], int]:
    """Consumption by account and month from POKAZ alone, over replaced meters and registers gone over."""
    digits = {row["NOMER"]: int(row["ZNAK"]) for row in dump.household(res, "LICH.DBF")}
    by_account: dict[str, list[Row]] = defaultdict(list)
    for row in dump.household(res, "POKAZ.DBF"):
        by_account[row["key"]].append(row)
    used: dict[tuple[str, str], int] = defaultdict(int)
    for key, rows in by_account.items():
        # On one day the removed meter's last value comes before the new one's first.
        rows.sort(key=lambda row: (row["DATA"], row["VID"]))
        for before, after in pairwise(rows):
            if before["NOMER"] == after["NOMER"] and after["POKAZ"].isdigit() and before["POKAZ"].isdigit():
                kwh = (int(after["POKAZ"]) - int(before["POKAZ"])) % 10 ** digits[after["NOMER"]]
                # A reading of the first of a month closes the month before.
                used[key, before["DATA"][:6]] += kwh
    return used


def test_closing_balances_follow_from_opening_charges_and_payments(dump: Dump) -> None:
    skipped = dump.spoiled("charge_with_comma", "swapped_charges", "swapped_openings", "lost_opening")
    for res in dump.res():
        balance: dict[str, Decimal] = defaultdict(Decimal)
        for row in dump.openings(res):
            assert Decimal(row["DEB"]) == 0 or Decimal(row["KRD"]) == 0
            balance[row["key"]] += Decimal(row["DEB"]) - Decimal(row["KRD"])
        for row in dump.restored(res, "NARAH.DBF"):
            if row["key"] not in skipped:
                balance[row["key"]] += Decimal(row["SUMA"]) - Decimal(row["OPL"])
                assert balance[row["key"]] == Decimal(row["SALDO"]), row
    for row in dump.text("legal/LEGAL_SALDO.CSV"):
        change = number(row["NACHISLENO"]) - number(row["OPLACHENO"])
        assert number(row["SALDO_N"]) + change == number(row["SALDO_K"]), row
        assert int(row["KWH"]) * 1000 == number(row["NACHISLENO"])


def test_swapped_amounts_are_each_others(dump: Dump) -> None:
    swapped = [fault for fault in dump.faults if fault["kind"] == "swapped_charges"]
    assert swapped
    assert sorted(fault["written"] for fault in swapped) == sorted(fault["truth"] for fault in swapped)
    assert all(fault["written"] != fault["truth"] for fault in swapped)


def test_payments_sum_to_what_the_books_recognised_and_the_truth_explains_the_rest(dump: Dump) -> None:
    recognised = sum(minor(row["OPL"]) for res in dump.res() for row in dump.household(res, "NARAH.DBF"))
    recognised += sum(minor(row["OPLACHENO"]) for row in dump.text("legal/LEGAL_SALDO.CSV"))
    odd = {
        kind: sum(minor(fault["written"].split(" ")[1]) for fault in dump.faults if fault["kind"] == kind)
        for kind in ("payment_to_unknown_account", "payment_sent_twice")
    }
    sent = 0
    for package in dump.text("payments/PACKAGES.CSV"):
        rows = payment_rows(dump.folder / "payments" / package["FAIL"])
        assert len(rows) == int(package["KOLVO"])
        assert sum(minor(row["SUMMA"]) for row in rows) == minor(package["SUMMA"])
        assert all(row["PAYDATE"][:6] == package["FAIL"].split("_")[1] for row in rows)
        sent += minor(package["SUMMA"])
    assert all(odd.values())
    assert sent == recognised + sum(odd.values())
    assert sent - odd["payment_sent_twice"] == dump.summary.paid_minor


def test_a_receipt_number_repeats_only_where_a_payment_was_sent_twice(dump: Dump) -> None:
    seen: dict[tuple[str, str], Row] = {}
    repeated = set()
    for path in sorted((dump.folder / "payments").glob("*_*")):
        for row in payment_rows(path):
            receipt = (path.name.split("_")[0], row["OPERATOR"])
            if receipt in seen:
                repeated.add((f"payments/{path.name}", row["row"]))
                assert seen[receipt] | {"row": ""} == row | {"row": ""}
            seen[receipt] = row
    planted = {(fault["file"], fault["row"]) for fault in dump.faults if fault["kind"] == "payment_sent_twice"}
    assert repeated == planted


def test_half_hours_of_large_consumers_sum_to_their_readings(dump: Dump) -> None:
    half_hours = dump.half_hours()
    readings: dict[str, dict[str, str]] = defaultdict(dict)
    for row in dump.text("legal/LEGAL_POKAZ.CSV"):
        readings[row["DOGOVOR"]][row["DATA"]] = row["POKAZ"]
    large = [row for row in dump.text("legal/LEGAL.CSV") if row["VYSHE750"] == "1"]
    assert large
    for consumer in large:
        assert number(consumer["KVA"]) >= 750
        values = [number(readings[consumer["DOGOVOR"]][day]) for day in TEXT_MONTH_STARTS]
        for month, label in enumerate(LABELS):
            kwh = (values[month + 1] - values[month]) % 10 ** int(consumer["ZNAK"]) * int(consumer["KTT"])
            assert half_hours[consumer["KOD_TU"]][label] == kwh


def test_feeder_energy_is_use_plus_technical_losses_and_the_books_miss_what_was_stolen(dump: Dump) -> None:
    intake = feeder_intake(dump)
    behind_tp, recorded = energy_behind_transformers(dump)
    losses = losses_from_files(dump, behind_tp)
    stolen: dict[tuple[str, str], int] = defaultdict(int)
    for theft in dump.truth_rows("thefts.csv"):
        stolen[theft["feeder"], theft["month"]] += int(theft["stolen_kwh"])
    assert sum(stolen.values()) > 0
    truths = dump.truth_rows("feeder_losses.csv")
    assert len(truths) == MONTHS * dump.summary.feeders
    for truth in truths:
        at = (truth["feeder"], truth["month"])
        assert int(truth["intake_kwh"]) == intake[at]
        assert int(truth["recorded_kwh"]) == recorded[at]
        assert int(truth["stolen_kwh"]) == stolen[at]
        technical = sum(float(truth[name]) for name in ("no_load_loss_kwh", "load_loss_kwh", "line_loss_kwh"))
        assert technical == pytest.approx(losses[at], rel=1e-6)
        # The intake is whole kWh, so half a kWh may be missing.
        assert intake[at] == pytest.approx(recorded[at] + stolen[at] + technical, abs=0.51)


def feeder_intake(dump: Dump) -> dict[tuple[str, str], int]:
    half_hours = dump.half_hours()
    registers: dict[str, dict[str, Row]] = defaultdict(dict)
    for row in dump.text("grid/FEEDER_POKAZ.CSV"):
        registers[row["SCHET"]][row["DATA"]] = row
    intake = {}
    for feeder in dump.text("grid/FEEDER.CSV"):
        for month, label in enumerate(LABELS):
            if feeder["ASKUE"] == "1":
                intake[feeder["KOD"], label] = half_hours[feeder["KOD_TU"]][label]
            else:
                values = [number(registers[feeder["SCHET"]][day]["POKAZ"]) for day in TEXT_MONTH_STARTS]
                used = (values[month + 1] - values[month]) % 10 ** int(feeder["ZNAK"]) * int(feeder["KTT"])
                assert used == int(used)
                intake[feeder["KOD"], label] = int(used)
    return intake


def energy_behind_transformers(dump: Dump) -> tuple[dict[tuple[str, str], int], dict[tuple[str, str], int]]:
    """True energy by transformer point and recorded energy by feeder, each by month."""
    behind: dict[tuple[str, str], int] = defaultdict(int)
    recorded: dict[tuple[str, str], int] = defaultdict(int)
    unreadable = {f["key"]: int(f["truth"]) for f in dump.faults if f["kind"] == "consumption_overflow"}
    for res in dump.res():
        place = {row["key"]: row for row in dump.household(res, "ABON.DBF")}
        for row in dump.restored(res, "NARAH.DBF"):
            kwh = int(row["KWH"]) if row["KWH"].isdigit() else unreadable[row["key"]]
            behind[place[row["key"]]["TP"], row["MES"]] += kwh
            recorded[place[row["key"]]["FIDER"], row["MES"]] += kwh
    legal = {row["DOGOVOR"]: row for row in dump.text("legal/LEGAL.CSV")}
    for row in dump.text("legal/LEGAL_SALDO.CSV"):
        behind[legal[row["DOGOVOR"]]["TP"], row["MES"]] += int(row["KWH"])
        recorded[legal[row["DOGOVOR"]]["FIDER"], row["MES"]] += int(row["KWH"])
    for theft in dump.truth_rows("thefts.csv"):
        behind[theft["tp"], theft["month"]] += int(theft["stolen_kwh"])
    return behind, recorded


def losses_from_files(dump: Dump, behind_tp: dict[tuple[str, str], int]) -> dict[tuple[str, str], float]:
    """Technical losses by feeder and month, walked down the tree of LINES.CSV."""
    volts = {row["KOD"]: 1000 * float(row["U_KV"]) for row in dump.text("grid/FEEDER.CSV")}
    transformer = {row["KOD"]: row for row in dump.text("grid/TP.CSV")}
    sections: dict[tuple[str, str], list[Row]] = defaultdict(list)
    starts: dict[str, set[str]] = defaultdict(set)
    ends: dict[str, set[str]] = defaultdict(set)
    for row in dump.text("grid/LINES.CSV"):
        sections[row["FIDER"], row["UZEL1"]].append(row)
        starts[row["FIDER"]].add(row["UZEL1"])
        ends[row["FIDER"]].add(row["UZEL2"])
    losses = {}
    for feeder, feeder_volts in volts.items():
        (root,) = starts[feeder] - ends[feeder]
        for label, hours in zip(LABELS, HOURS, strict=True):

            def flow_and_loss(
                node: str, feeder: str = feeder, volts: float = feeder_volts, label: str = label, hours: int = hours
            ) -> tuple[float, float]:
                flow = loss = 0.0
                if node in transformer:
                    energy = float(behind_tp[node, label])
                    kva, no_load, load = (
                        float(number(transformer[node][name])) for name in ("S_KVA", "P0_KW", "PK_KW")
                    )
                    loss = no_load * hours + 1.64 * energy**2 / (kva**2 * hours) * load
                    flow = energy + loss
                for section in sections[feeder, node]:
                    far_flow, far_loss = flow_and_loss(section["UZEL2"])
                    ohm_m = float(number(section["R0"])) * float(section["DLINA_M"])
                    here = 1.64 * far_flow**2 / (volts**2 * hours) * ohm_m
                    flow, loss = flow + far_flow + here, loss + far_loss + here
                return flow, loss

            losses[feeder, label] = flow_and_loss(root)[1]
    return losses


def test_losses_and_theft_are_of_a_plausible_size(dump: Dump) -> None:
    truths = dump.truth_rows("feeder_losses.csv")
    intake, use, recorded = (
        sum(int(row[name]) for row in truths) for name in ("intake_kwh", "true_use_kwh", "recorded_kwh")
    )
    assert 0.01 < (intake - use) / intake < 0.12
    assert 0.0005 < (use - recorded) / intake < 0.05


def test_every_kind_of_fault_is_planted_and_stands_where_the_truth_says(dump: Dump) -> None:
    assert {fault["kind"] for fault in dump.faults} == {kind.code for kind in ALL_KINDS if kind.is_always_planted}
    files: dict[str, list[Row]] = {}
    for fault in dump.faults:
        path = dump.folder / fault["file"]
        if fault["file"] not in files:
            encoding = "cp1251" if "payments/" in fault["file"] else "cp866"
            if path.suffix == ".XLSX":
                continue  # looked at for itself below
            rows = post_rows(path) if path.suffix == ".TXT" else None
            files[fault["file"]] = rows or (
                dbf_rows(path, encoding) if path.suffix == ".DBF" else dump.text(fault["file"])
            )
        # A text file's heading is row 1, so its first row of data is row 2.
        row = files[fault["file"]][int(fault["row"]) - (2 if path.suffix == ".CSV" else 1)]
        assert row.get("deleted", "") == ("yes" if fault["kind"].startswith("deleted_") else ""), fault
        if fault["field"] and not fault["file"].startswith("payments/"):
            assert row[fault["field"]] == fault["written"], fault
        if fault["file"].startswith("payments/"):
            assert row["OPERATOR"] == fault["key"], fault


def test_orphans_belong_to_nobody_and_repeated_accounts_stand_twice(dump: Dump) -> None:
    accounts: dict[str, list[Row]] = defaultdict(list)
    for res in dump.res():
        for row in dump.household(res, "ABON.DBF"):
            accounts[row["key"]].append(row)
    assert dump.spoiled("orphan_meter", "orphan_reading").isdisjoint(accounts)
    twice = {key for key, rows in accounts.items() if len(rows) == 2}
    assert twice == dump.spoiled("duplicate_account", "contradicting_account")
    for key in twice:
        first, second = ({name: row[name] for name in ("FIO", "HOUSE", "PINFL")} for row in accounts[key])
        assert (first == second) == (key in dump.spoiled("duplicate_account"))
    for row in (row for res in dump.res() for row in dump.household(res, "ABON.DBF")):
        assert ("?" in row["FIO"]) == (row["key"] in dump.spoiled("lost_letters"))


def test_a_slip_implies_an_absurd_rollover_and_a_true_rollover_a_usual_month(dump: Dump) -> None:
    implied: dict[str, int] = {}
    for res in dump.res():
        for (key, _), kwh in used_by_month(dump, res).items():
            implied[key] = max(implied.get(key, 0), kwh)
    assert all(implied[key] > 50_000 for key in dump.spoiled("reading_slip"))
    assert all(implied[key] < 12_000 for key in dump.spoiled("register_rollover"))


def test_serial_numbers_repeat_only_where_planted(dump: Dump) -> None:
    owners: dict[str, set[str]] = defaultdict(set)
    for res in dump.res():
        for row in dump.household(res, "LICH.DBF"):
            owners[row["NOMER"]].add(row["key"])
    for row in dump.text("legal/LEGAL.CSV"):
        owners[row["SCHET"]].add(row["DOGOVOR"])
    shared = [keys for keys in owners.values() if len(keys) > 1]
    assert len(shared) == dump.summary.faults["duplicate_serial"]
    assert dump.spoiled("duplicate_serial") < set().union(*shared)


def test_the_manifest_counts_what_the_files_hold(dump: Dump) -> None:
    manifest = json.loads((dump.truth / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["faults"] == dump.summary.faults
    for totals in manifest["files"]:
        path = dump.folder / totals["path"]
        if path.suffix == ".DBF":
            rows = dbf_rows(path, "cp1251" if "payments/" in totals["path"] else "cp866")
            assert totals["deleted_rows"] == sum(1 for row in rows if row["deleted"])
        elif path.suffix == ".CSV":
            rows = dump.text(totals["path"])
        elif path.suffix == ".TXT":
            rows = post_rows(path)
        elif path.suffix == ".XLSX":
            rows = dump.openings(path.parent.name)
        elif path.suffix == ".FPT":
            continue
        else:
            assert len(list(path.iterdir())) == totals["sums"]["files"]
            continue
        assert len(rows) == totals["rows"], totals
    files = [path for path in dump.folder.rglob("*") if path.is_file()]
    assert len(files) == dump.summary.files


def test_the_truth_lies_outside_of_the_dump(dump: Dump) -> None:
    assert sorted(path.name for path in dump.folder.iterdir()) == ["askue", "grid", "household", "legal", "payments"]
    assert dump.truth.parent == dump.folder.parent


def test_most_of_what_is_charged_is_collected(tmp_path: Path) -> None:
    summary = generate(2_000, 6, 8, tmp_path / "utility")
    assert 0.88 < summary.paid_minor / summary.charged_minor < 0.96


def test_progress_ends_at_all_accounts(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    generate(250, 1, 1, tmp_path / "utility", on_progress=lambda done, of: told.append((done, of)))
    assert told[-1] == (250, 250)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


@pytest.mark.parametrize(
    ("accounts", "months", "seed", "first_month", "named"),
    [
        (100, 2, 1, date(2026, 1, 1), "100 accounts"),
        (300, 0, 1, date(2026, 1, 1), "0 months"),
        (300, 2, -1, date(2026, 1, 1), "Seed -1"),
        (300, 2, 1, date(2025, 4, 1), "2025-04-01"),
        (300, 2, 1, date(2026, 1, 2), "2026-01-02"),
    ],
)
def test_what_cannot_be_generated_is_refused_with_a_sentence(
    tmp_path: Path, accounts: int, months: int, seed: int, first_month: date, named: str
) -> None:
    with pytest.raises(Refusal, match=named):
        generate(accounts, months, seed, tmp_path / "utility", first_month)
    assert not (tmp_path / "utility").exists()


def test_a_folder_with_strange_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "household").mkdir()
    (tmp_path / "household" / "photo.jpg").write_bytes(b"dear")
    with pytest.raises(Refusal, match="not empty"):
        generate(250, 1, 1, tmp_path)
    assert (tmp_path / "household" / "photo.jpg").read_bytes() == b"dear"


def test_a_path_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "utility").write_text("a file")
    with pytest.raises(Refusal, match="cannot be written"):
        generate(250, 1, 1, tmp_path / "utility")
