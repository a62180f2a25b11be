"""Why is a bill what it is? A posted bill with its readings, days, steps, prices, taxes and the balance around it.

Belongs here: asking the database and putting its answer into sentences that can be followed with a pocket calculator.
Does not belong here: any figure of a bill (all of them are posted or come from SQL).
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

import psycopg
from psycopg.rows import class_row

from operational_db.billing.commands import find_account
from operational_db.connections import Role, connect
from operational_db.refusal import Refusal
from operational_db.refused import refusals
from operational_db.settings import Settings
from operational_db.tariffs.explanation import explain_line, factor_in_words, factors, money_in_words, plain
from operational_db.tariffs.pricing import ALL_HOURS, PricedLine

Row = TypeVar("Row")

_NAMES = {
    "benefit_correction": "Benefit recalculation",
    "benefit_reversing": "Benefit recalculation, what it takes back",
}


@dataclass(frozen=True)
class BillHead:
    """Who is billed, by which run and by whom; the consumer as the book knew it then, None is not known."""

    account_id: int
    bill_no: int
    account_no: str
    account_kind: str
    holder_name: str | None
    locality: str | None
    street_name: str | None
    house: str | None
    house_letter: str | None
    building: str | None
    flat: str | None
    res_id: int
    leaf_unit_id: int
    kind: str
    energy_kwh: Decimal
    charge_minor: int
    vat_minor: int
    reverses_month: date | None
    reverses_bill_no: int | None
    bill_run_id: int | None
    posted_at: datetime | None
    posted_by: str | None
    is_closed: bool

    @property
    def name(self) -> str:
        """What kind of bill it is, in words."""
        return _NAMES.get(self.kind, self.kind)


@dataclass(frozen=True)
class ExplainedLine:
    """A posted line beside its readings, meter, tariff and step; columns as in ops.explained_lines."""

    account_id: int
    bill_no: int
    line_no: int
    metering_point_code: str
    energy_basis: str
    zone_code: str
    reversed_month: date | None
    reversed_bill_no: int | None
    reversed_line_no: int | None
    meter_serial_no: str | None
    digits: int | None
    ratio: Decimal | None
    opening_reading_id: int | None
    opening_on: date | None
    opening_kwh: Decimal | None
    opening_kind: str | None
    closing_reading_id: int | None
    closing_on: date | None
    closing_kwh: Decimal | None
    closing_kind: str | None
    register_difference_kwh: Decimal | None
    passes_zero: bool | None
    span_energy_kwh: Decimal | None
    told_from: date | None
    told_to: date | None
    told_kwh: Decimal | None
    not_commercial_count: int | None
    service_month: date
    span_from: date
    span_to: date
    part_kwh: Decimal
    zones_kwh: Decimal
    tariff_code: str
    tariff_meaning: str
    version_from: date
    version_to: date | None
    version_source: str
    step_basis: str
    step_mode: str
    variant_code: str
    season_code: str
    persons: int | None
    contracted_kwh: Decimal | None
    bound_factor: Decimal | None
    volume_from: Decimal
    component: str
    step_no: int
    energy_kwh: Decimal
    over_kwh: Decimal | None
    up_to_kwh: Decimal | None
    price_minor: Decimal
    price_numerator: int | None
    price_denominator: int | None
    power_kw: Decimal | None
    charge_minor: int
    vat_minor: int
    vat_rate: Decimal
    price_includes_vat: bool
    is_verified: bool
    adjusted_kwh: Decimal

    @property
    def used_kwh(self) -> Decimal | None:
        """Energy of the span between two readings: what the register counted, and what was adjusted of it."""
        return None if self.span_energy_kwh is None else self.span_energy_kwh + self.adjusted_kwh

    @property
    def is_whole_span(self) -> bool:
        """Whether the line's days are all days of its span; the others may be on another bill."""
        began, ended = self.opening_on or self.told_from, self.closing_on or self.told_to
        return (self.span_from, self.span_to) == (began or self.span_from, ended or self.span_to)

    @property
    def priced(self) -> PricedLine:
        """The line as its arithmetic is told."""
        month_days = (_next_month(self.service_month) - self.service_month).days
        is_power = self.component == "power"
        return PricedLine(
            self.component, self.zone_code, self.step_no, self.energy_kwh, self.over_kwh, self.up_to_kwh,
            self.price_minor, self.price_numerator, self.price_denominator, self.power_kw, self.charge_minor,
            self.vat_minor, self.vat_rate, self.price_includes_vat, self.is_verified,
            days=(self.span_to - self.span_from).days if is_power else None,
            days_of_month=month_days if is_power else None,
        )  # fmt: skip


@dataclass(frozen=True)
class ExplainedBenefit:
    """Energy of a line that has a benefit; columns as in ops.explained_benefits. Without a norm all consumption has it.

    The days are those of the month over which the consumer's benefits are the same.
    """

    account_id: int
    bill_no: int
    line_no: int
    metering_point_code: str
    service_month: date
    grant_no: int
    category_code: str
    category_name: str
    entitled_persons: int
    share: Decimal
    norm_kwh: Decimal | None
    days_from: date
    days_to: date
    energy_kwh: Decimal
    full_minor: int
    benefit_minor: int

    @property
    def days(self) -> int:
        return (self.days_to - self.days_from).days

    @property
    def days_of_month(self) -> int:
        return (_next_month(self.service_month) - self.service_month).days


@dataclass(frozen=True)
class Movement:
    """A document that moved the balance; positive is owed by the consumer. `before` is what was owed till then."""

    account_id: int
    document_kind: str
    document_no: int | None
    posted_on: date | None
    amount_minor: int


@dataclass(frozen=True)
class BillExplanation:
    """A posted bill with all that it was computed from; `unit_path` names the units above the consumer, top first."""

    month: date
    currency: str
    minor_per_major: int
    head: BillHead
    unit_path: tuple[str, ...]
    lines: tuple[ExplainedLine, ...]
    benefits: tuple[ExplainedBenefit, ...]
    movements: tuple[Movement, ...]
    reasons: tuple[str, ...]

    @property
    def benefit_minor(self) -> int:
        return sum(one.benefit_minor for one in self.benefits)

    @property
    def to_pay_minor(self) -> int:
        """What the bill asks of the consumer."""
        return self.head.charge_minor - self.benefit_minor

    def benefits_of(self, line: ExplainedLine) -> list[ExplainedBenefit]:
        return [one for one in self.benefits if one.line_no == line.line_no]

    @property
    def balance_before_minor(self) -> int:
        return sum(one.amount_minor for one in self.movements if one.document_kind == "before")

    @property
    def balance_after_minor(self) -> int:
        return sum(one.amount_minor for one in self.movements)

    @property
    def spans(self) -> list[list[list[ExplainedLine]]]:
        """The lines by span (energy between two readings, or told as such), and within it by part.

        A part has one calendar month and one price list.
        """
        return [list(_by_key(lines, _part_key).values()) for lines in _by_key(self.lines, _span_key).values()]

    def in_words(self) -> list[str]:
        """The arithmetic of the bill in sentences, from the readings to the sum."""
        sentences = [f"Billed anew: {reason}" for reason in self.reasons]
        for parts in self.spans:
            sentences.append(_how_energy_is_known(parts[0][0]))
            for part in parts:
                sentences.append(_days_and_price_list(part[0]))
                for line in part:
                    sentences.append(explain_line(line.priced, self.minor_per_major))
                    sentences += [_explain_benefit(one, line, self.minor_per_major) for one in self.benefits_of(line)]
        total, vat, benefit, to_pay = (
            money_in_words(minor, self.minor_per_major)
            for minor in (self.head.charge_minor, self.head.vat_minor, self.benefit_minor, self.to_pay_minor)
        )
        asked = "Charged" if self.benefits else "To pay"
        sentences.append(f"{asked}: {plain(self.head.energy_kwh)} kWh, {total} {self.currency}, of it VAT {vat}.")
        if self.benefits:
            sentences.append(f"Benefit: {benefit} {self.currency}. To pay: {to_pay} {self.currency}.")
        return sentences


def explain_bill(
    settings: Settings, account_no: str, month: date, *, by: str, bill_no: int | None = None, language: str = "en"
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
        account_id, res_id = find_account(session, account_no)
        session.execute("SELECT ops.require_right(%s, 'see', %s)", [by, res_id])
        asked = [[account_id], first_day]
        heads = {
            head.bill_no: head for head in _rows(session, BillHead, "SELECT * FROM ops.explained_bills(%s, %s)", asked)
        }
        head = heads[_chosen(session, account_no, account_id, first_day, heads, bill_no)]
        return explained_bills(session, [head], first_day, language)[0]


def explained_bills(
    session: psycopg.Connection, heads: Sequence[BillHead], month: date, language: str
) -> list[BillExplanation]:
    """These bills of a month, in their order, with all that they were computed from: one query a kind of row, however
    many bills there are."""
    asked = [sorted({head.account_id for head in heads}), month]
    lines = _by_key(_rows(session, ExplainedLine, "SELECT * FROM ops.explained_lines(%s, %s)", asked), _bill_key)
    benefits = _by_key(
        _rows(session, ExplainedBenefit, "SELECT * FROM ops.explained_benefits(%s, %s)", asked), _bill_key
    )
    movements = _by_key(
        _rows(session, Movement, "SELECT * FROM ops.balance_movements(%s, %s)", asked), lambda one: one.account_id
    )
    reasons = _by_key(
        session.execute(
            "SELECT DISTINCT account_id, bill_no, reason FROM ops.explained_amendments(%s, %s) ORDER BY reason", asked
        ).fetchall(),
        lambda row: row[:2],
    )
    paths = _by_key(
        session.execute(
            "SELECT leaf_unit_id, unit_name FROM ops.unit_paths(%s::integer[], %s, %s)",
            [[head.leaf_unit_id for head in heads], month, language],
        ).fetchall(),
        lambda row: row[0],
    )
    currency = dict(
        session.execute(
            "SELECT parameter_code, value FROM ops.parameter WHERE parameter_code IN ('currency', 'minor_per_major')"
        ).fetchall()
    )
    return [
        BillExplanation(
            month,
            currency["currency"],
            int(currency["minor_per_major"]),
            head,
            tuple(row[1] for row in paths.get(head.leaf_unit_id, ())),
            tuple(lines.get(_bill_key(head), ())),
            tuple(benefits.get(_bill_key(head), ())),
            tuple(sorted(movements.get(head.account_id, ()), key=_by_day)),
            tuple(row[2] for row in reasons.get(_bill_key(head), ())),
        )
        for head in heads
    ]


def _bill_key(one: BillHead | ExplainedLine | ExplainedBenefit) -> tuple[int, int]:
    return one.account_id, one.bill_no


def _by_day(movement: Movement) -> tuple[date, str, int]:
    return movement.posted_on or date.min, movement.document_kind, movement.document_no or 0


def _rows(session: psycopg.Connection, shape: type, query: str, arguments: list) -> list:
    with session.cursor(row_factory=class_row(shape)) as cursor:
        return cursor.execute(query, arguments).fetchall()


def _chosen(
    session: psycopg.Connection,
    account_no: str,
    account_id: int,
    month: date,
    heads: dict[int, BillHead],
    wanted: int | None,
) -> int:
    """The number of the bill that is meant, or a sentence that says which there are."""
    if wanted in heads:
        return wanted
    if wanted is None and len(heads) == 1:
        return next(iter(heads))
    if heads:
        known = ", ".join(f"{number} ({head.name})" for number, head in sorted(heads.items()))
        said = f"no bill {wanted}" if wanted is not None else f"{len(heads)} bills"
        raise Refusal(f"Account {account_no} has {said} of {month:%Y-%m}; there are {known}; name one with --bill.")
    months = session.execute(
        "SELECT string_agg(m, ', ' ORDER BY m DESC) FROM"
        " (SELECT DISTINCT to_char(booked_month, 'YYYY-MM') AS m FROM ops.bill WHERE account_id = %s) AS known",
        [account_id],
    ).fetchone()[0]
    known = f"it has bills of {months}" if months else "it was never billed; run `wattbook bill` first"
    raise Refusal(f"Account {account_no} has no bill of {month:%Y-%m}; {known}.")


def _by_key(rows: Iterable[Row], key: Callable[[Row], Hashable]) -> dict[Hashable, list[Row]]:
    """Rows of one key together, in the order of the first of each."""
    found: dict[Hashable, list[Row]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return found


def _part_key(line: ExplainedLine) -> tuple[object, ...]:
    return line.span_from, line.span_to, line.tariff_code, line.version_from, line.variant_code


def _span_key(line: ExplainedLine) -> tuple[object, ...]:
    return (
        line.reversed_month, line.reversed_bill_no, line.metering_point_code, line.component, line.energy_basis,
        line.zone_code, line.closing_reading_id, line.told_from,
    )  # fmt: skip


def _how_energy_is_known(line: ExplainedLine) -> str:
    """The readings, or the energy that was told, behind a span."""
    back = f"Takes back bill {line.reversed_bill_no} of {line.reversed_month:%Y-%m}: " if line.reversed_month else ""
    zone = "" if line.zone_code in (ALL_HOURS, "power") else f", zone {line.zone_code}"
    if line.component == "power":
        return f"{back}{line.metering_point_code}: power of {plain(line.power_kw)} kW is ordered."
    if line.closing_reading_id is None:
        told = "" if line.told_kwh is None else f", {plain(line.told_kwh)} kWh from {line.told_from} to {line.told_to}"
        return f"{back}{line.metering_point_code}{zone}: energy told as such ({line.energy_basis}){told}."
    over_zero = f", past zero of {line.digits} digits" if line.passes_zero else ""
    adjusted = f"; adjusted by {plain(line.adjusted_kwh)} = {plain(line.used_kwh)} kWh" if line.adjusted_kwh else ""
    return (
        f"{back}{line.metering_point_code}, meter {line.meter_serial_no}{zone}: "
        f"{plain(line.opening_kwh)} on {line.opening_on} ({line.opening_kind}), "
        f"{plain(line.closing_kwh)} on {line.closing_on} ({line.closing_kind}){over_zero}: "
        f"{plain(line.register_difference_kwh)} x {plain(line.ratio)} = {plain(line.span_energy_kwh)} kWh"
        f"{adjusted}."
    )


def _explain_benefit(one: ExplainedBenefit, line: ExplainedLine, minor_per_major: int) -> str:
    """Which energy of the line has the benefit, and what is multiplied to its sum."""
    if one.norm_kwh is None:
        of_norm = "all consumption"
    else:
        part = "" if one.days == one.days_of_month else f" x {one.days}/{one.days_of_month} days"
        of_norm = f"of the first {plain(one.norm_kwh)} kWh a month{part}"
    product = " x ".join(
        factor_in_words(factor) for factor in factors(replace(line.priced, energy_kwh=one.energy_kwh), minor_per_major)
    )
    return (
        f"Benefit {one.category_name} (grant {one.grant_no}), {of_norm}: {product} x {plain(one.share * 100)} % = "
        f"{money_in_words(one.benefit_minor, minor_per_major)}."
    )


def _days_and_price_list(line: ExplainedLine) -> str:
    """The days of a part, its energy, the volume it begins at and the price list that holds."""
    days = (line.span_to - line.span_from).days
    begins = f", going on at {plain(line.volume_from)} kWh of the month" if line.volume_from else ""
    variant = "" if line.variant_code == "all" else f", variant {line.variant_code}"
    residents = "" if line.persons is None else f", {line.persons} residents"
    scaled = "" if line.bound_factor is None else f", bounds of steps x {plain(line.bound_factor)}{residents}"
    return (
        f"{line.span_from} to {line.span_to} ({days} days): {plain(line.part_kwh)} kWh{begins}; "
        f"tariff {line.tariff_code}{variant} of {line.version_from}, by {line.version_source}{scaled}."
    )


def _next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)
