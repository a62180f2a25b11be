"""How does a bill look on paper? An explained bill as rows of words and numbers, and the HTML page made of them.

Belongs here: which word and which number stands where. Does not belong here: any figure (`operational_db.billing`), or
turning a page into PDF (`paper`).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from dashboards.bills.sentences import in_language
from dashboards.bills.words import BillWords
from dashboards.words.amounts import day, exact, month_name, number
from operational_db.billing.explanation import BillExplanation, BillHead, ExplainedBenefit, ExplainedLine
from operational_db.billing.routes import LeftOut
from operational_db.tariffs.explanation import Factor, factors
from operational_db.tariffs.pricing import ALL_HOURS, STANDARD_VARIANT, PricedLine

MEASURED_KINDS = frozenset({"opening", "round", "control", "removal", "half_hours"})
"""Readings that need no word beside them: somebody read the meter."""

DOCUMENTS = frozenset(
    {"bill", "payment", "service", "benefit", "penalty", "kept_price", "subsidy", "opening_debt", "opening_credit"}
)
"""Kinds of documents that the words name."""


@dataclass(frozen=True)
class PrintedBill:
    """What stands on the page, ready to be set."""

    title: str
    supplier: str
    facts: list[tuple[str, str]]
    charge: str
    vat: str
    energy: str
    benefit: str
    less_benefit: str
    to_pay: str
    is_zoned: bool
    is_metered: bool
    has_points: bool
    readings: list[dict[str, object]]
    notes: list[str]
    parts: list[dict[str, object]]
    benefits: list[dict[str, str]]
    prices: list[dict[str, str]]
    balance_title: str
    balance: list[tuple[str, str, str]]
    foot: list[str]


def render_page(bills: Iterable[BillExplanation], words: BillWords, printed_on: date) -> str:
    """One self-contained HTML page with these bills, each beginning on a sheet of its own."""
    return framed(words, words.text("bill"), rendered_bills(bills, words, printed_on))


def rendered_bills(bills: Iterable[BillExplanation], words: BillWords, printed_on: date) -> list[str]:
    """Each bill as a piece of a page."""
    one_bill = template("bill.html.j2")
    return [one_bill.render(b=set_bill(bill, words, printed_on), w=words, currency=bill.currency) for bill in bills]


def framed(words: BillWords, title: str, pieces: list[str]) -> str:
    """A page around its pieces, which needs nothing from outside."""
    style = (Path(__file__).parent / "bill.css").read_text(encoding="utf-8")
    return template("frame.html.j2").render(title=title, style=style, language=words.locale, bodies=pieces)


def template(name: str) -> Template:
    """A template beside this file."""
    return _environment().get_template(name)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def set_bill(bill: BillExplanation, words: BillWords, printed_on: date) -> PrintedBill:
    """Sets the bill in the words and numbers of the language."""
    money = Money(words, bill.minor_per_major)
    month = month_name(words, bill.month)
    energy_spans = [parts for parts in bill.spans if parts[0][0].component == "energy"]
    return PrintedBill(
        title=words.text("bill_of", number=bill.head.bill_no, month=month),
        supplier=bill.unit_path[0] if bill.unit_path else "",
        facts=list(_facts(bill, words)),
        charge=money(bill.head.charge_minor),
        vat=money(bill.head.vat_minor),
        energy=exact(words, bill.head.energy_kwh),
        benefit=money(bill.benefit_minor),
        less_benefit=f"{'−' if bill.benefit_minor >= 0 else '+'} {money(abs(bill.benefit_minor))}",
        to_pay=money(bill.to_pay_minor),
        is_zoned=any(parts[0][0].zone_code != ALL_HOURS for parts in energy_spans),
        is_metered=any(parts[0][0].closing_reading_id is not None for parts in energy_spans),
        has_points=len({line.metering_point_code for line in bill.lines}) > 1,
        readings=[_reading_row(parts, words) for parts in energy_spans],
        notes=list(_notes(bill, words)),
        parts=[_part_row(part, words, money) for parts in bill.spans for part in parts],
        benefits=[_benefit_row(line, one, words, money) for line in bill.lines for one in bill.benefits_of(line)],
        prices=list(_prices(bill, words)),
        balance_title=words.text("balance", month=month),
        balance=list(_balance(bill, words, money)),
        foot=list(_foot(bill, words, printed_on)),
    )


class Money:
    """Writes sums of the smallest coin in the currency's main unit."""

    def __init__(self, words: BillWords, minor_per_major: int) -> None:
        self.words = words
        self.minor_per_major = minor_per_major
        self.decimals = len(str(minor_per_major)) - 1

    def __call__(self, minor: int) -> str:
        return number(self.words, Decimal(minor) / self.minor_per_major, self.decimals)


def days_between(words: BillWords, span_from: date, span_to: date) -> str:
    """First and last day; what is exclusive in the book is not on paper."""
    return f"{day(words, span_from)}–{day(words, span_to - timedelta(days=1))}"


def address_line(at: BillHead | LeftOut, words: BillWords) -> str:
    """As people write it: place, street and house, building, flat."""
    between = " " if at.street_name else ", "
    return between.join(part for part in (street_line(at), house_line(at, words)) if part)


def street_line(at: BillHead | LeftOut) -> str:
    return ", ".join(part for part in (at.locality, at.street_name) if part)


def house_line(at: BillHead | LeftOut, words: BillWords) -> str:
    parts = [f"{at.house or ''}{at.house_letter or ''}"]
    if at.building:
        parts.append(f"{words.text('building')} {at.building}")
    if at.flat:
        parts.append(f"{words.text('flat')} {at.flat}")
    return ", ".join(part for part in parts if part)


def _facts(bill: BillExplanation, words: BillWords) -> Iterator[tuple[str, str]]:
    """Who is billed; what the book does not know takes no line."""
    yield words.text("account"), bill.head.account_no
    for name, fact in (
        ("consumer", bill.head.holder_name or ""),
        ("address", address_line(bill.head, words)),
        ("unit", " › ".join(bill.unit_path[1:])),
    ):
        if fact:
            yield words.text(name), fact
    points = {line.metering_point_code for line in bill.lines}
    if len(points) == 1:  # several stand beside what each counted
        yield words.text("point"), *points
    yield words.text("kind"), words.named("kind", bill.head.kind)


def _reading_row(parts: list[list[ExplainedLine]], words: BillWords) -> dict[str, object]:
    line = parts[0][0]
    is_metered = line.closing_reading_id is not None
    if is_metered:
        began, ended, energy_kwh = line.opening_on, line.closing_on, line.used_kwh
        from_, to = (
            _reading(line.opening_on, line.opening_kwh, line.opening_kind, words),
            _reading(line.closing_on, line.closing_kwh, line.closing_kind, words),
        )
    else:
        began = line.told_from or min(part[0].span_from for part in parts)
        ended = line.told_to or max(part[0].span_to for part in parts)
        # Energy told as such may be told for all zones together: the row is of the zone.
        energy_kwh = sum((abs(part[0].part_kwh) for part in parts), Decimal(0))
        from_, to = (day(words, began), ""), (day(words, ended), "")
    marks = []
    if line.reversed_month is not None:
        reversed_month = month_name(words, line.reversed_month)
        marks.append(words.text("takes_back_bill", number=line.reversed_bill_no, month=reversed_month))
    if is_metered and line.adjusted_kwh:
        marks.append(words.text("adjusted", energy=exact(words, line.adjusted_kwh)))
    told = words.text("told_as_such", basis=words.named("basis", line.energy_basis))
    return {
        "point": line.metering_point_code,
        "meter": line.meter_serial_no or told,
        "zone": words.named("zone", line.zone_code),
        "from": from_,
        "to": to,
        "days": str((ended - began).days),
        "difference": exact(words, line.register_difference_kwh) if is_metered else "",
        "ratio": exact(words, line.ratio) if is_metered else "",
        "energy": exact(words, energy_kwh),
        "mark": "; ".join(marks),
    }


def _reading(on: date, value_kwh: Decimal, kind: str, words: BillWords) -> tuple[str, str]:
    """The value with its day, and a word for a value that nobody of the supplier read."""
    doubt = "" if kind in MEASURED_KINDS else f"({words.named('reading', kind)})"
    return f"{day(words, on)}: {exact(words, value_kwh)}", doubt


def _notes(bill: BillExplanation, words: BillWords) -> Iterator[str]:
    for reason in bill.reasons:
        yield in_language(words, reason)
    for parts in bill.spans:
        line = parts[0][0]
        if line.passes_zero:
            turn = Decimal(10) ** line.digits
            counted = (
                f"{exact(words, turn)} + {exact(words, line.closing_kwh)} − {exact(words, line.opening_kwh)} = "
                f"{exact(words, line.register_difference_kwh)}"
            )
            yield words.text("passed_zero", sum=counted)
        if line.not_commercial_count:
            yield words.text("not_commercial", count=line.not_commercial_count)
    if not all(line.is_verified for line in bill.lines):
        yield words.text("unverified_note")


def _part_row(part: list[ExplainedLine], words: BillWords, money: Money) -> dict[str, object]:
    first = part[0]
    return {
        "point": first.metering_point_code,
        "period": days_between(words, first.span_from, first.span_to),
        "zone": words.named("zone", first.zone_code),
        "grounds": list(_grounds(first, words)),
        "lines": [
            {
                "step": _step(line, words),
                "product": _product(line.priced, words, money),
                "charge": money(line.charge_minor),
                "vat": money(line.vat_minor),
            }
            for line in part
        ],
    }


def _benefit_row(line: ExplainedLine, one: ExplainedBenefit, words: BillWords, money: Money) -> dict[str, str]:
    if one.norm_kwh is None:
        of_norm = words.text("benefit_of_all")
    elif one.days == one.days_of_month:
        of_norm = words.text("benefit_of_norm", norm=exact(words, one.norm_kwh))
    else:
        of_norm = words.text("benefit_of_days", norm=exact(words, one.norm_kwh), part=one.days, whole=one.days_of_month)
    return {
        "category": f"{one.category_name}: {of_norm}",
        "period": days_between(words, max(line.span_from, one.days_from), min(line.span_to, one.days_to)),
        "product": _product(replace(line.priced, energy_kwh=one.energy_kwh), words, money),
        "full": money(one.full_minor),
        "share": f"{exact(words, one.share * 100)}\N{NO-BREAK SPACE}%",
        "benefit": money(one.benefit_minor),
    }


def _product(line: PricedLine, words: BillWords, money: Money) -> str:
    return " × ".join(_factor(one, words) for one in factors(line, money.minor_per_major))


def _grounds(line: ExplainedLine, words: BillWords) -> Iterator[str]:
    """What else the clerk must know to follow the lines of a part, which begin with this one."""
    if line.component != "energy":
        return
    days = (line.span_to - line.span_from).days
    if not line.is_whole_span:
        began, ended = line.opening_on or line.told_from, line.closing_on or line.told_to
        yield words.text(
            "spread",
            part=days,
            whole=(ended - began).days,
            energy=exact(words, line.part_kwh),
        )
    if line.persons is not None:
        yield words.text("residents", count=line.persons)
    if line.step_basis == "contract_month" and line.contracted_kwh is not None:
        yield words.text("contracted", energy=exact(words, line.contracted_kwh))
    if line.step_basis in ("thirty_days", "month_days"):
        yield words.text("by_days", count=days)
    if line.step_mode == "whole":
        yield words.text("whole_volume")
    elif line.volume_from:
        yield words.text("volume_before", energy=exact(words, line.volume_from))
    # Zones share bounds, so there is something to share only where the price has steps.
    if line.part_kwh != line.zones_kwh and (line.up_to_kwh is not None or line.over_kwh):
        yield words.text("zone_share", part=exact(words, line.part_kwh), whole=exact(words, line.zones_kwh))


def _step(line: ExplainedLine, words: BillWords) -> str:
    if line.component == "power":
        return ""
    if line.up_to_kwh is None:
        return words.text("step_above", over=exact(words, line.over_kwh)) if line.over_kwh else words.text("step_any")
    return words.text("step_up_to", over=exact(words, line.over_kwh), up_to=exact(words, line.up_to_kwh))


def _factor(factor: Factor, words: BillWords) -> str:
    unit = f"\N{NO-BREAK SPACE}{words.text('unit_' + factor.unit.replace(' ', '_'))}" if factor.unit else ""
    divisor = f"\N{NO-BREAK SPACE}/\N{NO-BREAK SPACE}{factor.divisor}" if factor.divisor is not None else ""
    return f"{exact(words, factor.value)}{unit}{divisor}"


def _prices(bill: BillExplanation, words: BillWords) -> Iterator[dict[str, str]]:
    """Each price list of the bill once: code, days in force, VAT, source."""
    used = {(line.tariff_code, line.version_from, line.variant_code, line.season_code): line for line in bill.lines}
    for line in used.values():
        until = "…" if line.version_to is None else day(words, line.version_to - timedelta(days=1))
        is_standard = line.variant_code == STANDARD_VARIANT
        variant = "" if is_standard else f" ({words.named('variant', line.variant_code)})"
        rate = f"{exact(words, line.vat_rate * 100)} %"
        yield {
            "tariff": f"{words.named('tariff', line.tariff_code)}{variant}",
            "in_force": f"{day(words, line.version_from)}–{until}",
            "source": _law(line.version_source),
            "vat": f"{words.text('with_vat' if line.price_includes_vat else 'without_vat')} {rate}",
        }


def _law(source: str) -> str:
    """The law that the source cites, without the remarks of those who entered it, which `wattbook explain` tells.

    Empty where it cites no more than a document of the supplier's own.
    """
    cited = _MARKS.sub("", source.partition(";")[0]).strip()
    return "" if cited.startswith("domain ") else cited


_MARKS = re.compile(r"\s*\[\w+\]")


def _balance(bill: BillExplanation, words: BillWords, money: Money) -> Iterator[tuple[str, str, str]]:
    """What was owed, what moved it, what is owed: day, words, sum."""
    before, after = bill.balance_before_minor, bill.balance_after_minor
    next_month = (bill.month + timedelta(days=31)).replace(day=1)
    yield (
        "",
        words.text("owed_before" if before >= 0 else "in_advance_before", day=day(words, bill.month)),
        money(abs(before)),
    )
    for movement in bill.movements:
        if movement.document_kind == "before":
            continue
        name = f"doc_{movement.document_kind}" if movement.document_kind in DOCUMENTS else "doc_other"
        told = words.text(name, kind=movement.document_kind.replace("_", " "), number=movement.document_no)
        if movement.document_kind in ("bill", "benefit") and movement.document_no == bill.head.bill_no:
            told += f" ({words.text('this_bill')})"
        yield day(words, movement.posted_on), told, money(movement.amount_minor)
    told = words.text("owed_after" if after >= 0 else "in_advance_after", day=day(words, next_month))
    if not bill.head.is_closed:
        told += f" ({words.text('so_far')})"
    yield "", told, money(abs(after))


def _foot(bill: BillExplanation, words: BillWords, printed_on: date) -> Iterator[str]:
    head = bill.head
    if head.posted_at is not None:
        yield words.text(
            "posted", when=day(words, head.posted_at.date()), run=head.bill_run_id, who=head.posted_by or ""
        )
    yield words.text("printed", when=day(words, printed_on))
