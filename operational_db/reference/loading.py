"""Loading the reference CSV files beside this module into `ops`, the same again without change.

Each file is one subject, with business keys, validity dates, its source and whether that is verified. Plain lists are
brought to what the file says; dated facts (units, tariffs, VAT) get new versions instead of edits.
"""

import csv
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import psycopg
from psycopg import sql

from operational_db.connections import Role, connect
from operational_db.exchange.sources import loaded_reference, record_reference
from operational_db.reference.tariffs import TariffTables, load_tariffs
from operational_db.reference.units import load_units
from operational_db.refusal import Refusal
from operational_db.settings import Settings

REFERENCE_DIR = Path(__file__).parent

FIRST_LOGIN = "administrator"
"""The first user, with all rights at the top of the hierarchy, so that there is one who can add others."""

APPROVER_LOGIN = "approver"
"""The second user: who migrates does not accept the load too, so a fresh book has a person for each."""


@dataclass(frozen=True)
class Loaded:
    """One reference file: rows in it, rows that were new or changed."""

    name: str
    row_count: int
    changed_count: int


@dataclass(frozen=True)
class PlainList:
    """A reference file whose columns are those of its table: inserted, or updated where a value differs."""

    name: str
    keys: tuple[str, ...]
    converted: tuple[tuple[str, Callable[[str], object]], ...] = ()
    has_provenance: bool = False


def _as_list(text: str) -> list[str]:
    return text.split("|")


def _as_bool(text: str) -> bool:
    return text == "true"


PLAIN_LISTS = (
    PlainList("parameter", ("parameter_code",)),
    PlainList("unit_level", ("level",)),
    PlainList("resource", ("resource_code",)),
    PlainList("zone", ("zone_code",)),
    PlainList("zone_set", ("zone_set", "zone_code")),
    PlainList("reading_kind", ("kind",), (("is_measured", _as_bool),)),
    PlainList("meter_place", ("place_code",), (("is_ready", _as_bool), ("is_final", _as_bool))),
    PlainList("inspection_type", ("inspection_type_code",)),
    PlainList("work_order_kind", ("kind",)),
    PlainList("meter_type", ("meter_type_code",), (("zones", _as_list),), has_provenance=True),
    PlainList("article", ("article_code",)),
    PlainList("payment_channel", ("channel_code",)),
    PlainList("ledger_account", ("ledger_account_code",), (("is_consumer_balance", _as_bool),)),
    PlainList("posting_rule", ("chart", "document_kind", "component")),
    PlainList("function_right", ("right_code",)),
    PlainList("user_group", ("group_code",)),
    PlainList("group_right", ("group_code", "right_code")),
    PlainList("tariff", ("tariff_code",)),
    PlainList("payment_term", ("country", "consumer_kind", "valid_from"), (("is_verified", _as_bool),)),
    PlainList(
        "penalty_rule", ("country", "consumer_kind", "component", "valid_from"), (("is_verified", _as_bool),)
    ),
    PlainList("benefit_norm", ("dwelling_code", "valid_from"), (("is_verified", _as_bool),)),
    PlainList("readiness_weight", ("component_code", "valid_from"), (("is_hard_stop", _as_bool),)),
    PlainList("cutover_item", ("item_code",)),
    PlainList("insulation_leakage", ("voltage_kv", "weather_group")),
    PlainList("cable_charging", ("voltage_kv", "section_mm2")),
)


def load_reference(settings: Settings, directory: Path = REFERENCE_DIR) -> list[Loaded]:
    """Bring the reference tables to what the files say, in one transaction; returns a line per file.

    A file whose content is the one last loaded is left alone, so that what was changed since in the book stays.

    Raises:
        Refusal: a file is missing, or a row of it breaks a rule of its table.
    """
    with connect(settings, Role.OWNER) as session:
        loaded = [_load_if_changed(session, directory, (p.name,), _plain_loader(p)) for p in PLAIN_LISTS]
        loaded.append(_load_if_changed(session, directory, ("unit",), _load_unit_file))
        loaded.append(_load_if_changed(session, directory, TARIFF_FILES, _load_tariff_files))
        _create_first_users(session)
    return loaded


TARIFF_FILES = ("vat_rate", "tariff_version", "tariff_step", "tariff_season", "tariff_zone", "tariff_power_price")
"""In the order of the fields of TariffTables."""

Rows = list[dict[str, str]]
Loader = Callable[[psycopg.Connection, list[Rows], int], int]
"""Takes the rows of the files and their source, returns how many were new or changed."""


def _load_if_changed(session: psycopg.Connection, directory: Path, names: tuple[str, ...], load: Loader) -> Loaded:
    """Load files that belong together, unless their content is the one last loaded."""
    files = [directory / f"{name}.csv" for name in names]
    for file in files:
        if not file.is_file():
            raise Refusal(f"The reference file {file} is missing; restore it from the repository.")
    contents = [file.read_bytes() for file in files]
    tables = [list(csv.DictReader(content.decode("utf-8").splitlines())) for content in contents]
    label = ", ".join(file.name for file in files)
    fingerprint = hashlib.sha256(b"".join(contents)).hexdigest()
    row_count = sum(len(rows) for rows in tables)
    if loaded_reference(session, label) == fingerprint:
        return Loaded(label, row_count, 0)
    source_id = record_reference(session, label, fingerprint)
    with _refusing(label):
        return Loaded(label, row_count, load(session, tables, source_id))


def _plain_loader(plain: PlainList) -> Loader:
    return lambda session, tables, source_id: _load_plain_list(session, plain, tables[0], source_id)


def _load_unit_file(session: psycopg.Connection, tables: list[Rows], source_id: int) -> int:
    return load_units(session, tables[0], source_id)


def _load_tariff_files(session: psycopg.Connection, tables: list[Rows], source_id: int) -> int:  # noqa: ARG001
    return load_tariffs(session, TariffTables(*tables))


class _refusing:  # noqa: N801, a context manager used as a verb
    """Turns a broken constraint into one sentence that names the file."""

    def __init__(self, file_name: str) -> None:
        self.file_name = file_name

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, psycopg.errors.IntegrityError | psycopg.errors.DataError):
            detail = error.diag.message_detail or error.diag.message_primary
            raise Refusal(
                f"The reference file {self.file_name} breaks a rule ({error.diag.constraint_name or 'type'}): {detail} "
                "Correct the row and load again; nothing was changed."
            ) from error


def _load_plain_list(session: psycopg.Connection, plain: PlainList, rows: list[dict[str, str]], source_id: int) -> int:
    if not rows:
        return 0
    convert = dict(plain.converted)
    columns = list(rows[0])
    values = [[convert.get(column, _empty_to_none)(row[column]) for column in columns] for row in rows]
    if plain.has_provenance:
        columns += ["source_id", "source_row"]
        values = [[*row, source_id, number] for number, row in enumerate(values, start=2)]
    compared = [column for column in columns if column not in (*plain.keys, "source_id", "source_row")]
    changes = [column for column in columns if column not in plain.keys]
    statement = sql.SQL("INSERT INTO ops.{table} AS t ({columns}) VALUES ({slots}) ON CONFLICT ({keys}) {then}").format(
        table=sql.Identifier(plain.name),
        columns=_identifiers(columns),
        slots=sql.SQL(", ").join([sql.Placeholder()] * len(columns)),
        keys=_identifiers(plain.keys),
        then=_update_where_different(changes, compared) if changes else sql.SQL("DO NOTHING"),
    )
    with session.cursor() as cursor:
        return sum(cursor.execute(statement, row).rowcount for row in values)


def _update_where_different(changes: Iterable[str], compared: Iterable[str]) -> sql.Composable:
    assignments = [sql.SQL("{0} = excluded.{0}").format(sql.Identifier(column)) for column in changes]
    return sql.SQL("DO UPDATE SET {} WHERE ({}) IS DISTINCT FROM ({})").format(
        sql.SQL(", ").join(assignments),
        sql.SQL(", ").join([sql.SQL("t.{}").format(sql.Identifier(c)) for c in compared]),
        sql.SQL(", ").join([sql.SQL("excluded.{}").format(sql.Identifier(c)) for c in compared]),
    )


def _identifiers(names: Iterable[str]) -> sql.Composable:
    return sql.SQL(", ").join([sql.Identifier(name) for name in names])


def _empty_to_none(text: str) -> str | None:
    return text or None


def _create_first_users(session: psycopg.Connection) -> None:
    for login, full_name, group_code in (
        (FIRST_LOGIN, "First administrator", "administrators"),
        (APPROVER_LOGIN, "First approver of loads", "migration_approvers"),
    ):
        session.execute(
            "INSERT INTO ops.app_user (login, full_name) VALUES (%s, %s) ON CONFLICT DO NOTHING", [login, full_name]
        )
        session.execute(
            "INSERT INTO ops.membership (user_id, group_code, unit_id, valid_from)"
            " SELECT u.user_id, %s, ops.find_unit(p.value), %s"
            " FROM ops.app_user AS u, ops.parameter AS p"
            " WHERE u.login = %s AND p.parameter_code = 'root_unit'"
            "   AND NOT EXISTS (SELECT 1 FROM ops.membership AS m WHERE m.user_id = u.user_id)",
            [group_code, date(2000, 1, 1), login],
        )
