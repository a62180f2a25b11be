"""How do the text files of the dump spell numbers, and how is one written?

Belongs here: decimal commas, amounts as text, totals of a text file. Does not belong here: the columns of
any file.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from operational_db.file_formats.dbf import ScaledIntegers
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


def write_by_places(path: Path, places: Sequence[tuple[str, int, int]], batches: Iterable[Mapping[str, Any]]) -> int:
    """Write a register of fixed width with its total behind the rows; returns the count of rows without it."""
    rows = total = 0
    with path.open("w", encoding=layouts.POST_ENCODING, newline="") as file:
        for batch in batches:
            columns = [_texts(batch[name]) for name, _, _ in places]
            total += int(batch["SUMMA"].values.sum())
            for cells in zip(*columns, strict=True):
                file.write(_by_places(places, cells))
                rows += 1
        closing = {"OS_RAH_B": layouts.POST_TOTAL, "SUMMA": soums(total)}
        file.write(_by_places(places, [closing.get(name, "") for name, _, _ in places]))
    return rows


def _texts(column: Any) -> list[str]:  # noqa: ANN401 - whatever a writer of tables takes
    if isinstance(column, ScaledIntegers):
        return [soums(minor) for minor in column.values.tolist()]
    values = column.to_pylist() if hasattr(column, "to_pylist") else list(column)
    return ["" if value is None else str(value) for value in values]


def _by_places(places: Sequence[tuple[str, int, int]], cells: Sequence[str]) -> str:
    """Amounts stand at the right of their place, all else at the left."""
    laid_out = (
        cell.rjust(width) if name == "SUMMA" else cell.ljust(width)[:width]
        for (name, _, width), cell in zip(places, cells, strict=True)
    )
    return "".join(laid_out) + "\r\n"


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
