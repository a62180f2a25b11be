"""How do the text files of the dump spell numbers, and how is one written?

Belongs here: decimal commas, amounts as text, totals of a text file. Does not belong here: the columns of
any file.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from operational_db.file_formats.delimited import write_delimited

from . import layouts
from .truth import FileTotals, Truth

# The heading is row 1.
FIRST_ROW: Final = 2


def write_text(
    root: Path,
    name: str,
    columns: Sequence[str],
    batches: Iterable[Mapping[str, Sequence[object]]],
    truth: Truth,
    sums: Mapping[str, int],
) -> None:
    """Write one text file of the dump and put down its totals."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = write_delimited(path, columns, batches, encoding=layouts.TEXT_ENCODING, delimiter=layouts.TEXT_DELIMITER)
    truth.files.append(FileTotals(name, rows, 0, dict(sums)))


def with_comma(parts: int, decimals: int) -> str:
    """A number given in whole tenths, hundredths, thousandths ...; needless zeros and a lone comma are dropped."""
    sign, scale = "-" if parts < 0 else "", 10**decimals
    text = f"{sign}{abs(parts) // scale},{abs(parts) % scale:0{decimals}d}"
    return text.rstrip("0").rstrip(",")


def soums(minor: int) -> str:
    """Tiyin as soums with a point and always two decimals."""
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(int(minor)) // 100}.{abs(int(minor)) % 100:02d}"


def money_with_comma(minor: int) -> str:
    """Tiyin as soums with a comma and always two decimals."""
    return soums(minor).replace(".", ",")
