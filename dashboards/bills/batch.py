"""Writing the bills of many routes: a PDF and a page for each part, several at once, in bounded memory.

A part is read and set as HTML here, and turned into PDF by a process beside this one, since that takes a hundred times
as long. Never more parts are under way than processes and one: however many bills there are, memory stays.
"""

import os
import re
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path

from dashboards.bills.cover import render_route
from dashboards.bills.paper import pdf_bytes, write_file
from dashboards.bills.words import BillWords
from operational_db.billing.routes import LeftOut, RoutePart
from operational_db.pango import require_weasyprint


@dataclass(frozen=True)
class PrintedPart:
    """A part of a route that lies on paper, and what its bills come to."""

    res_code: str
    book: str | None
    part_no: int
    part_count: int
    files: tuple[Path, ...]
    bill_count: int
    energy_kwh: Decimal
    charge_minor: int
    left_out: tuple[LeftOut, ...]


def print_routes(
    parts: Iterable[RoutePart],
    folder: Path,
    words: BillWords,
    *,
    printed_on: date,
    printed_by: str,
    as_pdf: bool = True,
    as_html: bool = True,
    workers: int | None = None,
) -> Iterator[PrintedPart]:
    """Write each part into the folder and tell it when its files are whole, in the order of the parts.

    Raises:
        Refusal: PDF is asked for and Pango is not installed, or a file cannot be written.
    """
    if as_pdf:
        require_weasyprint()
    names: set[str] = set()
    worker_count = workers or os.cpu_count() or 1
    under_way: deque[tuple[PrintedPart, Future[None]]] = deque()
    # Spawned, not forked: this process holds a session of the database.
    with ProcessPoolExecutor(worker_count, mp_context=get_context("spawn")) as pool:
        for part in parts:
            name = _file_name(part, names)
            pdf, html = (folder / f"{name}.{ending}" for ending in ("pdf", "html"))
            page = render_route(part, words, printed_on, printed_by)
            files = []
            if as_html:
                write_file(html, page.encode())
                files.append(html)
            if as_pdf:
                files.append(pdf)
            printed = PrintedPart(
                part.route.res_code, part.route.book, part.part_no, part.part_count, tuple(files), len(part.bills),
                part.energy_kwh, part.charge_minor, part.left_out,
            )  # fmt: skip
            if not as_pdf:
                yield printed
                continue
            under_way.append((printed, pool.submit(_write_pdf, page, pdf)))
            if len(under_way) > worker_count:
                yield _done(*under_way.popleft())
        while under_way:
            yield _done(*under_way.popleft())


def _done(printed: PrintedPart, writing: "Future[None]") -> PrintedPart:
    writing.result()
    return printed


def _write_pdf(page: str, file: Path) -> None:
    write_file(file, pdf_bytes(page))


def _file_name(part: RoutePart, taken: set[str]) -> str:
    """bills-2026-03-SA01-2, and -1of3 where the route takes several files; no name twice."""
    route = re.sub(r"[^\w.]+", "-", part.route.book or f"{part.route.res_code}-no-book")
    name = f"bills-{part.month:%Y-%m}-{route}"
    if part.part_count > 1:
        name += f"-{part.part_no}of{part.part_count}"
    while name in taken:
        name += "_"
    taken.add(name)
    return name
