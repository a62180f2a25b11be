"""Forms R1 and R3 from a book small enough to re-compute by hand, through marts that dbt built.

January 2026, prices of PKM-194 (UZS per kWh, VAT included, 12/112 of the charge of each line):

| account | hangs on | kWh | charge |
|---|---|---|---|
| household | SA01, feeder F1, metered | 350 | 200 x 600 + 150 x 800 = 240 000 |
| household with e-stove | SA01, feeder F2, no meter | 250 | 200 x 300 + 50 x 400 = 80 000 |
| legal | SA01, feeder F1 | 1 000 | x 1 000 = 1 000 000 |
| budget | SA02, feeder F3, metered | 500 | x 1 000 = 500 000 |
| household | TK01 itself, no feeder | 100 | x 600 = 60 000 |
"""

import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import psycopg
import pytest
from openpyxl.utils import range_boundaries
from psycopg import sql
from python_calamine import CalamineWorkbook

from dashboards.forms.control import broken_rules
from dashboards.forms.issue import form_matrix, issue_form, list_forms
from dashboards.forms.specification import SPECIFICATIONS_DIR
from dashboards.forms.workbook import workbook_bytes
from operational_db.access.commands import create_user
from operational_db.billing.commands import bill_month, close_month
from operational_db.connections import Role, connect, connect_as_admin
from operational_db.refusal import Refusal
from operational_db.schema import upgrade
from operational_db.settings import Settings
from orchestration import dbt_runs
from tests.small_book import ADMINISTRATOR, SmallBook

JANUARY = date(2026, 1, 1)
LAST_READING = date(2026, 2, 1)
NO_METER = "нет счётчика на голове фидера / no meter at the feeder head"

pytestmark = pytest.mark.db


@pytest.fixture(scope="module")
def book(shared_server: Settings) -> Iterator[Settings]:
    """The book of the table above, billed and built once; tests that change it put it back."""
    settings = shared_server.model_copy(update={"database_name": "forms"})
    maintenance = shared_server.model_copy(update={"database_name": "postgres"})
    with connect_as_admin(maintenance, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE forms TEMPLATE {}").format(sql.Identifier(shared_server.database_name))
        )
    upgrade(settings)  # a copy does not take over what roles may do with the database itself
    _enter(settings)
    bill_month(settings, JANUARY, by=ADMINISTRATOR)
    dbt_runs.build(settings)
    yield settings
    with connect_as_admin(maintenance, autocommit=True) as connection:
        connection.execute("DROP DATABASE forms WITH (FORCE)")


def _enter(settings: Settings) -> None:
    small = SmallBook(settings, res_codes=("SA01", "SA02", "TK01"))
    with connect(settings, Role.LOADER) as session:
        for res, feeder in (("SA01", "F1"), ("SA01", "F2"), ("SA02", "F3")):
            _unit(session, f"S-{feeder}", "substation", res, small.source_id)
            _unit(session, feeder, "feeder", f"S-{feeder}", small.source_id)
            _unit(session, f"TP-{feeder}", "transformer_point", feeder, small.source_id)
        _intake(session, "F1", 1500, small.source_id)
        _intake(session, "F3", 480, small.source_id)
    for account_no, res, place, tariff, kind, kwh in (
        ("SA01/1/1", "SA01", "TP-F1", "uz.household", "household", 350),
        ("SA01/1/2", "SA01", "TP-F2", "uz.household_estove", "household", 250),
        ("D-1", "SA01", "TP-F1", "uz.legal", "legal", 1000),
        ("D-2", "SA02", "TP-F3", "uz.legal_budget", "legal", 500),
        ("TK01/1/1", "TK01", None, "uz.household", "household", 100),
    ):
        consumer = small.consumer(
            account_no, res=res, tariff=tariff, kind=kind, readings={JANUARY: 1000, LAST_READING: 1000 + kwh}
        )
        if place is not None:
            with connect(settings, Role.LOADER) as session:
                session.execute(
                    "UPDATE ops.metering_point_placement SET unit_id = ops.find_unit(%s) WHERE metering_point_id = %s",
                    [place, consumer.metering_point_id],
                )


def _unit(session: psycopg.Connection, code: str, level: str, parent: str, source_id: int) -> None:
    session.execute("INSERT INTO ops.unit (code, level, source_id) VALUES (%s, %s, %s)", [code, level, source_id])
    session.execute(
        "INSERT INTO ops.unit_placement (unit_id, parent_unit_id, valid_from, source_id) "
        "VALUES (ops.find_unit(%s), ops.find_unit(%s), %s, %s)",
        [code, parent, date(2025, 1, 1), source_id],
    )


def _intake(session: psycopg.Connection, feeder: str, kwh: int, source_id: int) -> None:
    meter_id = session.execute(
        "INSERT INTO ops.grid_meter (code, unit_id, role, digits, valid_from, source_id) "
        "VALUES (%s, ops.find_unit(%s), 'head', 6, %s, %s) RETURNING grid_meter_id",
        [f"M-{feeder}", feeder, date(2025, 1, 1), source_id],
    ).fetchone()[0]
    session.execute(
        "INSERT INTO ops.grid_energy (grid_meter_id, booked_month, span_from, span_to, energy_kwh, source_id) "
        "VALUES (%s, %s, %s, %s, %s, %s)",
        [meter_id, JANUARY, JANUARY, LAST_READING, kwh, source_id],
    )


def _figures(settings: Settings, form: str, unit: str, line: str) -> list[Decimal | str | None]:
    """The printed figures of a line, in the order of columns."""
    matrix = form_matrix(settings, form, JANUARY, unit, by=ADMINISTRATOR)
    return [matrix.row(line).figures[column.code] for column in matrix.form.columns if column.is_printed]


def _refusal(settings: Settings, form: str, unit: str, *, by: str = ADMINISTRATOR, month: date = JANUARY) -> str:
    with pytest.raises(Refusal) as refused:
        issue_form(settings, form, month, unit, by=by, out_dir=Path("/nonexistent"))
    return refused.value.sentence


@contextmanager
def _changed(settings: Settings, there: str, and_back: str) -> Iterator[None]:
    with connect_as_admin(settings, autocommit=True) as session:
        session.execute(there)
        try:
            yield
        finally:
            session.execute(and_back)


@pytest.mark.requirement("E166")
def test_useful_supply_of_the_republic_comes_to_the_bills_by_hand(book: Settings) -> None:
    # 350 + 250 + 1000 + 500 + 100 = 2 200 kWh; 240 + 80 + 1000 + 500 + 60 = 1 880 thousand UZS.
    # VAT by line, tiyin: 120 000 x 12/112 = 12 857.14 twice, 60 000: 6 428.57 twice, 20 000: 2 142.86,
    # 1 000 000: 107 142.86, 500 000: 53 571.43; together 201 428.57. Average 1880 / 2.2 = 854.5454...
    energy, charge, vat, average = _figures(book, "R1", "UZ", "1")
    assert (energy, charge, vat) == (Decimal("2.2"), Decimal(1880), Decimal("201.42857"))
    assert round(average, 4) == Decimal("854.5455")


@pytest.mark.requirement("E166")
@pytest.mark.parametrize(
    ("line", "energy", "charge"),
    [
        ("2", "1.5", "1500"),
        ("2.1", "1", "1000"),
        ("2.2", "0.5", "500"),
        ("3", "0.7", "380"),
        ("3.1", "0.45", "300"),
        ("3.1.1", "0.3", "180"),  # 200 + 100 kWh at 600
        ("3.1.2", "0.15", "120"),  # 150 kWh at 800
        ("3.2.1", "0.2", "60"),  # 200 kWh at 300
        ("3.2.2", "0.05", "20"),  # 50 kWh at 400
    ],
)
def test_useful_supply_is_split_by_group_and_step(book: Settings, line: str, energy: str, charge: str) -> None:
    assert _figures(book, "R1", "UZ", line)[:2] == [Decimal(energy), Decimal(charge)]


def test_a_step_nobody_reached_is_blank_and_not_zero(book: Settings) -> None:
    assert _figures(book, "R1", "UZ", "3.1.6") == [None, None, None, None]


def test_energy_of_earlier_months_is_shown_beside_the_month(book: Settings) -> None:
    assert _figures(book, "R1", "UZ", "6") == [None, None, None, None]
    used_in = "UPDATE marts.fct_useful_supply SET service_month = '{}' WHERE consumer_group = 'legal_budget'"
    with _changed(book, used_in.format("2025-12-01"), used_in.format("2026-01-01")):
        assert _figures(book, "R1", "UZ", "6")[:2] == [Decimal("0.5"), 500]
        assert _figures(book, "R1", "UZ", "1")[:2] == [Decimal("2.2"), 1880]


@pytest.mark.requirement("A24", "B23")
def test_totals_of_children_equal_the_parent_and_a_scan_of_the_leaves(book: Settings) -> None:
    def supply(unit: str) -> list[Decimal | None]:
        return _figures(book, "R1", unit, "1")[:3]

    for parent, children in (
        ("UZ", ["UZ-SA", "UZ-TK"]),
        ("P-SA", ["SA01", "SA02"]),
        ("SA01", ["S-F1", "S-F2"]),
        ("F1", ["TP-F1"]),
    ):
        added = [sum(figures) for figures in zip(*map(supply, children), strict=True)]
        assert supply(parent) == added
    with connect_as_admin(book) as session:
        leaves = session.execute(
            "SELECT sum(energy_kwh), sum(charge_minor), sum(vat_minor) FROM ops.bill_line WHERE booked_month = %s",
            [JANUARY],
        ).fetchone()
    assert supply("UZ") == [leaves[0] / 1000, leaves[1] / Decimal(100_000), leaves[2] / Decimal(100_000)]


@pytest.mark.requirement("A23", "B22", "C15")
def test_energy_balance_states_losses_where_it_can_and_why_not_elsewhere(book: Settings) -> None:
    # Over F1 and F3: 1500 + 480 received, 1350 + 500 supplied, so 130 lost, 130 / 1980 = 6.5656... %; F2 supplied 250.
    total = _figures(book, "R3", "P-SA", "1")
    assert total[:5] == [1980, 0, 2100, 250, 130]
    assert round(total[5], 4) == Decimal("6.5657")
    assert total[6:] == [None, 3, 1, NO_METER]
    # F1: 1500 - 1350 = 150, a tenth; F3 gave more than it got: 480 - 500 = -20, -4.1666... %.
    assert _figures(book, "R3", "P-SA", "1.1")[:6] == [1500, 0, 1600, 250, 150, 10]
    assert round(_figures(book, "R3", "P-SA", "1.2")[5], 4) == Decimal("-4.1667")


def test_an_unmetered_feeder_shows_its_supply_and_no_loss(book: Settings) -> None:
    figures = _figures(book, "R3", "SA01", "1.2")
    assert figures == [None, None, 250, 250, None, None, None, 1, 1, NO_METER]


def test_children_without_feeders_are_listed_blank(book: Settings) -> None:
    matrix = form_matrix(book, "R3", JANUARY, "UZ", by=ADMINISTRATOR)
    named = {row.name["en"]: row for row in matrix.rows}
    assert len(matrix.rows) == 1 + 14
    assert set(named["Tashkent City"].figures.values()) == {None}
    assert named["Samarkand Region"].figures["1"] == 1980


@pytest.mark.requirement("A24", "E158")
@pytest.mark.parametrize(("form", "unit"), [("R1", "UZ"), ("R1", "TP-F1"), ("R3", "UZ"), ("R3", "SA01"), ("R3", "F1")])
def test_two_readers_find_the_figures_of_the_matrix_in_the_workbook(
    book: Settings, tmp_path: Path, form: str, unit: str
) -> None:
    path = issue_form(book, form, JANUARY, unit, by=ADMINISTRATOR, out_dir=tmp_path)
    assert path == tmp_path / f"{form}_{unit}_2026-01.xlsx"
    matrix = form_matrix(book, form, JANUARY, unit, by=ADMINISTRATOR)
    expected = {
        row.line: [row.figures[column.code] for column in matrix.form.columns if column.is_printed]
        for row in matrix.rows
    }
    with_openpyxl = openpyxl.load_workbook(path, data_only=True).active.iter_rows(values_only=True)
    with_calamine = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    for rows in (with_openpyxl, with_calamine):
        found = {str(row[0]): list(row[-len(next(iter(expected.values()))) :]) for row in rows if row[0] is not None}
        for line, figures in expected.items():
            for figure, cell in zip(figures, found[line], strict=True):
                if figure is None:
                    assert cell in (None, "")
                else:
                    assert cell == (figure if isinstance(figure, str) else pytest.approx(float(figure), rel=1e-14))


@pytest.mark.parametrize(("form", "unit", "least"), [("R1", "UZ", 15), ("R3", "P-SA", 9)])
def test_printed_formulas_come_to_the_values_they_carry(
    book: Settings, tmp_path: Path, form: str, unit: str, least: int
) -> None:
    path = issue_form(book, form, JANUARY, unit, by=ADMINISTRATOR, out_dir=tmp_path)
    formulas = openpyxl.load_workbook(path).active
    values = openpyxl.load_workbook(path, data_only=True).active
    checked = 0
    for row in formulas.iter_rows():
        for cell in row:
            if cell.data_type == "f":
                assert _recomputed(values, cell.value) == pytest.approx(values[cell.coordinate].value, rel=1e-12)
                checked += 1
    assert checked >= least


def _recomputed(values: openpyxl.worksheet.worksheet.Worksheet, formula: str) -> float:
    """The value of =SUM(ranges), or of cells joined by + and - with one division."""
    if formula.startswith("=SUM("):
        total = 0.0
        for part in formula[5:-1].split(","):
            left, top, right, bottom = range_boundaries(part)
            for row in values.iter_rows(top, bottom, left, right, values_only=True):
                total += sum(value for value in row if value is not None)
        return total
    if "/" in formula:
        of, by = formula[1:].split("/")
        return values[of].value / values[by].value
    signed = re.findall(r"([=+-])([A-Z]+\d+)", formula)
    return sum((-1 if sign == "-" else 1) * (values[cell].value or 0) for sign, cell in signed)


def test_two_issues_of_equal_figures_are_equal_bytes(book: Settings, tmp_path: Path) -> None:
    first = issue_form(book, "R3", JANUARY, "P-SA", by=ADMINISTRATOR, out_dir=tmp_path / "first")
    second = issue_form(book, "R3", JANUARY, "P-SA", by=ADMINISTRATOR, out_dir=tmp_path / "second")
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(io.BytesIO(first.read_bytes())) as package:
        assert "2026-01-01T00:00:00Z" in package.read("docProps/core.xml").decode()


def test_an_open_month_is_marked_provisional_until_every_res_has_closed_it(book: Settings) -> None:
    assert form_matrix(book, "R1", JANUARY, "TK01", by=ADMINISTRATOR).is_provisional
    close_month(book, JANUARY, unit_code="TK01", by=ADMINISTRATOR)
    assert not form_matrix(book, "R1", JANUARY, "TK01", by=ADMINISTRATOR).is_provisional
    assert form_matrix(book, "R1", JANUARY, "UZ", by=ADMINISTRATOR).is_provisional


def test_a_form_that_disagrees_with_itself_is_not_issued(book: Settings) -> None:
    wrong = "UPDATE marts.fct_feeder_balance SET loss_kwh = loss_kwh + {} WHERE loss_kwh = {}"
    with _changed(book, wrong.format(7, 150), wrong.format(-7, 157)):
        sentence = _refusal(book, "R3", "P-SA")
    assert "Form R3 for P-SA in 2026-01 is not issued: line 1, column 5 is 137" in sentence
    assert "should be columns 1 + 2 + 4 - 3 = 130" in sentence
    assert "off by 7" in sentence


def test_a_total_whose_parts_leave_energy_out_breaks_its_rule(book: Settings, tmp_path: Path) -> None:
    # Legal consumers used 1.5 thousand kWh, of which 0.5 by budget organisations, whose line is taken out of the total.
    right = (SPECIFICATIONS_DIR / "R1.v1.yaml").read_text(encoding="utf-8")
    (tmp_path / "R1.v1.yaml").write_text(right.replace('["2.1", "2.2"]', '["2.1"]'), encoding="utf-8")
    matrix = form_matrix(book, "R1", JANUARY, "UZ", by=ADMINISTRATOR, specifications=tmp_path)
    assert broken_rules(matrix)[0].sentence == "line 2, column 1 is 1.5 and should be lines 2.1 = 1, off by 0.5"


RECEIVABLES = """
code: X5
version: 1
valid_from: 2020-01-01
language: uz
title: {uz: "Qarzdorlik", en: "Receivables"}
month_means: {uz: "hisobga olingan oy", en: "month booked"}
levels: [republic, region, ptpp, res]
sources: {debts: {mart: fct_receivables, unit_column: res_id, month_column: booked_month}}
columns:
  - {code: "1", name: {uz: "Bosh", en: "Opening"}, unit: {uz: "{currency}", en: "{currency}"}, is_money: true,
     sum: [{source: debts, measure: opening_minor}]}
  - {code: "2", name: {uz: "Hisoblangan", en: "Charged"}, unit: {uz: "{currency}", en: "{currency}"}, is_money: true,
     sum: [{source: debts, measure: charged_minor}]}
  - {code: "3", name: {uz: "Yakun", en: "Closing"}, unit: {uz: "{currency}", en: "{currency}"}, is_money: true,
     sum: [{source: debts, measure: closing_minor}], equals: {adds: ["1", "2"]}}
rows: [{line: "1", name: {uz: "Jami", en: "Total"}}]
children: {under: "1", down_to: res, directly: {uz: "Bevosita", en: "Directly"}}
signatures: [{uz: "Rahbar", en: "Head"}]
"""


@pytest.mark.requirement("E158")
def test_a_new_form_is_a_file_and_needs_no_python(book: Settings, tmp_path: Path) -> None:
    (tmp_path / "X5.v1.yaml").write_text(RECEIVABLES, encoding="utf-8")
    matrix = form_matrix(book, "X5", JANUARY, "P-SA", by=ADMINISTRATOR, specifications=tmp_path)
    # SA01: 240 000 + 80 000 + 1 000 000; SA02: 500 000; nobody owed before and nobody paid.
    charged = {row.name["en"]: row.figures["2"] for row in matrix.rows}
    assert charged["Total"] == 1_820_000
    assert (charged["Samarkand City RES"], charged["Kattakurgan City RES"]) == (1_320_000, 500_000)
    assert broken_rules(matrix) == []
    assert workbook_bytes(matrix).startswith(b"PK")


def test_a_specification_that_asks_for_a_column_no_mart_has_is_refused(book: Settings, tmp_path: Path) -> None:
    asked = RECEIVABLES.replace("charged_minor", "charged_long_ago_minor")
    (tmp_path / "X5.v1.yaml").write_text(asked, encoding="utf-8")
    with pytest.raises(Refusal, match="Version 1 of form X5 does not fit the marts .*charged_long_ago_minor"):
        form_matrix(book, "X5", JANUARY, "P-SA", by=ADMINISTRATOR, specifications=tmp_path)


def test_a_user_without_the_right_is_refused_in_a_sentence(book: Settings) -> None:
    create_user(book, login="clerk", full_name="Clerk", group_code="billing_clerks", unit_code="SA01", by=ADMINISTRATOR)
    assert 'User "clerk" does not hold the right "issue_form" for SA01' in _refusal(book, "R1", "SA01", by="clerk")
    assert 'no active user "nobody"' in _refusal(book, "R1", "SA01", by="nobody")


@pytest.mark.requirement("A32", "B31", "E151")
def test_an_officer_of_one_res_issues_its_form_and_none_above_or_beside(book: Settings) -> None:
    create_user(
        book, login="officer", full_name="Officer", group_code="form_officers", unit_code="SA01", by=ADMINISTRATOR
    )
    own = form_matrix(book, "R1", JANUARY, "SA01", by="officer")
    assert own.row("1").figures["1"] == Decimal("1.6")
    for unit in ("SA02", "P-SA", "UZ"):
        assert f'does not hold the right "issue_form" for {unit}' in _refusal(book, "R1", unit, by="officer")


def test_a_form_is_refused_to_one_who_does_not_see_all_its_rows(book: Settings) -> None:
    create_user(book, login="half", full_name="Half", group_code="form_officers", unit_code="P-SA", by=ADMINISTRATOR)
    see = "('form_officers', 'see')"
    with _changed(
        book,
        "DELETE FROM ops.group_right WHERE (group_code, right_code) = ('form_officers', 'see')",
        f"INSERT INTO ops.group_right (group_code, right_code) VALUES {see}",
    ):
        assert "that this user does not see" in _refusal(book, "R1", "P-SA", by="half")


@pytest.mark.parametrize(
    ("form", "unit", "month", "words"),
    [
        ("R9", "UZ", JANUARY, 'There is no form "R9"; the forms are R1, R3.'),
        ("R1", "XX", JANUARY, 'There is no unit "XX"'),
        ("R1", "UZ", date(2026, 2, 1), "Form R1 has nothing to state for UZ in 2026-02 (month booked)"),
        ("R3", "TK01", JANUARY, "Form R3 has nothing to state for TK01 in 2026-01 (month of use)"),
        ("R3", "TP-F1", JANUARY, "Form R3 is not made for TP-F1, which is a transformer point"),
        ("R1", "UZ", date(1999, 1, 1), "Form R1 has no version that holds in 1999-01"),
    ],
)
def test_what_cannot_be_issued_is_refused_in_a_sentence(
    book: Settings, form: str, unit: str, month: date, words: str
) -> None:
    assert words in _refusal(book, form, unit, month=month)


def test_a_folder_that_cannot_be_written_is_refused_in_a_sentence(book: Settings, tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    with pytest.raises(Refusal, match="cannot be made"):
        issue_form(book, "R1", JANUARY, "UZ", by=ADMINISTRATOR, out_dir=in_the_way)


def test_without_marts_the_sentence_says_how_to_get_them(settings: Settings) -> None:
    SmallBook(settings, res_codes=("SA01",))
    assert "run `wattbook build`" in _refusal(settings, "R1", "SA01")


def test_the_forms_are_listed_with_title_and_versions() -> None:
    assert [(form.code, form.title["en"], form.versions) for form in list_forms()] == [
        ("R1", "Useful supply of electricity by consumer group", (1,)),
        ("R3", "Energy balance by node of the network", (1,)),
    ]
