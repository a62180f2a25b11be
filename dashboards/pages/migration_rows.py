"""The rows behind a reason, an expectation or a contradiction, page by page, what is worth most first."""

from decimal import Decimal
from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboards.pages.asking import Asking
from dashboards.pages.grids import Column, Row, grid
from dashboards.pages.migration_tables import in_language, money_and_energy, scales
from dashboards.pages.migration_words import check_in_words, entity_in_words, reason_in_words, verdict_in_words
from dashboards.pages.scene import ShownInstead
from dashboards.pages.states import state
from dashboards.queries.currency import Currency, currency
from dashboards.queries.migration import may_read_protocols
from dashboards.queries.migration_rows import RowList
from dashboards.words.amounts import Scale, count_scale, number
from dashboards.words.catalogue import Words

PAGE_ROWS = 200


def rows_page(asking: Asking, load: dict[str, Any], chosen: RowList, page: int) -> tuple[str, list[Component]]:
    words, reader = asking.words, asking.reader
    title = asking.text("Migration")
    back = [(asking.text("Back to load {load}", load=chosen.load_id), asking.address.at(str(chosen.load_id)).href)]
    if not may_read_protocols(reader):
        sentence = asking.text(
            "Rows of old programs show names and debts, and you hold neither the right to migrate nor the right to "
            "accept loads; ask an administrator."
        )
        raise ShownInstead(title, state(asking.text("No right here"), sentence, back))
    whole = chosen.whole(reader)
    if whole is None:
        sentence = asking.text("This load has no such rows; choose a reason on its page.")
        raise ShownInstead(title, state(asking.text("Nothing here yet"), sentence, back))
    money = currency(reader)
    name = list_name(words, chosen, whole)
    rows = chosen.rows(reader, limit=PAGE_ROWS, offset=(page - 1) * PAGE_ROWS)
    return f"{name} · {title}", [
        _top_line(asking, load, chosen, name),
        html.P(_message(words, chosen, whole, money), id="message"),
        grid(words, "rows", list_columns(words, chosen, rows, money), [_row(words, row) for row in rows]),
        _pages(asking, chosen, whole["row_count"], page),
    ]


def list_name(words: Words, chosen: RowList, whole: dict[str, Any]) -> str:
    """What the rows have in common, in words."""
    if chosen.kind == "rows":
        return reason_in_words(words, chosen.names[2])
    if chosen.kind == "contradiction":
        return check_in_words(words, chosen.names[0])
    return in_language(words, whole)


def list_columns(words: Words, chosen: RowList, rows: list[dict[str, Any]], money: Currency) -> list[Column]:
    """The columns of a list of rows, on the screen as in a file."""
    columns = [
        Column("legacy_key", words.text("Key in the old program"), width=220),
        Column("file_name", words.text("File"), width=190),
        Column("row_no", words.text("Row"), count_scale(), width=84),
    ]
    if chosen.kind == "contradiction":
        # One check is about one measure, whose name ends with its unit.
        is_money = all(row["measure"].endswith("minor") for row in rows)
        exact = Scale(Decimal(money.minor_per_major if is_money else 1), money.code if is_money else "", 2)
        return [
            *columns,
            Column("stated", words.text("Stated"), exact, width=120),
            Column("expected", words.text("Should be"), exact, width=120),
            Column("difference", words.text("Difference"), exact, width=120),
            Column("sentence", words.text("What is wrong"), width=320),
        ]
    coins, energy = scales(words, rows, money, "amount_minor", "energy_kwh")
    columns += [
        Column("field", words.text("Column"), width=120),
        Column("cell_value", words.text("Value"), width=140),
    ]
    if chosen.kind == "rows":
        columns.append(Column("sentence", words.text("What is wrong"), width=320))
    return [
        *columns,
        Column("energy_kwh", words.text("Energy at stake"), energy, width=104),
        Column("amount_minor", words.text("Money at stake"), coins, width=104),
    ]


def _row(words: Words, row: dict[str, Any]) -> Row:
    """A row without a key of its own, such as one that could not be read, is known by its place."""
    return Row({**row, "legacy_key": row["legacy_key"] or words.text("no key")})


def _message(words: Words, chosen: RowList, whole: dict[str, Any], money: Currency) -> str:
    energy, coins = money_and_energy(words, whole["energy_kwh"], whole["amount_minor"], money)
    count = number(words, whole["row_count"])
    if chosen.kind == "rows":
        return words.text(
            "{count} rows of the kind “{entity}” are {verdict} for this reason; at stake are {energy} and {money}.",
            count=count, entity=entity_in_words(words, chosen.names[0]),
            verdict=verdict_in_words(words, chosen.names[1]), energy=energy, money=coins,
        )  # fmt: skip
    if chosen.kind == "expectation":
        return words.text(
            "{count} rows or groups of rows are not as expected; at stake are {energy} and {money}. They are loaded "
            "all the same where nothing else holds them back.",
            count=count, energy=energy, money=coins,
        )  # fmt: skip
    return words.text(
        "{count} figures of the old program do not follow from its other figures; between what they state and what "
        "they should be are {energy} and {money}. They are loaded as they stand.",
        count=count, energy=energy, money=coins,
    )  # fmt: skip


def _top_line(asking: Asking, load: dict[str, Any], chosen: RowList, name: str) -> Component:
    load_name = asking.text("Load {load} from {directory}", load=load["load_id"], directory=load["directory"])
    crumbs = dmc.Breadcrumbs(
        [
            dmc.Anchor(load_name, href=asking.address.at(str(chosen.load_id)).href, className="crumb"),
            dmc.Text(name, span=True, fw=600, className="crumb crumb-here", id="place-name"),
        ],
        separator="/",
        id="breadcrumb",
        separatorMargin=6,
    )
    download = html.A(
        asking.text("All rows as XLSX"), href="/" + "/".join(("migration-rows", *chosen.steps)), id="download",
        className="protocol-link",
    )  # fmt: skip
    return html.Div(
        [html.Div([crumbs], className="top-line-place"), html.Div([download], className="top-line-choices")],
        className="top-line",
    )


def _pages(asking: Asking, chosen: RowList, row_count: int, page: int) -> Component:
    last = max(1, -(-row_count // PAGE_ROWS))
    parts: list[Any] = [
        asking.text("Page {page} of {last}", page=number(asking.words, page), last=number(asking.words, last))
    ]
    for other, words, name in (
        (page - 1, asking.text("Earlier rows"), "page-before"),
        (page + 1, asking.text("Further rows"), "page-after"),
    ):
        if 1 <= other <= last:
            parts.append(dmc.Anchor(words, href=asking.address.at(*chosen.steps, str(other)).href, id=name))
    return html.Div(parts, className="page-turns", id="pages")
