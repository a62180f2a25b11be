"""The protocol as one HTML page that needs nothing from outside.

Belongs here: the page. Does not belong here: which figures (`figures`).
"""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from legacy_migration.loads import Protocol
from legacy_migration.protocol_pages.figures import Figures

ROWS_SHOWN_MAX: Final = 500


def render_page(protocol: Protocol, figures: dict[str, Figures]) -> str:
    """The page's text; long lists are cut there and whole in the workbook."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    shown = {name: replace(table, rows=table.rows[:ROWS_SHOWN_MAX]) for name, table in figures.items()}
    prepared = figures["events"].rows[0]
    head = {
        "prepared_at": prepared[2],
        "prepared_by": prepared[1],
        "message": message(protocol),
        "reject_count": len(figures["rejects"].rows),
        "remark_count": len(figures["remarks"].rows),
        "difference_count": len(figures["differences"].rows),
        "duplicate_count": len(figures["duplicates"].rows),
    }
    return environment.get_template("protocol.html.j2").render(p=protocol, head=head, table=_table, **shown)


def message(protocol: Protocol) -> str:
    """What the protocol says, in one sentence."""
    told = protocol.summary
    agrees = (
        "all counts and sums agree"
        if not told["differing_count"]
        else f"{told['differing_count']} counts or sums differ and must be explained before acceptance"
    )
    return (
        f"{told['file_count']} files, {told['row_count']} rows: of {told['read_count']} facts read, "
        f"{told['loaded_count']} "
        f"are loaded, {told['merged_count']} merged, {told['rejected_count']} rejected, "
        f"{told['out_of_scope_count']} out of scope; {agrees}."
    )


def _number(value: object) -> str:
    if isinstance(value, int):
        return f"{value:,}".replace(",", "\u202f")
    text = f"{value:,f}".replace(",", "\u202f")
    return text.replace("-", "\u2212")


def _cell(value: object) -> str:
    if isinstance(value, int | Decimal):
        return f'<td class="n">{_number(value)}</td>'
    mark = ' class="differs"' if value == "differs" else ""
    return f"<td{mark}>{escape('' if value is None else value)}</td>"


def _table(table: Figures, *, total: bool = False) -> Markup:
    if not table.rows:
        return Markup("<p>None.</p>")
    numeric = [any(isinstance(row[index], int | Decimal) for row in table.rows) for index in range(len(table.headings))]
    heads = "".join(
        ('<th class="n">' if is_number else "<th>") + str(escape(heading)) + "</th>"
        for heading, is_number in zip(table.headings, numeric, strict=True)
    )
    body = "".join("<tr>" + "".join(_cell(cell) for cell in row) + "</tr>" for row in table.rows)
    foot = ""
    if total:
        sums = [
            sum((row[index] or 0 for row in table.rows), start=0) if is_number else "Total"
            for index, is_number in enumerate(numeric)
        ]
        foot = "<tfoot><tr>" + "".join(_cell(cell) for cell in sums) + "</tr></tfoot>"
    # Every text above went through escape().
    return Markup(f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody>{foot}</table>")  # noqa: S704
