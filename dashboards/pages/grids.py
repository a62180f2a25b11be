"""Tables: numbers to the right in one scale per column, totals on top, the first cell of a row a link.

Sorting happens on the numbers, what is shown is text made in the reader's language, so both travel. The browser's part
is in `assets/grids.js`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import dash_ag_grid as dag

from dashboards.addresses import Sort
from dashboards.words.amounts import Scale, amount, is_shown_as_zero
from dashboards.words.catalogue import Words

_ROWS_WITHOUT_SCROLLING = 16
_ROW_PIXELS = 36
_HIGH_ROW_PIXELS = 52
_PIXELS_OF_A_LETTER = 7.5
_CELL_PADDING = 18


@dataclass(frozen=True)
class Column:
    """A column of numbers when it has a scale, else of text."""

    field: str
    head: str
    scale: Scale | None = None
    width: int = 120
    is_change: bool = False
    good_when_lower: bool = False
    tip: str | None = None


@dataclass(frozen=True)
class Row:
    """The values by column; `href` makes the first cell a link."""

    values: dict[str, Any]
    href: str | None = None
    remark: str | None = None


def grid(
    words: Words,
    grid_id: str,
    columns: Sequence[Column],
    rows: Sequence[Row],
    *,
    total: Row | None = None,
    sort: Sort | None = None,
    is_whole: bool = True,
    is_sortable: bool = True,
) -> dag.AgGrid:
    """A table; `sort` is shown in the heads, and when the rows are only a part, a new sort asks the server again.

    Rows whose order means something, such as parts under their whole, are not sortable.
    """
    height = None if len(rows) <= _ROWS_WITHOUT_SCROLLING else "calc(100vh - 180px)"
    return dag.AgGrid(
        id=grid_id,
        columnDefs=[_definition(column, is_first=not position, sort=sort) for position, column in enumerate(columns)],
        rowData=[_cells(words, columns, row) for row in rows],
        defaultColDef={
            "sortable": is_sortable, "resizable": True, "suppressMovable": True, "wrapHeaderText": True,
            "autoHeaderHeight": True, "sortingOrder": ["desc", "asc"], "suppressHeaderMenuButton": True,
        },
        columnSize="responsiveSizeToFit",
        eventListeners={"sortChanged": ["rememberSort(params)"], "cellKeyDown": ["openOnEnter(params)"]},
        dashGridOptions={
            "domLayout": "normal" if height else "autoHeight",
            "rowHeight": _HIGH_ROW_PIXELS if any(_is_high(columns, row) for row in rows) else _ROW_PIXELS,
            "pinnedTopRowData": [_cells(words, columns, total)] if total else [],
            "context": {"isWhole": is_whole},
            "suppressCellFocus": False,
            "enableCellTextSelection": True,
            "animateRows": False,
            "suppressMenuHide": True,
            "localeText": {"noRowsToShow": words.text("No rows.")},
        },
        className="ag-theme-alpine wattbook-grid",
        style={"height": height, "width": "100%"},
    )  # fmt: skip


def _definition(column: Column, *, is_first: bool, sort: Sort | None) -> dict[str, Any]:
    definition: dict[str, Any] = {
        "field": column.field,
        "headerName": f"{column.head}, {column.scale.unit}" if column.scale and column.scale.unit else column.head,
        "headerTooltip": column.tip,
        "minWidth": column.width,
        "initialSort": None,
    }
    if sort is not None and sort.column == column.field:
        definition["initialSort"] = "desc" if sort.is_descending else "asc"
    if is_first:
        definition |= {"cellRenderer": "RowLink", "pinned": "left", "cellClass": "name-cell", "lockPinned": True}
    elif column.scale is not None:
        definition |= {"valueFormatter": {"function": "shown(params)"}, "type": "rightAligned"}
        if column.is_change:
            definition["cellClassRules"] = {
                tone: f"params.data.{column.field}_tone == '{tone}'" for tone in ("good", "bad")
            }
    else:
        definition |= {"cellRenderer": "TwoLines", "cellClass": "name-cell"}
    return definition


def _is_high(columns: Sequence[Column], row: Row) -> bool:
    """A text of two lines needs a higher row."""
    return any(
        len(row.values.get(column.field) or "") * _PIXELS_OF_A_LETTER > column.width - _CELL_PADDING
        for column in columns
        if column.scale is None
    )


def _cells(words: Words, columns: Sequence[Column], row: Row) -> dict[str, Any]:
    cells: dict[str, Any] = {"href": row.href, "remark": row.remark}
    for column in columns:
        value = row.values.get(column.field)
        if column.scale is None:
            cells[column.field] = value
        else:
            cells[column.field] = None if value is None else float(value)
            cells[f"{column.field}_shown"] = amount(words, value, column.scale, signed=column.is_change)
        if column.is_change:
            cells[f"{column.field}_tone"] = _tone(column, row)
    return cells


def _tone(column: Column, row: Row) -> str | None:
    """Good or bad; a loss that fell below nothing is no good news but a question."""
    change, loss = row.values.get(column.field), row.values.get("loss_kwh")
    if change is None or is_shown_as_zero(change, column.scale) or (loss is not None and loss < 0):
        return None
    return "good" if (change < 0) == column.good_when_lower else "bad"
