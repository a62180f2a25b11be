"""Which files does a filed protocol consist of? The page, the workbook, the paper, the pages as JSON and their checker.

Belongs here: writing them from the pages that were signed. Does not belong here: the pages themselves (`pages`), how
each form looks (`protocol_pages`).
"""

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import psycopg

from legacy_migration.loads import Protocol, require_protocol
from legacy_migration.protocol_pages.figures import Figures
from legacy_migration.protocol_pages.page import render_page
from legacy_migration.protocol_pages.workbook import write_workbook
from legacy_migration.signing import verify_protocol
from legacy_migration.signing.pages import ensure_chain, figures_of_pages, head_of, lines_of
from operational_db.connections import Role, connect
from operational_db.pango import pdf_of, require_weasyprint
from operational_db.refusal import Refusal
from operational_db.settings import Settings

FORMS: Final = ("html", "xlsx", "json", "pdf")
ROWS_ON_PAGE_MAX: Final = 500
ROWS_ON_PAPER_MAX: Final = 100
"""Setting a table takes seconds; the whole of a long list is in the workbook and the filed protocol."""


def write_protocol(
    settings: Settings, protocol_id: int, out_dir: Path | str, *, forms: Sequence[str] = FORMS
) -> list[Path]:
    """Write the protocol in these forms, all from the signed pages; with the pages goes the program that checks them.

    Raises:
        Refusal: there is no such protocol, no room for the files, or no Pango for the PDF.
    """
    if "pdf" in forms:
        require_weasyprint()
    out = Path(out_dir)
    with connect(settings, Role.LOADER) as session:
        protocol = require_protocol(session, protocol_id)
        ensure_chain(session, protocol)
        session.commit()
        head, figures = head_of(session, protocol_id), figures_of_pages(session, protocol_id)
        try:
            out.mkdir(parents=True, exist_ok=True)
            return [
                path
                for form in forms
                for path in _write(session, form, out / f"protocol_{protocol_id}.{form}", protocol, figures, head)
            ]
        except OSError as error:
            raise Refusal(
                f"The protocol cannot be written to {out_dir} ({error.strerror}); name another folder."
            ) from error


def _write(
    session: psycopg.Connection,
    form: str,
    path: Path,
    protocol: Protocol,
    figures: dict[str, Figures],
    head: tuple[int, str],
) -> list[Path]:
    if form == "html":
        _whole(path, lambda part: part.write_text(render_page(protocol, figures, head, ROWS_ON_PAGE_MAX), "utf-8"))
    elif form == "pdf":
        page = render_page(protocol, figures, head, ROWS_ON_PAPER_MAX)
        _whole(path, lambda part: part.write_bytes(pdf_of(page)))
    elif form == "xlsx":
        _whole(path, lambda part: write_workbook(part, protocol, figures, head))
    else:
        _whole(path, lambda part: _write_lines(session, part, protocol.protocol_id))
        checker = path.with_name(Path(verify_protocol.__file__).name)
        _whole(checker, lambda part: shutil.copyfile(verify_protocol.__file__, part))
        return [path, checker]
    return [path]


def _write_lines(session: psycopg.Connection, path: Path, protocol_id: int) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(lines_of(session, protocol_id))


def _whole(path: Path, write: Callable[[Path], object]) -> None:
    """Who reads the file meanwhile sees the old one or the new one, never half of it."""
    part = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        write(part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
