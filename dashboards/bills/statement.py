"""How does the statement of an account look on paper? Its lines as rows of words and numbers, and the page of them.

Belongs here: which word and which number stands where. Does not belong here: any figure
(`operational_db.accounting.reconciliation`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from dashboards.bills.page import Money, address_line, framed, template
from dashboards.bills.sentences import in_language
from dashboards.bills.words import BillWords
from dashboards.words.amounts import day, exact, month_name
from operational_db.accounting.reconciliation import AccountStatement, StatementLine
from operational_db.tariffs.pricing import ALL_HOURS

NAMED_DOCUMENTS = frozenset(
    {
        "opening_debt",
        "opening_credit",
        "bill",
        "payment",
        "service",
        "benefit",
        "subsidy",
        "penalty",
        "kept_price",
        "act",
    }
)
"""Kinds of documents that the words name; others stand under their own name."""

MONEY_PUT_RIGHT = frozenset({"taken_back", "moved_here", "recognised"})
"""What a document may be besides its kind; each has words of its own."""


@dataclass(frozen=True)
class PrintedLine:
    """A line in words; what does not apply is blank, and a zero is written."""

    day: str
    what: str
    notes: tuple[str, ...]
    article: str
    is_document: bool
    energy: str
    charged: str
    paid: str
    balance: str


@dataclass(frozen=True)
class PrintedStatement:
    """What stands on the page, ready to be set."""

    period: str
    article: str
    facts: list[tuple[str, str]]
    has_articles: bool
    first: str
    opening: str
    lines: list[PrintedLine]
    charged: str
    paid: str
    last: str
    closing: str
    printed: str


def render_statement(statement: AccountStatement, words: BillWords, printed_on: date) -> str:
    """One self-contained HTML page."""
    piece = template("statement.html.j2").render(
        s=set_statement(statement, words, printed_on), w=words, currency=statement.currency
    )
    return framed(words, f"{words.text('statement')}, {statement.account_no}", [piece])


def set_statement(statement: AccountStatement, words: BillWords, printed_on: date) -> PrintedStatement:
    """Sets the statement in the words and numbers of the language."""
    money = Money(words, statement.minor_per_major)
    articles = {line.article_code for line in statement.lines if line.line_kind == "document"}
    return PrintedStatement(
        period=period_in_words(statement, words),
        article=words.named("article", statement.article_code or "all"),
        facts=list(facts(statement, words)),
        has_articles=len(articles) > 1,
        first="" if statement.from_day is None else day(words, statement.from_day),
        opening=money(statement.opening_minor),
        lines=[_line(line, words, money) for line in statement.lines],
        charged=money(statement.charged_minor),
        paid=money(statement.paid_minor),
        last="" if statement.to_day is None else day(words, last_day(statement.to_day)),
        closing=money(statement.closing_minor),
        printed=words.text("st_printed", when=day(words, printed_on)),
    )


def facts(statement: AccountStatement, words: BillWords) -> Iterator[tuple[str, str]]:
    """Whose account it is, and what is left of subsidies; what the book does not know takes no line."""
    yield words.text("account"), statement.account_no
    holder, address = statement.addressee.holder_name, address_line(statement.addressee, words)
    if holder:
        yield words.text("consumer"), holder
    if address:
        yield words.text("address"), address
    if statement.unused_subsidy_minor:
        money = Money(words, statement.minor_per_major)
        yield words.text("st_unused"), f"{money(statement.unused_subsidy_minor)} {statement.currency}"


def period_in_words(statement: AccountStatement, words: BillWords) -> str:
    """First and last day; what is exclusive in the book is not on paper."""
    parts = []
    if statement.from_day is not None:
        parts.append(words.text("st_since", first=day(words, statement.from_day)))
    if statement.to_day is not None:
        parts.append(words.text("st_until", last=day(words, last_day(statement.to_day))))
    return " ".join(parts) or words.text("st_whole")


def last_day(to_day: date) -> date:
    return to_day - timedelta(days=1)


def what_happened(line: StatementLine, words: BillWords, money: Money) -> str:
    """The line in words."""
    if line.line_kind == "subsidy":
        return words.text(
            f"st_subsidy_{line.kind}",
            month=month_name(words, line.for_month),
            amount=money(line.accrued_minor),
            reference=line.external_id,
        )
    if line.line_kind == "reading":
        zone = "" if line.zone_code in (None, ALL_HOURS) else f", {words.named('zone', line.zone_code)}"
        meter = f", {words.text('st_meter', meter=line.serial_no)}" if line.serial_no else ""
        told = words.text("st_reading", value=exact(words, line.value_kwh), kind=words.named("stated", line.kind))
        return f"{told}{zone}{meter}"
    if line.line_kind == "operation":
        told = "st_operation_new" if line.new_serial_no else "st_operation"
        return words.text(
            told, meter=line.serial_no, kind=words.named("operation", line.kind), new_meter=line.new_serial_no
        )
    if line.line_kind == "imaginary":
        told = words.text("st_imaginary", number=line.document_no, month=month_name(words, line.booked_month))
        return words.text("st_taken_back", what=told) if line.kind == "reversing" else told
    return _document(line, words)


def notes(line: StatementLine, words: BillWords, money: Money) -> Iterator[str]:
    """What else must be known of the line: state of a reading, why it was corrected, what it takes back, what is left
    of subsidies."""
    if line.line_kind == "document" and line.document_on != line.stands_on:
        yield words.text("st_document_of", day=day(words, line.document_on))
    for month, number in zip(line.reversed_months or (), line.reversed_bill_nos or (), strict=True):
        yield words.text("takes_back_bill", number=number, month=month_name(words, month))
    if line.state == "undone":
        yield words.text("st_undone")
    elif line.state in ("quarantined", "cancelled", "superseded"):
        yield words.named("event", line.state)
    if line.unused_minor is not None:
        yield words.text("st_unused_subsidy", amount=money(line.unused_minor))
    if line.reason:
        yield from (in_language(words, reason) for reason in line.reason.splitlines())


def _document(line: StatementLine, words: BillWords) -> str:
    known = line.document_kind in NAMED_DOCUMENTS
    told = words.text(
        f"st_{line.document_kind}" if known else "st_other",
        number=line.document_no,
        month=month_name(words, line.booked_month),
        kind=words.named("kind", line.kind) if line.document_kind == "bill" else _own_name(line),
        channel=words.named("channel", line.channel_code or ""),
        reference=line.external_id or "",
    )
    return words.text(f"st_{line.kind}", what=told) if line.kind in MONEY_PUT_RIGHT else told


def _own_name(line: StatementLine) -> str:
    return (line.document_kind or "").replace("_", " ")


def _line(line: StatementLine, words: BillWords, money: Money) -> PrintedLine:
    moved = line.amount_minor
    return PrintedLine(
        day=day(words, line.stands_on),
        what=what_happened(line, words, money),
        notes=tuple(notes(line, words, money)),
        article=words.named("article", line.article_code or ""),
        is_document=line.line_kind == "document",
        energy="" if line.energy_kwh is None else exact(words, line.energy_kwh),
        charged=money(moved) if moved is not None and line.is_debt else "",
        paid=money(-moved) if moved is not None and not line.is_debt else "",
        balance=money(line.balance_minor),
    )
