"""Which rows stand in DOGOVOR.DBF? The contracts of legal consumers as the lawyers keep them, with remarks as memos.

Belongs here: the table, its memo file and the memo that a copy cut off. Does not belong here: the consumers (`legal`).
"""

from pathlib import Path
from typing import Final

from operational_db.file_formats.dbf import write_dbf

from . import layouts
from .faults import TRUNCATED_MEMO
from .legal import LegalConsumers
from .months import Months, dates_in_dbf
from .network import tp_codes
from .truth import FileTotals, Truth

_NAME: Final = "legal/DOGOVOR.DBF"
_BLOCK, _HEAD = 64, 8


def write_contracts(root: Path, all_consumers: list[LegalConsumers], months: Months, truth: Truth) -> None:
    """Write the table and its memo file; the last memo is cut off, as a copy to a full disk leaves it."""
    path = root / _NAME
    remarks = [_remarks(part) for part in all_consumers]
    rows = write_dbf(
        path,
        layouts.DOGOVOR,
        (
            {
                "DOGOVOR": [part.contract(at) for at in range(len(part.number))],
                "DATA": dates_in_dbf(part.contract_on),
                "PRIM": texts,
            }
            for part, texts in zip(all_consumers, remarks, strict=True)
            if texts
        ),
        encoding=layouts.HOUSEHOLD_ENCODING,
        language_byte=0x65,
        last_update=months.starts[-1],
    )
    truth.files.append(FileTotals(_NAME, rows, 0, {}))
    memos = path.with_suffix(".FPT")
    truth.files.append(FileTotals("legal/DOGOVOR.FPT", sum(map(len, remarks)), 0, {"files": 1}))
    if not truth.faults.are_planted:
        return
    last = next(part for part in reversed(all_consumers) if len(part.number))
    text = next(texts for texts in reversed(remarks) if texts)[-1]
    raw = memos.read_bytes()
    begins = len(raw) - -(-(_HEAD + len(text)) // _BLOCK) * _BLOCK
    left = len(text) // 2
    memos.write_bytes(raw[: begins + _HEAD + left])
    key = last.key(len(last.number) - 1)
    truth.faults.add(TRUNCATED_MEMO.code, _NAME, rows, key, "PRIM", text[:left].rstrip(), text)


def _remarks(part: LegalConsumers) -> list[str]:
    tps = tp_codes(part.district.code, part.tp).to_pylist()
    return [
        f"Граница балансовой принадлежности: {tps[at]}, РУ-0,4 кВ. Прибор учета {part.serial(at)} опломбирован, "
        f"пломба {part.number[at] * 7 % 100_000:05d}. Договор продлен без изменений."
        for at in range(len(part.number))
    ]
