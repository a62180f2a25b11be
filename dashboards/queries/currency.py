"""The currency of this book and how many of its smallest coins make one unit."""

from dataclasses import dataclass

from dashboards.reading import Reader

_CURRENCY = """
SELECT c.value AS code, m.value::integer AS minor_per_major
FROM ops.parameter AS c
INNER JOIN ops.parameter AS m ON m.parameter_code = 'minor_per_major'
WHERE c.parameter_code = 'currency'
"""


@dataclass(frozen=True)
class Currency:
    code: str
    minor_per_major: int


def currency(reader: Reader) -> Currency:
    row = reader.row(_CURRENCY)
    return Currency(**row) if row else Currency(reader.settings.currency, 100)
