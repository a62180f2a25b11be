"""Migration: what came with a load, what is in the book, what is not and why, what it is worth, what blocks signing.

The story in sentences is in `migration_story`, the tables in `migration_tables`, single rows in `migration_rows`.
"""

from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboards.pages.asking import Asking
from dashboards.pages.migration_rows import rows_page
from dashboards.pages.migration_story import blocks, message
from dashboards.pages.migration_tables import (
    cell_bars,
    cell_table,
    contradiction_table,
    expectation_table,
    file_table,
    kind_table,
    reason_table,
    scales,
    signature_table,
)
from dashboards.pages.migration_words import status_in_words
from dashboards.pages.scene import ShownInstead
from dashboards.pages.states import state
from dashboards.queries.currency import Currency, currency
from dashboards.queries.migration import loads, may_read_protocols, reasons, rows_by_file, rows_by_kind
from dashboards.queries.migration_quality import (
    cells_by_column,
    cells_by_file,
    contradictions,
    expectations,
    signatures,
)
from dashboards.queries.migration_rows import row_list
from dashboards.words.amounts import amount, count_scale
from dashboards.words.catalogue import Words


def migration_page(asking: Asking) -> tuple[str, list[Component]]:
    title = asking.text("Migration")
    found = loads(asking.reader)
    if not found:
        sentence = asking.text(
            "No load has been migrated yet: run `make demo` for synthetic files, or `wattbook migrate DIR` for your "
            "own, then `wattbook build`."
        )
        raise ShownInstead(title, state(asking.text("Nothing here yet"), sentence))
    if not asking.address.steps:
        return title, _load_page(asking, found, found[0])
    wanted, *steps = asking.address.steps
    load = next((load for load in found if str(load["load_id"]) == wanted), None)
    if load is None:
        links = [(_load_name(asking, other), asking.address.at(str(other["load_id"])).href) for other in found[:10]]
        sentence = asking.text('There is no load "{load}". These there are:', load=wanted)
        raise ShownInstead(title, state(asking.text("Nothing here yet"), sentence, links))
    if not steps:
        return f"{title} · {wanted}", _load_page(asking, found, load)
    chosen = row_list(load["load_id"], tuple(steps))
    if chosen is None:
        sentence = asking.text("The address names no rows of this load; choose a reason on its page.")
        links = [(_load_name(asking, load), asking.address.at(wanted).href)]
        raise ShownInstead(title, state(asking.text("Nothing here yet"), sentence, links))
    return rows_page(asking, load, *chosen)


def _load_page(asking: Asking, found: list[dict[str, Any]], load: dict[str, Any]) -> list[Component]:
    words, reader, load_id = asking.words, asking.reader, load["load_id"]
    money = currency(reader)
    why, expected, signed = reasons(reader, load_id), expectations(reader, load_id), signatures(reader, load_id)
    may_read = may_read_protocols(reader)
    return [
        _top_line(asking, found, load),
        html.P(message(asking, load, why, money, may_read=may_read), id="message"),
        html.P(blocks(asking, load, expected, signed), id="blocks", className="second-message"),
        _tiles(words, load, money),
        _heading(words.text("What came, and what of it is in the book")),
        kind_table(words, load, rows_by_kind(reader, load_id), money),
        _heading(words.text("What became of the rows of each file")),
        file_table(words, load, rows_by_file(reader, load_id), money),
        _heading(words.text("Why rows were not loaded as they stood")),
        reason_table(asking, load, why, money, may_read=may_read)
        if why
        else html.P(words.text("Every row was loaded as it stood.")),
        *_cells(asking, load_id),
        *_contradictions(asking, load, money, may_read=may_read),
        _heading(words.text("What was expected of the rows")),
        expectation_table(asking, load, expected, money, may_read=may_read)
        if expected
        else html.P(
            words.text(
                "What is expected of this load was not judged yet: run `wattbook expectations --protocol {protocol}`, "
                "then `wattbook build`.",
                protocol=load["protocol_id"],
            )
        ),
        _heading(words.text("Signatures")),
        signature_table(words, signed),
    ]


def _cells(asking: Asking, load_id: int) -> list[Component]:
    words = asking.words
    by_file = cells_by_file(asking.reader, load_id)
    heading = _heading(words.text("What became of every cell"))
    if not by_file:
        return [heading, html.P(words.text("No ledger of cells was kept for this load."))]
    return [
        heading,
        cell_bars(words, by_file),
        _heading(words.text("Cells by column, rejected first")),
        cell_table(words, cells_by_column(asking.reader, load_id)),
    ]


def _contradictions(asking: Asking, load: dict[str, Any], money: Currency, *, may_read: bool) -> list[Component]:
    words = asking.words
    found = contradictions(asking.reader, load["load_id"])
    return [
        _heading(words.text("Figures that the dump itself contradicts")),
        contradiction_table(asking, load, found, money, may_read=may_read)
        if found
        else html.P(words.text("The dump contradicts none of its own figures.")),
    ]


def _heading(title: str) -> Component:
    return dmc.Title(title, order=2, size="h4", className="table-title")


def _top_line(asking: Asking, found: list[dict[str, Any]], load: dict[str, Any]) -> Component:
    others = [
        dmc.Anchor(_load_name(asking, other), href=asking.address.at(str(other["load_id"])).href)
        for other in found[:6]
        if other is not load
    ]
    return html.Div(
        [
            html.Div(
                [
                    dmc.Text(_load_name(asking, load), fw=600, span=True, id="place-name"),
                    html.Span(status_in_words(asking.words, load["status"]), className="mark", id="load-status"),
                ],
                className="top-line-place",
            ),
            html.Div(
                [
                    *others,
                    html.A(
                        asking.text("Protocol"),
                        href=f"/protocol/{load['protocol_id']}",
                        target="_blank",
                        id="protocol",
                        className="protocol-link",
                    ),
                ],
                className="top-line-choices",
            ),
        ],
        className="top-line",
    )  # fmt: skip


def _load_name(asking: Asking, load: dict[str, Any]) -> str:
    return asking.text("Load {load} from {directory}", load=load["load_id"], directory=load["directory"])


def _tiles(words: Words, load: dict[str, Any], money: Currency) -> Component:
    coins, energy = scales(words, [load], money, "rejected_minor", "rejected_kwh")
    rows = count_scale(words.text("rows"))
    tiles = [
        ("read_count", words.text("Read"), rows),
        ("loaded_count", words.text("Loaded"), rows),
        ("merged_count", words.text("Merged"), rows),
        ("rejected_count", words.text("Rejected"), rows),
        ("rejected_kwh", words.text("Energy at stake"), energy),
        ("rejected_minor", words.text("Money at stake"), coins),
    ]
    return html.Div(
        [
            html.Div(
                [
                    dmc.Text(title, className="tile-title"),
                    html.Div(
                        [
                            html.Span(amount(words, load[key], scale), id=f"tile-{key}", className="tile-value"),
                            html.Span(scale.unit, className="tile-unit"),
                        ]
                    ),
                ],
                className="tile",
            )
            for key, title, scale in tiles
        ],
        className="tiles",
    )
