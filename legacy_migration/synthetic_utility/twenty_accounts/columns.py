"""How do hand-written rows become the columns that writers want?

Belongs here: turning rows over. Does not belong here: what the rows say.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from operational_db.file_formats.dbf import ScaledIntegers

Columns = Mapping[str, Any]
Rows = Sequence[Mapping[str, Any]]


def as_columns(rows: Rows) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in rows[0]}


def scaled_money(columns: Columns, *names: str) -> Columns:
    return {**columns, **{name: ScaledIntegers(np.array(columns[name], dtype=np.int64), 2) for name in names}}
