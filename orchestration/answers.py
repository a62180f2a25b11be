"""How an answer is shown: as JSON for a program, as lines and tables for a person.

Amounts are shown here as people read them; they are never added up or rounded here.
"""

import json
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

_WIDTH_OF_LOGS = 160
_LONGEST_KEY = 48
"""What is longer in a table is a sentence."""
THIN_SPACE = "\u202f"

# A Decimal goes through the encoder as text between these marks, which no text from the database can hold, and leaves
# it as a JSON number with all its digits.
_MARK = "\0"
_MARKED_NUMBER = re.compile(r'"\\u0000(-?\d+(?:\.\d+)?)\\u0000"')


def say(sentence: str) -> None:
    """One line for a person."""
    sys.stdout.write(f"{sentence}\n")


def warn(sentence: str) -> None:
    """One line beside the answer, for a person."""
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()


def show_json(answer: object) -> None:
    """One JSON document on standard output."""
    text = json.dumps(answer, default=_as_json, ensure_ascii=False, indent=2)
    sys.stdout.write(_MARKED_NUMBER.sub(r"\1", text) + "\n")


def show_table(heads: Sequence[str], rows: Iterable[Sequence[object]], *, title: str | None = None) -> None:
    """A table whose columns of numbers are set to the right; only sentences are broken where the screen is narrow."""
    cells = [[_shown(value) for value in row] for row in rows]
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for position, head in enumerate(heads):
        is_number = all(_looks_like_number(row[position]) for row in cells)
        justify = "right" if is_number and cells else "left"
        longest = max((cell_len(row[position]) for row in cells), default=0)
        is_sentence = longest > _LONGEST_KEY
        table.add_column(
            Text(head),
            justify=justify,
            header_style="dim",
            no_wrap=not is_sentence,
            overflow="fold",
            min_width=None if is_sentence else max(longest, cell_len(head)),
        )
    for row in cells:
        # Text, not str: a name from the data is no markup.
        table.add_row(*(Text(cell) for cell in row))
    screen().print(table)


def screen() -> Console:
    """Standard output as rich sees it now: a test may have replaced it."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH_OF_LOGS)


def money(amount_minor: int | None, minor_per_major: int) -> str:
    """12 345.67 from the smallest coins; blank where it is not known."""
    if amount_minor is None:
        return ""
    decimals = len(str(minor_per_major)) - 1
    return grouped(Decimal(amount_minor).scaleb(-decimals), decimals)


def energy(energy_kwh: Decimal | None, decimals: int = 0) -> str:
    return "" if energy_kwh is None else grouped(energy_kwh, decimals)


def grouped(value: Decimal | int, decimals: int = 0) -> str:
    return f"{value:,.{decimals}f}".replace(",", THIN_SPACE).replace("-", "\u2212")


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return grouped(value) if isinstance(value, int) else str(value)


def _looks_like_number(cell: str) -> bool:
    return not cell.strip(f"0123456789.%\u2212-{THIN_SPACE}")


def _as_json(value: object) -> object:
    if isinstance(value, Decimal):
        # 350 rather than 350.000000: the scale of the column tells a program nothing.
        text = f"{value:f}"
        return f"{_MARK}{text.rstrip('0').rstrip('.') if '.' in text else text}{_MARK}"
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in an answer")
