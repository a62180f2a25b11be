"""The tables of a load: kinds of facts, files, reasons, cells, contradictions, expectations, signatures."""

from collections.abc import Iterable
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboards.pages.asking import Asking
from dashboards.pages.grids import Column, Row, grid
from dashboards.pages.migration_words import (
    check_in_words,
    entity_in_words,
    event_in_words,
    reason_in_words,
    result_in_words,
    verdict_in_words,
)
from dashboards.queries.currency import Currency
from dashboards.words.amounts import Amount, Scale, amount, count_scale, energy_scale, money_scale, share_scale
from dashboards.words.catalogue import Words

_BARS_SHOWN = 24


def scales(
    words: Words, rows: Iterable[dict[str, Any]], money: Currency, money_column: str, energy_column: str
) -> tuple[Scale, Scale]:
    known = list(rows)
    coins = money_scale(words, (row[money_column] for row in known), money.code, money.minor_per_major)
    return coins, energy_scale(words, (row[energy_column] for row in known))


def money_and_energy(words: Words, kwh: Amount, minor: Amount, money: Currency) -> tuple[str, str]:
    """Both with their units, for a sentence."""
    energy, coins = energy_scale(words, [kwh]), money_scale(words, [minor], money.code, money.minor_per_major)
    return f"{amount(words, kwh, energy)} {energy.unit}", f"{amount(words, minor, coins)} {coins.unit}"


def in_language(words: Words, row: dict[str, Any]) -> str:
    """The sentence of an expectation, which is data in two languages, without its full stop."""
    return (row.get(f"sentence_{words.locale}") or row["sentence_en"]).rstrip(".")


def rows_href(asking: Asking, load: dict[str, Any], reason: dict[str, Any]) -> str:
    steps = (str(load["load_id"]), "rows", reason["entity"], reason["verdict"], reason["reason_code"])
    return asking.address.at(*steps).href


def kind_table(words: Words, load: dict[str, Any], kinds: list[dict[str, Any]], money: Currency) -> Component:
    coins, energy = scales(words, kinds, money, "amount_minor", "energy_kwh")
    columns = [
        Column("entity", words.text("Kind of fact"), width=220),
        *_count_columns(words),
        Column("energy_kwh", words.text("Energy that came"), energy, width=104),
        Column("rejected_kwh", words.text("of it rejected"), energy, width=96),
        Column("amount_minor", words.text("Money that came"), coins, width=104),
        Column("rejected_minor", words.text("of it rejected"), coins, width=96),
    ]
    rows = [
        Row(
            {
                **kind,
                "entity": entity_in_words(words, kind["entity"]),
                # Kinds of facts without energy or money say nothing of them.
                "rejected_kwh": None if kind["energy_kwh"] is None else kind["rejected_kwh"],
                "rejected_minor": None if kind["amount_minor"] is None else kind["rejected_minor"],
            }
        )
        for kind in kinds
    ]
    # Charges, payments and debts are not added up with each other: a sum of them is nobody's money.
    total = {column: load[column] for column, _ in _COUNTS}
    return grid(words, "kinds", columns, rows, total=Row({**total, "entity": words.text("Total")}))


_COUNTS = (
    ("read_count", "Read"), ("loaded_count", "Loaded"), ("merged_count", "Merged"), ("rejected_count", "Rejected"),
    ("out_of_scope_count", "Out of scope"),
)  # fmt: skip


def _count_columns(words: Words) -> list[Column]:
    heads = (
        words.text("Read"), words.text("Loaded"), words.text("Merged"), words.text("Rejected"),
        words.text("Out of scope"),
    )  # fmt: skip
    return [Column(column, head, count_scale(), width=96) for (column, _), head in zip(_COUNTS, heads, strict=True)]


def file_table(words: Words, load: dict[str, Any], files: list[dict[str, Any]], money: Currency) -> Component:
    coins, energy = scales(words, [load], money, "rejected_minor", "rejected_kwh")
    columns = [
        Column("file_name", words.text("File"), width=220),
        Column("entity", words.text("Kind of fact"), width=170),
        *_count_columns(words),
        Column("rejected_share", words.text("Rejected share"), share_scale(2), width=96),
        Column("rejected_kwh", words.text("Energy at stake"), energy, width=96),
        Column("rejected_minor", words.text("Money at stake"), coins, width=96),
    ]
    total = Row({**load, "file_name": words.text("Total")})
    rows = [Row({**row, "entity": entity_in_words(words, row["entity"])}) for row in files]
    return grid(words, "files", columns, rows, total=total)


def reason_table(
    asking: Asking, load: dict[str, Any], why: list[dict[str, Any]], money: Currency, *, may_read: bool
) -> Component:
    words = asking.words
    coins, energy = scales(words, why, money, "amount_minor", "energy_kwh")
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
            },
            href=rows_href(asking, load, row) if may_read else None,
        )
        for row in why
    ]
    return grid(words, "reasons", columns, rows)


def cell_bars(words: Words, files: list[dict[str, Any]]) -> Component:
    """A bar of 100 % for each file; what was rejected is the only loud part."""
    kinds = (
        ("carried", words.text("carried")), ("transformed", words.text("transformed")),
        ("unused", words.text("declared unused")), ("rejected", words.text("rejected")),
    )  # fmt: skip
    shares = share_scale(1)
    legend = [
        html.Span([html.Span(className=f"cell-key cell-{kind}"), name], className="cell-legend") for kind, name in kinds
    ]
    bars = [
        html.Div(
            [
                html.Span(file["file_name"], className="cell-file", title=file["file_name"]),
                html.Span(
                    [
                        html.Span(
                            className=f"cell-part cell-{kind}",
                            style={"width": f"{share:.4%}"},
                            title=f"{name}: {amount(words, share, shares)} %",
                        )
                        for kind, name in kinds
                        if (share := file[f"{kind}_share"])
                    ],
                    className="cell-bar",
                ),
                html.Span(
                    words.text("{share} % rejected", share=amount(words, file["rejected_share"] or 0, shares)),
                    className="cell-figure",
                ),
            ],
            className="cell-row",
        )
        for file in files[:_BARS_SHOWN]
    ]
    more = len(files) - _BARS_SHOWN
    rest = (
        [
            html.Div(
                words.count("and {count} more file, below", "and {count} more files, below", more),
                className="cell-more",
            )
        ]
        if more > 0
        else []
    )
    return html.Div([html.Div(legend, className="cell-legends"), *bars, *rest], className="cells", id="cell-bars")


def cell_table(words: Words, columns_of_files: list[dict[str, Any]]) -> Component:
    columns = [
        Column("name", words.text("File and column"), width=260),
        Column("cell_count", words.text("Cells"), count_scale()),
        Column("carried_count", words.text("Carried"), count_scale()),
        Column("transformed_count", words.text("Transformed"), count_scale()),
        Column("rejected_count", words.text("Rejected"), count_scale()),
        Column("unused_count", words.text("Declared unused"), count_scale()),
        Column("rules", words.text("By the rules"), width=200),
    ]
    rows = [
        Row(
            {
                **row,
                "name": f"{row['file_name']} · {row['column_name']}",
                **{
                    name: row[name] or 0
                    for name in ("carried_count", "transformed_count", "rejected_count", "unused_count")
                },
            }
        )
        for row in columns_of_files
    ]
    return grid(words, "cells", columns, rows)


def contradiction_table(
    asking: Asking, load: dict[str, Any], found: list[dict[str, Any]], money: Currency, *, may_read: bool
) -> Component:
    words = asking.words
    coins, energy = scales(words, found, money, "amount_minor", "energy_kwh")
    columns = [
        Column("check", words.text("What does not agree"), width=320),
        Column("check_code", words.text("Code"), width=180),
        Column("row_count", words.text("Figures"), count_scale()),
        Column("energy_kwh", words.text("Energy between them"), energy),
        Column("amount_minor", words.text("Money between them"), coins),
    ]
    rows = [
        Row(
            {**row, "check": check_in_words(words, row["check_code"])},
            href=asking.address.at(str(load["load_id"]), "contradiction", row["check_code"]).href if may_read else None,
        )
        for row in found
    ]
    return grid(words, "contradictions", columns, rows)


def expectation_table(
    asking: Asking, load: dict[str, Any], expected: list[dict[str, Any]], money: Currency, *, may_read: bool
) -> Component:
    words = asking.words
    coins, energy = scales(words, expected, money, "amount_minor", "energy_kwh")
    columns = [
        Column("sentence", words.text("What is expected"), width=380),
        Column("result", words.text("Result"), width=150),
        Column("checked_count", words.text("Asked of rows"), count_scale(), width=96),
        Column("failed_count", words.text("Failed"), count_scale(), width=88),
        Column("failed_file_count", words.text("Files"), count_scale(), width=76),
        Column("energy_kwh", words.text("Energy at stake"), energy, width=104),
        Column("amount_minor", words.text("Money at stake"), coins, width=104),
        Column("waived", words.text("Answered for"), width=180),
    ]
    rows = [
        Row(
            {
                **row,
                "sentence": in_language(words, row),
                "result": result_in_words(words, row),
                "waived": ": ".join(part for part in (row["waived_by_name"], row["waived_for"]) if part),
            },
            href=asking.address.at(str(load["load_id"]), "expectation", row["expectation_code"]).href
            if may_read and row["failed_count"]
            else None,
        )
        for row in expected
    ]
    return grid(words, "expectations", columns, rows)


def signature_table(words: Words, signed: list[dict[str, Any]]) -> Component:
    columns = [
        Column("event", words.text("Signed as"), width=220),
        Column("name", words.text("Name"), width=260),
        Column("login", words.text("User"), width=160),
        Column("when", words.text("When"), width=160),
    ]
    rows = [
        Row(
            {
                **row,
                "event": event_in_words(words, row["event"]),
                "when": f"{row['happened_at']:%d.%m.%Y %H:%M}",
            }
        )
        for row in signed
    ]
    return grid(words, "signatures", columns, rows, is_sortable=False)
