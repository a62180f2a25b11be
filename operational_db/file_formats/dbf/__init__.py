"""dBase and FoxPro tables: `header` names the columns, `reading` and `writing` move them, `cells` says how a value looks.

Import the public names from here; the modules are split by question, not by caller.
"""

from .cells import ScaledIntegers
from .header import DELETION_FLAG, DbfError, DbfField, DbfHeader, read_header
from .reading import DbfBatch, UndecodableCell, read_columns
from .writing import write_dbf

__all__ = [
    "DELETION_FLAG",
    "DbfBatch",
    "DbfError",
    "DbfField",
    "DbfHeader",
    "ScaledIntegers",
    "UndecodableCell",
    "read_columns",
    "read_header",
    "write_dbf",
]
