"""Why is a bill what it is? Posted bills with their readings, days, steps, prices, taxes and the balance around them.

Belongs here: asking the database and keeping its answer in order, for screens, paper and the command line. Does not
belong here: any figure of a bill (all of them are posted or come from SQL), or how it is shown.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

import psycopg
from psycopg.rows import dict_row

from operational_db.connections import Role, connect
from operational_db.refusal import Refusal
from operational_db.refused import refusals
from operational_db.settings import Settings
from operational_db.tariffs.explanation import explain_line, plain
from operational_db.tariffs.pricing import ALL_HOURS, PricedLine

SEE_RIGHT = "see"


@dataclass(frozen=True)
class Address:
    """Parts of an address, empty where there are none."""

    locality: str
    street_name: str
    house: str
    house_letter: str
    building: str
    flat: str


@dataclass(frozen=True)
class UnitOnPath:
    """A unit above the consumer; the name is in the language that was asked for."""

    level: str
    code: str
    name: str


@dataclass(frozen=True)
class Consumer:
    """Who is billed, as the book knew it when the bill was posted; None is not known."""

    account_no: str
    kind: str
    route: str | None
    name: str | None
    address: Address | None
    units: tuple[UnitOnPath, ...]


@dataclass(frozen=True)
class ReadingUsed:
    """A value of a register at the start of a day."""

    read_on: date
    value_kwh: Decimal
    kind: str


@dataclass(frozen=True)
class ExplainedLine:
    """A posted line; `priced` has its arithmetic, `volume_from_kwh` the month's volume before it."""

    line_no: int
    volume_from_kwh: Decimal
    priced: PricedLine


@dataclass(frozen=True)
class Part:
    """The days of a span within one calendar month and one price list, and its lines by step.

    Attributes:
        span_to: first day after the part.
        energy_kwh: the span's energy that falls to these days.
        slice_kwh: the same of all zones together; the zones share the steps in this proportion.
        bound_factor: by what the steps' bounds are multiplied; None is 1.
        residents: persons, where steps are counted by them.
        contracted_kwh: volume of the contract a month, where there is one.
    """

    service_month: date
    span_from: date
    span_to: date
    energy_kwh: Decimal
    slice_kwh: Decimal
    tariff_version_id: int
    variant_code: str
    season_code: str
    bound_factor: Decimal | None
    residents: int | None
    contracted_kwh: Decimal | None
    lines: tuple[ExplainedLine, ...]

    @property
    def days(self) -> int:
        return (self.span_to - self.span_from).days

    @property
    def volume_from_kwh(self) -> Decimal:
        return self.lines[0].volume_from_kwh


@dataclass(frozen=True)
class Span:
    """Energy of one zone of a metering point from one day to another, and how it is known.

    Attributes:
        energy_basis: readings, half_hours, declared ..., or ordered for power.
        takes_back: its lines take back what an earlier bill asked; their figures are negative.
        opening, closing: the readings; None where the energy was told as such.
        digits: whole digits of the register, which passes zero after 10^digits.
        ratio: by what the register's difference is multiplied.
        not_commercial_count: half-hours that the meter marked as not fit for settlement.
    """

    metering_point_code: str
    energy_basis: str
    zone_code: str
    component: str
    takes_back: bool
    span_from: date
    span_to: date
    energy_kwh: Decimal
    meter_serial_no: str | None
    digits: int | None
    ratio: Decimal | None
    opening: ReadingUsed | None
    closing: ReadingUsed | None
    not_commercial_count: int
    parts: tuple[Part, ...]

    @property
    def days(self) -> int:
        return (self.span_to - self.span_from).days

    @property
    def has_passed_zero(self) -> bool:
        return self.opening is not None and self.closing.value_kwh < self.opening.value_kwh

    @property
    def register_difference_kwh(self) -> Decimal | None:
        """What the register counted, before the ratio."""
        if self.opening is None or self.closing is None or self.digits is None:
            return None
        passed = Decimal(10) ** self.digits if self.has_passed_zero else Decimal(0)
        return self.closing.value_kwh - self.opening.value_kwh + passed


@dataclass(frozen=True)
class Step:
    """A step of a price list as published; prices in the smallest coin, None where none is known."""

    step_no: int
    over_kwh: Decimal
    up_to_kwh: Decimal | None
    price_minor: Decimal | None
    is_verified: bool


@dataclass(frozen=True)
class PriceList:
    """A tariff version's variant in a season: when it is in force (`valid_to` exclusive), by which rule, its steps."""

    tariff_code: str
    tariff_version_id: int
    variant_code: str
    season_code: str
    valid_from: date
    valid_to: date | None
    source: str
    is_verified: bool
    price_includes_vat: bool
    step_basis: str
    step_mode: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Movement:
    """A document that moved the balance; positive is owed by the consumer."""

    document_kind: str
    document_no: int
    posted_on: date
    amount_minor: int


@dataclass(frozen=True)
class Balance:
    """The account's balance of energy around the month of the bill; positive is owed by the consumer."""

    before_minor: int
    movements: tuple[Movement, ...]

    @property
    def after_minor(self) -> int:
        return self.before_minor + sum(movement.amount_minor for movement in self.movements)


@dataclass(frozen=True)
class BillExplanation:
    """A posted bill with all that it was computed from.

    `posted_by` is the person in whose name the run was made; `is_closed` tells whether the month is final.
    """

    month: date
    bill_no: int
    kind: str
    consumer: Consumer
    energy_kwh: Decimal
    charge_minor: int
    vat_minor: int
    currency: str
    minor_per_major: int
    reverses_month: date | None
    reverses_bill_no: int | None
    bill_run_id: int | None
    posted_at: datetime | None
    posted_by: str | None
    is_closed: bool
    spans: tuple[Span, ...]
    price_lists: tuple[PriceList, ...]
    balance: Balance

    @property
    def lines(self) -> list[ExplainedLine]:
        """All lines in the order of their numbers."""
        found = [line for span in self.spans for part in span.parts for line in part.lines]
        return sorted(found, key=lambda line: line.line_no)

    @property
    def is_verified(self) -> bool:
        return all(line.priced.is_verified for line in self.lines)

    def price_list(self, part: Part) -> PriceList:
        """The price list that a part was priced by."""
        return next(
            one
            for one in self.price_lists
            if (one.tariff_version_id, one.variant_code, one.season_code)
            == (part.tariff_version_id, part.variant_code, part.season_code)
        )

    def in_words(self) -> list[str]:
        """The arithmetic of the bill in sentences, from the readings to the sum."""
        return [sentence for span in self.spans for sentence in _span_in_words(span, self.minor_per_major)]


def explain_bill(
    settings: Settings, account_no: str, month: date, bill_no: int | None = None, *, by: str, language: str = "en"
) -> BillExplanation:
    """A bill of an account, booked in a month, with all that it was computed from.

    Args:
        bill_no: needed only where the account has several bills of the month.
        by: login of the user who asks.
        language: of the units' names.

    Raises:
        Refusal: no such account among those the user may see, no bill of that month, several and none named.
    """
    first_day = month.replace(day=1)
    with connect(settings, Role.APP, user=by) as session, refusals():
        found = session.execute(
            "SELECT account_id, res_id FROM ops.account WHERE account_no = %s", [account_no]
        ).fetchone()
        if found is None:
            if session.execute("SELECT ops.current_user_id()").fetchone()[0] is None:
                # An unknown user sees nothing, and the sentence about the user helps more.
                session.execute("SELECT ops.require_right(%s, %s, NULL)", [by, SEE_RIGHT])
            raise Refusal(
                f'There is no account "{account_no}" among those you may see; check the number '
                "(household numbers look like SA01/12/345)."
            )
        account_id, res_id = found
        session.execute("SELECT ops.require_right(%s, %s, %s)", [by, SEE_RIGHT, res_id])
        numbers = dict(
            session.execute(
                "SELECT bill_no, kind FROM ops.bill WHERE account_id = %s AND booked_month = %s ORDER BY bill_no",
                [account_id, first_day],
            ).fetchall()
        )
        wanted = _choose(session, account_no, account_id, first_day, numbers, bill_no)
        bills = explain_bills(session, [account_id], first_day, language=language)
    return next(bill for bill in bills if bill.bill_no == wanted)


def explain_bills(
    session: psycopg.Connection, account_ids: Sequence[int], month: date, *, language: str = "en"
) -> list[BillExplanation]:
    """All bills of these accounts in a month, by the rights of the session's user, in no order."""
    cursor = session.cursor(row_factory=dict_row)
    asked = {"accounts": list(account_ids), "month": month, "language": language}
    heads = cursor.execute("SELECT * FROM ops.explained_bills(%(accounts)s, %(month)s)", asked).fetchall()
    lines = cursor.execute("SELECT * FROM ops.explained_lines(%(accounts)s, %(month)s)", asked).fetchall()
    lines_of = defaultdict(list)
    for line in lines:
        lines_of[line["account_id"], line["bill_no"]].append(line)
    movements = defaultdict(list)
    for row in cursor.execute("SELECT * FROM ops.balance_movements(%(accounts)s, %(month)s)", asked):
        movements[row["account_id"]].append(row)
    paths = defaultdict(list)
    for row in cursor.execute(
        "SELECT * FROM ops.unit_paths(%(leaves)s, %(month)s, %(language)s)",
        {**asked, "leaves": list({head["leaf_unit_id"] for head in heads})},
    ):
        paths[row["leaf_unit_id"]].append(UnitOnPath(row["level"], row["code"], row["unit_name"]))
    price_lists = _price_lists(cursor, lines)
    currency = dict(
        session.execute(
            "SELECT parameter_code, value FROM ops.parameter WHERE parameter_code IN ('currency', 'minor_per_major')"
        ).fetchall()
    )
    explained = []
    for head in heads:
        of_bill = lines_of[head["account_id"], head["bill_no"]]
        used = dict.fromkeys(_price_list_key(line) for line in of_bill)
        explained.append(
            BillExplanation(
                month=month,
                consumer=_consumer(head, tuple(paths[head["leaf_unit_id"]])),
                currency=currency["currency"],
                minor_per_major=int(currency["minor_per_major"]),
                spans=tuple(_spans(of_bill)),
                price_lists=tuple(price_lists[key] for key in used),
                balance=_balance(movements[head["account_id"]]),
                **{name: head[name] for name in _HEAD_FIELDS},
            )
        )
    return explained


_HEAD_FIELDS = (
    "bill_no", "kind", "energy_kwh", "charge_minor", "vat_minor", "reverses_month", "reverses_bill_no", "bill_run_id",
    "posted_at", "posted_by", "is_closed",
)  # fmt: skip


def _choose(
    session: psycopg.Connection,
    account_no: str,
    account_id: int,
    month: date,
    numbers: dict[int, str],
    wanted: int | None,
) -> int:
    """The number of the bill that is meant, or a sentence that says which there are."""
    if wanted in numbers:
        return wanted
    if wanted is None and len(numbers) == 1:
        return next(iter(numbers))
    if numbers:
        known = ", ".join(f"{number} ({kind})" for number, kind in numbers.items())
        said = f"no bill {wanted}" if wanted is not None else f"{len(numbers)} bills"
        raise Refusal(f"Account {account_no} has {said} of {month:%Y-%m}; there are {known}; name one with --bill.")
    before = session.execute(
        "SELECT sum(energy_kwh) FROM ops.measured_energy"
        " WHERE account_id = %s AND kind = 'legacy_billed' AND span_from < %s AND span_to > %s",
        [account_id, _next_month(month), month],
    ).fetchone()[0]
    if before is not None:
        raise Refusal(
            f"Account {account_no} was billed for {month:%Y-%m} by the old program ({plain(before)} kWh), which handed "
            "over no lines; its sum is part of the opening balance, and the old program's own bill explains it."
        )
    months = [
        row[0]
        for row in session.execute(
            "SELECT to_char(booked_month, 'YYYY-MM') FROM ops.bill WHERE account_id = %s"
            " GROUP BY booked_month ORDER BY booked_month DESC LIMIT 6",
            [account_id],
        )
    ]
    known = f"its newest are of {', '.join(months)}" if months else "it was never billed; run `wattbook bill` first"
    raise Refusal(f"Account {account_no} has no bill of {month:%Y-%m}; {known}.")


def _next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _consumer(head: dict[str, Any], units: tuple[UnitOnPath, ...]) -> Consumer:
    address = None
    if head["house"] is not None:
        address = Address(
            head["locality"] or "", head["street_name"] or "", head["house"], head["house_letter"], head["building"],
            head["flat"],
        )  # fmt: skip
    return Consumer(head["account_no"], head["account_kind"], head["route"], head["holder_name"], address, units)


def _balance(rows: Iterable[dict[str, Any]]) -> Balance:
    before = 0
    movements = []
    for row in rows:
        if row["document_kind"] == "before":
            before = row["amount_minor"]
        else:
            movements.append(
                Movement(row["document_kind"], row["document_no"], row["posted_on"], row["amount_minor"])
            )
    movements.sort(key=lambda one: (one.posted_on, one.document_kind, one.document_no))
    return Balance(before, tuple(movements))


def _span_key(line: dict[str, Any]) -> tuple[object, ...]:
    told = (line["closing_on"], line["opening_on"]) if line["closing_on"] else (line["told_from"], line["told_to"])
    return (
        not line["takes_back"], line["metering_point_code"], line["component"], line["energy_basis"],
        line["meter_serial_no"] or "", line["zone_code"], told,
    )  # fmt: skip


def _spans(lines: list[dict[str, Any]]) -> Iterable[Span]:
    by_span = defaultdict(list)
    for line in lines:
        by_span[_span_key(line)].append(line)
    for of_span in by_span.values():
        first = of_span[0]
        opening = closing = None
        if first["closing_on"] is not None:
            opening = ReadingUsed(first["opening_on"], first["opening_kwh"], first["opening_kind"])
            closing = ReadingUsed(first["closing_on"], first["closing_kwh"], first["closing_kind"])
        yield Span(
            metering_point_code=first["metering_point_code"],
            energy_basis=first["energy_basis"],
            zone_code=first["zone_code"],
            component=first["component"],
            takes_back=first["takes_back"],
            span_from=min(line["span_from"] for line in of_span),
            span_to=max(line["span_to"] for line in of_span),
            energy_kwh=sum(line["energy_kwh"] for line in of_span),
            meter_serial_no=first["meter_serial_no"],
            digits=first["digits"],
            ratio=first["ratio"],
            opening=opening,
            closing=closing,
            not_commercial_count=first["not_commercial_count"] or 0,
            parts=tuple(
                _part(list(of_part))
                for _, of_part in groupby(
                    of_span, lambda line: (line["span_from"], line["span_to"], _price_list_key(line))
                )
            ),
        )


def _part(lines: list[dict[str, Any]]) -> Part:
    first = lines[0]
    return Part(
        service_month=first["service_month"],
        span_from=first["span_from"],
        span_to=first["span_to"],
        energy_kwh=first["part_kwh"],
        slice_kwh=first["slice_kwh"],
        tariff_version_id=first["tariff_version_id"],
        variant_code=first["variant_code"],
        season_code=first["season_code"],
        bound_factor=first["bound_factor"],
        residents=first["persons"],
        contracted_kwh=first["contracted_kwh"],
        lines=tuple(ExplainedLine(line["line_no"], line["volume_from"], _priced(line)) for line in lines),
    )


def _priced(line: dict[str, Any]) -> PricedLine:
    is_power = line["component"] == "power"
    return PricedLine(
        **{name: line[name] for name in _PRICED_FIELDS},
        days=(line["span_to"] - line["span_from"]).days if is_power else None,
        days_of_month=(_next_month(line["service_month"]) - line["service_month"]).days if is_power else None,
    )


_PRICED_FIELDS = (
    "component", "zone_code", "step_no", "energy_kwh", "over_kwh", "up_to_kwh", "price_minor", "price_numerator",
    "price_denominator", "power_kw", "charge_minor", "vat_minor", "vat_rate", "price_includes_vat", "is_verified",
)  # fmt: skip


def _price_list_key(line: dict[str, Any]) -> tuple[int, str, str]:
    return line["tariff_version_id"], line["variant_code"], line["season_code"]


def _price_lists(cursor: psycopg.Cursor, lines: list[dict[str, Any]]) -> dict[tuple[int, str, str], PriceList]:
    keys = list(dict.fromkeys(_price_list_key(line) for line in lines))
    if not keys:
        return {}
    rows = cursor.execute(
        "SELECT v.tariff_code, v.tariff_version_id, k.variant_code, k.season_code, v.valid_from, v.valid_to, v.source,"
        "   v.is_verified, v.price_includes_vat, v.step_basis, v.step_mode, s.step_no, s.over_kwh, s.up_to_kwh,"
        "   s.price_minor, s.is_verified AS is_step_verified"
        " FROM unnest(%s::integer[], %s::text[], %s::text[]) AS k (tariff_version_id, variant_code, season_code)"
        " INNER JOIN ops.tariff_version AS v USING (tariff_version_id)"
        " LEFT JOIN ops.tariff_step AS s USING (tariff_version_id, variant_code, season_code)"
        " ORDER BY k.tariff_version_id, k.variant_code, k.season_code, s.step_no",
        [list(column) for column in zip(*keys, strict=True)],
    ).fetchall()
    found = {}
    for key, of_list in groupby(rows, _price_list_key):
        steps = list(of_list)
        found[key] = PriceList(
            **{name: steps[0][name] for name in _PRICE_LIST_FIELDS},
            steps=tuple(
                Step(s["step_no"], s["over_kwh"], s["up_to_kwh"], s["price_minor"], s["is_step_verified"])
                for s in steps
                if s["step_no"] is not None
            ),
        )
    return found


_PRICE_LIST_FIELDS = (
    "tariff_code", "tariff_version_id", "variant_code", "season_code", "valid_from", "valid_to", "source",
    "is_verified", "price_includes_vat", "step_basis", "step_mode",
)  # fmt: skip


def _span_in_words(span: Span, minor_per_major: int) -> Iterable[str]:
    days = f"{span.span_from} to {span.span_to} ({span.days} days)"
    zone = "" if span.zone_code == ALL_HOURS else f", zone {span.zone_code}"
    if span.takes_back:
        yield f"Point {span.metering_point_code}{zone}, {days}: what an earlier bill asked is taken back."
    elif span.component == "power":
        yield f"Point {span.metering_point_code}, {days}: power is paid for as ordered."
    elif span.register_difference_kwh is None:
        basis = span.energy_basis.replace("_", " ")
        yield f"Point {span.metering_point_code}{zone}, {days}: {plain(span.energy_kwh)} kWh by {basis}."
    else:
        passed = f" + {10**span.digits} (the register passed zero)" if span.has_passed_zero else ""
        ratio = "" if span.ratio == 1 else f" x {plain(span.ratio)}"
        yield (
            f"Point {span.metering_point_code}{zone}, meter {span.meter_serial_no}, {days}: "
            f"{plain(span.closing.value_kwh)} - {plain(span.opening.value_kwh)}{passed}"
            f" = {plain(span.register_difference_kwh)}{ratio and f'{ratio} = {plain(span.energy_kwh)}'} kWh."
        )
    for part in span.parts:
        if len(span.parts) > 1 and span.component == "energy":
            yield (
                f"{part.span_from} to {part.span_to}: {part.days} of {span.days} days have "
                f"{plain(part.energy_kwh)} kWh."
            )
        if part.volume_from_kwh and not span.takes_back and span.component == "energy":
            yield f"Before them {plain(part.volume_from_kwh)} kWh of {part.service_month:%Y-%m} are billed or in line."
        yield from (explain_line(line.priced, minor_per_major) for line in part.lines)
