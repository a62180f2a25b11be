"""dBase and FoxPro tables: `header` names the columns, `reading` and `writing` move them.

`cells` says how a value looks in a record, `values` what the text of a cell means.

Import the public names from here; the modules are split by question, not by caller.
"""

from operational_db.file_formats.code_pages import UndecodableCell
from operational_db.file_formats.dbf.cells import ScaledIntegers
from operational_db.file_formats.dbf.header import DELETION_FLAG, DbfError, DbfField, DbfHeader, read_header
from operational_db.file_formats.dbf.reading import DbfBatch, read_columns
from operational_db.file_formats.dbf.values import TypedColumn, typed_column
from operational_db.file_formats.dbf.writing import write_dbf

__all__ = [
    "DELETION_FLAG",
    "DbfBatch",
    "DbfError",
    "DbfField",
    "DbfHeader",
    "ScaledIntegers",
    "TypedColumn",
    "UndecodableCell",
    "read_columns",
    "read_header",
    "typed_column",
    "write_dbf",
]
