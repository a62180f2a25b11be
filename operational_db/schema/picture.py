"""The picture of the schema: docs/schema.md, drawn from the catalogue of tables.

Run as a program it writes the page; with --check it fails when the page is out of date.
"""

import sys
from pathlib import Path
from types import ModuleType

import sqlalchemy

from operational_db.schema.catalogue import SUBSYSTEMS
from operational_db.settings import REPOSITORY_DIR

PAGE = REPOSITORY_DIR / "docs" / "schema.md"

HEAD = """# The schema

Drawn from the tables' definitions by `python -m operational_db.schema.picture`; `make check` says when it is out of
date. One picture per subsystem: its tables with their keys, and the tables of other subsystems that they point to. `PK`
is the primary key, `FK` a column that must be found in the table at the end of the line. Tables marked *monthly* are
partitioned by month. Rows that say where they come from point to `ops.source`; those lines are left out, as
nearly all do.
table has one.
"""


def draw() -> str:
    """The whole page as Markdown with Mermaid pictures."""
    return "\n".join([HEAD, *(_section(subsystem) for subsystem in SUBSYSTEMS)])


def _section(subsystem: ModuleType) -> str:
    tables = [value for value in vars(subsystem).values() if isinstance(value, sqlalchemy.Table)]
    subject = (subsystem.__doc__ or "").strip().split("\n")[0]
    title = (
        subsystem.__name__.removeprefix("operational_db.").removesuffix(".tables").replace(".", ": ").replace("_", " ")
    )
    rows = [f"| `{table.fullname}`{_monthly_mark(table)} | {table.comment} |" for table in tables]
    boxes = [line for table in tables for line in _box(table)]
    lines = sorted({line for table in tables for line in _lines(table)})
    return "\n".join(
        [
            f"## {title}",
            subject,
            "",
            "```mermaid",
            "erDiagram",
            *boxes,
            *lines,
            "```",
            "",
            "| table | one row is |",
            "|---|---|",
            *rows,
            "",
        ]
    )


def _monthly_mark(table: sqlalchemy.Table) -> str:
    return " *monthly*" if table.info.get("monthly") else ""


def _box(table: sqlalchemy.Table) -> list[str]:
    """The table with its key columns; what else it holds is in the definition beside its commands."""
    shown = [column for column in table.columns if column.primary_key or _points_elsewhere(column)]
    columns = [f"        {_type(column)} {column.name}{_marks(column)}" for column in shown]
    return [f"    {_name(table)} {{", *columns, "    }"]


def _points_elsewhere(column: sqlalchemy.Column) -> bool:
    return any(key.column.table.name != "source" for key in column.foreign_keys)


def _marks(column: sqlalchemy.Column) -> str:
    marks = [mark for mark, holds in (("PK", column.primary_key), ("FK", _points_elsewhere(column))) if holds]
    return f" {', '.join(marks)}" if marks else ""


def _type(column: sqlalchemy.Column) -> str:
    return column.type.__class__.__name__.lower()


def _lines(table: sqlalchemy.Table) -> list[str]:
    return [
        f"    {_name(key.column.table)} ||--o{{ {_name(table)} : {column.name}"
        for column in table.columns
        if _points_elsewhere(column)
        for key in column.foreign_keys
    ]


def _name(table: sqlalchemy.Table) -> str:
    return table.fullname.replace(".", "_")


def main(arguments: list[str], page: Path = PAGE) -> int:
    """Write the page, or with --check compare it; returns the exit code."""
    drawn = draw()
    if arguments == ["--check"]:
        if page.is_file() and page.read_text(encoding="utf-8") == drawn:
            return 0
        sys.stderr.write(f"{page} is out of date; run `.venv/bin/python -m operational_db.schema.picture`.\n")
        return 1
    page.write_text(drawn, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
