"""Migration: what became of every row of a load, why, and how much energy and money is at stake."""

from collections.abc import Iterable
from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboards.pages.asking import Asking
from dashboards.pages.grids import Column, Row, grid
from dashboards.pages.migration_words import entity_in_words, reason_in_words, status_in_words, verdict_in_words
from dashboards.pages.scene import ShownInstead
from dashboards.pages.states import state
from dashboards.queries.currency import Currency, currency
from dashboards.queries.migration import loads, reasons, rows_by_file
from dashboards.words.amounts import Scale, amount, count_scale, energy_scale, money_scale, number, share_scale
from dashboards.words.catalogue import Words

_COUNT_COLUMNS = ("read_count", "loaded_count", "merged_count", "rejected_count", "out_of_scope_count")


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
    wanted = asking.address.steps[0]
    load = next((load for load in found if str(load["load_id"]) == wanted), None)
    if load is None:
        links = [(_load_name(asking, other), asking.address.at(str(other["load_id"])).href) for other in found[:10]]
        sentence = asking.text('There is no load "{load}". These there are:', load=wanted)
        raise ShownInstead(title, state(asking.text("Nothing here yet"), sentence, links))
    return f"{title} · {wanted}", _load_page(asking, found, load)


def _load_page(asking: Asking, found: list[dict[str, Any]], load: dict[str, Any]) -> list[Component]:
    words, money = asking.words, currency(asking.reader)
    files, why = rows_by_file(asking.reader, load["load_id"]), reasons(asking.reader, load["load_id"])
    return [
        _top_line(asking, found, load),
        html.P(_message(words, load, money), id="message"),
        _tiles(words, load, money),
        dmc.Title(words.text("Why rows were not loaded as they stood"), order=2, size="h4", className="table-title"),
        _reason_table(words, why, money),
        dmc.Title(words.text("What became of the rows of each file"), order=2, size="h4", className="table-title"),
        _file_table(words, load, files, money),
    ]


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


def _message(words: Words, load: dict[str, Any], money: Currency) -> str:
    coins, energy = _scales(words, [load], money, "rejected_minor", "rejected_kwh")
    counts = {column: number(words, load[column]) for column in _COUNT_COLUMNS}
    sentence = words.text(
        "Of {read_count} rows read, {loaded_count} were loaded, {merged_count} merged into others, {rejected_count} "
        "rejected, {out_of_scope_count} out of scope.",
        **counts,
    )
    if not load["rejected_count"]:
        return sentence
    return f"{sentence} " + words.text(
        "At stake in the rejected rows: {energy} and {money}.",
        energy=f"{amount(words, load['rejected_kwh'], energy)} {energy.unit}",
        money=f"{amount(words, load['rejected_minor'], coins)} {coins.unit}",
    )


def _tiles(words: Words, load: dict[str, Any], money: Currency) -> Component:
    coins, energy = _scales(words, [load], money, "rejected_minor", "rejected_kwh")
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
                    html.Span(amount(words, load[key], scale), id=f"tile-{key}", className="tile-value"),
                    html.Span(scale.unit, className="tile-unit"),
                ],
                className="tile",
            )
            for key, title, scale in tiles
        ],
        className="tiles",
    )


def _reason_table(words: Words, why: list[dict[str, Any]], money: Currency) -> Component:
    coins, energy = _scales(words, why, money, "amount_minor", "energy_kwh")
    columns = [
        Column("reason", words.text("Reason"), width=270),
        Column("reason_code", words.text("Code"), width=180),
        Column("entity", words.text("Kind of fact"), width=170),
        Column("verdict", words.text("Verdict"), width=110),
        Column("file_count", words.text("Files"), count_scale()),
        Column("row_count", words.text("Rows"), count_scale()),
        Column("energy_kwh", words.text("Energy at stake"), energy),
        Column("amount_minor", words.text("Money at stake"), coins),
    ]
    rows = [
        Row(
            {
                **row,
                "reason": reason_in_words(words, row["reason_code"]),
                "entity": entity_in_words(words, row["entity"]),
                "verdict": verdict_in_words(words, row["verdict"]),
            }
        )
        for row in why
    ]
    return grid(words, "reasons", columns, rows)


def _file_table(words: Words, load: dict[str, Any], files: list[dict[str, Any]], money: Currency) -> Component:
    coins, energy = _scales(words, [load], money, "rejected_minor", "rejected_kwh")
    columns = [
        Column("file_name", words.text("File"), width=220),
        Column("entity", words.text("Kind of fact"), width=170),
        Column("read_count", words.text("Read"), count_scale(), width=96),
        Column("loaded_count", words.text("Loaded"), count_scale(), width=96),
        Column("merged_count", words.text("Merged"), count_scale(), width=96),
        Column("rejected_count", words.text("Rejected"), count_scale(), width=96),
        Column("out_of_scope_count", words.text("Out of scope"), count_scale(), width=96),
        Column("rejected_share", words.text("Rejected share"), share_scale(2), width=96),
        Column("rejected_kwh", words.text("Energy at stake"), energy, width=96),
        Column("rejected_minor", words.text("Money at stake"), coins, width=96),
    ]
    total = Row({**load, "file_name": words.text("Total")})
    return grid(
        words,
        "files",
        columns,
        [Row({**row, "entity": entity_in_words(words, row["entity"])}) for row in files],
        total=total,
    )


def _scales(
    words: Words, rows: Iterable[dict[str, Any]], money: Currency, money_column: str, energy_column: str
) -> tuple[Scale, Scale]:
    known = list(rows)
    coins = money_scale(words, (row[money_column] for row in known), money.code, money.minor_per_major)
    return coins, energy_scale(words, (row[energy_column] for row in known))
