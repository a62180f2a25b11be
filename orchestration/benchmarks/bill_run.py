"""How many bills a second: our bill run beside three other ways of making the same rows.

- ours: `bill_month`, as the command runs it: bills, lines, ledger, billed days, provenance, checks, indexes, keys.
- per account: an ORM loop, one account a transaction, arithmetic in Decimal; measured on a sample.
- naive SQL: one numeric statement that inserts bills, lines and ledger rows into the same tables.
- floor: nothing but binary COPY of the finished bills, lines and ledger rows into bare tables, two sessions at once.

Each way starts from its own copy of the same book. The lines of all ways are hashed and must be equal.
"""

import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

import psycopg
import sqlalchemy
from psycopg import sql
from sqlalchemy.orm import Session, registry

from operational_db import schema
from operational_db.accounting.tables import ledger
from operational_db.billing.commands import bill_month
from operational_db.billing.tables import bill, bill_line
from operational_db.connections import connect_as_admin
from operational_db.metering.tables import metering_point_tariff, reading
from operational_db.reference.loading import FIRST_LOGIN, load_reference
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from operational_db.tariffs.tables import tariff_step, tariff_version
from orchestration.benchmarks.consumers import MONTH, fill, result_hash
from orchestration.benchmarks.databases import copy_of, drop, maintenance

RUNS = 3
ORM_SAMPLE = 1000
VAT_RATE = Decimal("0.12")

NAIVE = """
WITH span AS (
    SELECT r.account_id, r.metering_point_id, r.reading_id, r.read_on, r.value_kwh, r.res_id, r.is_opening,
        lag(r.value_kwh) OVER w AS opening_kwh, lag(r.reading_id) OVER w AS opening_id,
        lag(r.read_on) OVER w AS opening_on
    FROM ops.reading AS r
    WHERE r.booked_month = %(month)s
    WINDOW w AS (PARTITION BY r.account_id, r.meter_id ORDER BY r.read_on)
),
rated AS (
    SELECT s.*, t.step_no, t.price_minor, t.tariff_version_id,
        least(s.value_kwh - s.opening_kwh, t.up_to_kwh) - t.over_kwh AS energy_kwh
    FROM span AS s
    INNER JOIN ops.metering_point_tariff AS p ON p.metering_point_id = s.metering_point_id
    INNER JOIN ops.tariff_version AS v
        ON v.tariff_code = p.tariff_code AND v.known_to IS NULL
        AND daterange(v.valid_from, v.valid_to) @> %(month)s::date
    INNER JOIN ops.tariff_step AS t ON t.tariff_version_id = v.tariff_version_id
    WHERE NOT s.is_opening AND s.value_kwh - s.opening_kwh > t.over_kwh
),
line AS (
    INSERT INTO ops.bill_line (account_id, booked_month, bill_no, line_no, metering_point_id, service_month, span_from,
        span_to, zone_code, tariff_version_id, step_no, energy_kwh, price_minor, charge_minor, vat_minor, opening_month,
        opening_reading_id, closing_month, closing_reading_id, res_id)
    SELECT account_id, %(month)s, 1, step_no, metering_point_id, %(month)s, opening_on, read_on, 'all',
        tariff_version_id, step_no, energy_kwh, price_minor, round(energy_kwh * price_minor),
        round(round(energy_kwh * price_minor) * 0.12 / 1.12), %(month)s, opening_id, %(month)s, reading_id, res_id
    FROM rated
    RETURNING *
),
posted AS (
    INSERT INTO ops.bill (account_id, booked_month, bill_no, kind, res_id, energy_kwh, charge_minor, vat_minor,
        source_id)
    SELECT account_id, %(month)s, 1, 'normal', res_id, sum(energy_kwh), sum(charge_minor), sum(vat_minor), 1
    FROM line
    GROUP BY account_id, res_id
    RETURNING *
)
INSERT INTO ops.ledger (account_id, booked_month, document_kind, document_no, entry_no, debit_code, credit_code,
    amount_minor, article_code, posted_on, res_id, source_id)
SELECT b.account_id, %(month)s, 'bill', 1, e.entry_no, '4010', e.credit_code, e.amount_minor, 'electricity', %(month)s,
    b.res_id, 1
FROM posted AS b
CROSS JOIN LATERAL (
    VALUES (1, '9030', b.charge_minor - b.vat_minor), (2, '6410', b.vat_minor)
) AS e (entry_no, credit_code, amount_minor)
"""


@dataclass(frozen=True)
class Way:
    """One way of billing the month: how many bills, the median seconds, a hash of its lines."""

    name: str
    bill_count: int
    seconds: float
    result: str

    @property
    def bills_per_second(self) -> float:
        return self.bill_count / self.seconds


def measure(settings: Settings, accounts: int, on_progress: Callable[[str], None] = print) -> list[Way]:
    """Bill the same month in all four ways; the databases made for it are dropped.

    Raises:
        Refusal: two ways gave different lines.
    """
    book = settings.model_copy(update={"database_name": "wattbook_bench"})
    drop(book)
    schema.upgrade(book)
    load_reference(book)
    on_progress(f"filling a book of {accounts:,} accounts")
    fill(book, accounts)
    ways = []
    for name, way in (("ours", _ours), ("naive SQL", _naive), ("per account", _per_account)):
        on_progress(f"measuring: {name}")
        ways.append(_measured(book, name, way, 1 if way is _per_account else RUNS))
    on_progress("measuring: floor")
    ways.append(_floor(book))
    drop(book)
    if len({way.result for way in ways if way.name in ("ours", "naive SQL")}) != 1:
        raise Refusal("Ours and the naive SQL gave different bill lines; a speed of wrong figures is no speed.")
    return ways


def _measured(book: Settings, name: str, way: Callable[[Settings], int], runs: int) -> Way:
    seconds, count, result = [], 0, ""
    for _ in range(runs):
        copy = copy_of(book)
        began = time.perf_counter()
        count = way(copy)
        seconds.append(time.perf_counter() - began)
        with connect_as_admin(copy) as session:
            result = result_hash(session)
        if name == "ours":
            _keep_for_floor(copy)
        else:
            drop(copy)
    return Way(name, count, statistics.median(seconds), result)


def _ours(book: Settings) -> int:
    return bill_month(book, MONTH, by=FIRST_LOGIN).bill_count


def _naive(book: Settings) -> int:
    with connect_as_admin(book) as session:
        session.execute(NAIVE, {"month": MONTH})
        return session.execute("SELECT count(*) FROM ops.bill").fetchone()[0]


def _per_account(book: Settings) -> int:
    """One account a transaction, as an object-minded program would."""
    mapped = _mapped_classes()
    engine = sqlalchemy.create_engine(
        "postgresql+psycopg://", creator=lambda: connect_as_admin(book), poolclass=sqlalchemy.pool.StaticPool
    )
    with Session(engine) as session:
        account_ids = session.scalars(
            sqlalchemy.select(reading.c.account_id).distinct().order_by(reading.c.account_id).limit(ORM_SAMPLE)
        ).all()
        for account_id in account_ids:
            _bill_one(session, mapped, account_id)
            session.commit()
    engine.dispose()
    return len(account_ids)


def _mapped_classes() -> dict[str, type]:
    mapper = registry()
    classes = {}
    for table in (reading, metering_point_tariff, tariff_version, tariff_step, bill, bill_line, ledger):
        classes[table.name] = type(table.name, (), {})
        mapper.map_imperatively(classes[table.name], table)
    return classes


def _bill_one(session: Session, mapped: dict[str, type], account_id: int) -> None:
    of, point, version_of, step_of = (
        mapped[name] for name in ("reading", "metering_point_tariff", "tariff_version", "tariff_step")
    )
    opening, closing = session.scalars(
        sqlalchemy.select(of).where(of.account_id == account_id, of.booked_month == MONTH).order_by(of.read_on)
    ).all()
    tariff = session.scalars(sqlalchemy.select(point).where(point.metering_point_id == closing.metering_point_id)).one()
    version = session.scalars(
        sqlalchemy.select(version_of).where(
            version_of.tariff_code == tariff.tariff_code,
            version_of.known_to.is_(None),
            version_of.valid_from <= MONTH,
            sqlalchemy.or_(version_of.valid_to.is_(None), version_of.valid_to > MONTH),
        )
    ).one()
    steps = session.scalars(
        sqlalchemy.select(step_of)
        .where(step_of.tariff_version_id == version.tariff_version_id)
        .order_by(step_of.step_no)
    ).all()
    used = closing.value_kwh - opening.value_kwh
    of_month = {"account_id": account_id, "booked_month": MONTH, "res_id": closing.res_id}
    lines = []
    for step in steps:
        energy = min(used, step.up_to_kwh or used) - step.over_kwh
        if energy <= 0:
            continue
        charge = (energy * step.price_minor).quantize(Decimal(1), ROUND_HALF_UP)
        line = mapped["bill_line"]()
        vars_of_line = {
            **of_month, "bill_no": 1, "line_no": len(lines) + 1, "metering_point_id": closing.metering_point_id,
            "service_month": MONTH, "span_from": opening.read_on, "span_to": closing.read_on, "zone_code": "all",
            "tariff_version_id": version.tariff_version_id, "step_no": step.step_no, "energy_kwh": energy,
            "price_minor": step.price_minor, "charge_minor": int(charge),
            "vat_minor": int((charge * VAT_RATE / (1 + VAT_RATE)).quantize(Decimal(1), ROUND_HALF_UP)),
            "opening_month": MONTH, "opening_reading_id": opening.reading_id, "closing_month": MONTH,
            "closing_reading_id": closing.reading_id,
        }  # fmt: skip
        _set(line, vars_of_line)
        lines.append(line)
    session.add_all(lines)
    charge_minor, vat_minor = sum(x.charge_minor for x in lines), sum(x.vat_minor for x in lines)
    document = mapped["bill"]()
    _set(document, {**of_month, "bill_no": 1, "kind": "normal", "energy_kwh": used, "charge_minor": charge_minor,
                    "vat_minor": vat_minor, "source_id": 1, "source_row": 0})  # fmt: skip
    session.add(document)
    for entry_no, credit_code, amount in ((1, "9030", charge_minor - vat_minor), (2, "6410", vat_minor)):
        entry = mapped["ledger"]()
        _set(entry, {**of_month, "document_kind": "bill", "document_no": 1, "entry_no": entry_no, "debit_code": "4010",
                     "credit_code": credit_code, "amount_minor": amount, "article_code": "electricity",
                     "posted_on": MONTH, "source_id": 1, "source_row": 0})  # fmt: skip
        session.add(entry)


def _set(row: object, values: dict[str, object]) -> None:
    for name, value in values.items():
        setattr(row, name, value)


def _floor(book: Settings) -> Way:
    """Write the rows of our run with COPY alone: two sessions, half the accounts each, bare tables of their own."""
    billed = _kept_for_floor(book)
    tables = ("bill", "bill_line", "ledger")
    with connect_as_admin(billed) as session:
        bill_count = session.execute("SELECT count(*) FROM ops.bill").fetchone()[0]
        halves = [[(table, _copied_out(session, table, half)) for table in tables] for half in (0, 1)]
    seconds = []
    for run in range(RUNS):
        sessions = [connect_as_admin(billed) for _ in halves]
        writers = [
            threading.Thread(target=_copy_in, args=(session, half, f"floor_{run}_{place}"))
            for place, (session, half) in enumerate(zip(sessions, halves, strict=True))
        ]
        began = time.perf_counter()
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        seconds.append(time.perf_counter() - began)
        for session in sessions:
            session.close()
    drop(billed)
    return Way("floor", bill_count, statistics.median(seconds), "")


def _copied_out(session: psycopg.Connection, table: str, half: int) -> bytes:
    statement = sql.SQL("COPY (SELECT * FROM {} WHERE account_id % 2 = {}) TO STDOUT (FORMAT binary)").format(
        sql.Identifier("ops", table), sql.Literal(half)
    )
    with session.cursor().copy(statement) as copy:
        return b"".join(bytes(block) for block in copy)


def _copy_in(session: psycopg.Connection, rows: list[tuple[str, bytes]], prefix: str) -> None:
    with session.transaction():
        for table, content in rows:
            target = sql.Identifier("work", f"{prefix}_{table}")
            session.execute(sql.SQL("CREATE TABLE {} (LIKE ops.{})").format(target, sql.Identifier(table)))
            with session.cursor().copy(sql.SQL("COPY {} FROM STDIN (FORMAT binary)").format(target)) as copy:
                copy.write(content)


def _keep_for_floor(copy: Settings) -> None:
    kept = copy.model_copy(update={"database_name": f"{copy.database_name.removesuffix('_copy')}_billed"})
    drop(kept)
    with maintenance(copy) as session:
        statement = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        session.execute(statement.format(sql.Identifier(copy.database_name), sql.Identifier(kept.database_name)))


def _kept_for_floor(book: Settings) -> Settings:
    return book.model_copy(update={"database_name": f"{book.database_name}_billed"})
