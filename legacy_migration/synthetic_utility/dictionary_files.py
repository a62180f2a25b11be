"""Which rows stand in STREET.DBF and KAT.DBF? Streets of the RES and the code lists of the old program.

Belongs here: the two dictionaries. Does not belong here: rows that point to them.
"""

from collections.abc import Sequence

import pyarrow as pa

from . import layouts
from .household_database import HouseholdDatabase


def write_dictionaries(database: HouseholdDatabase) -> None:
    """Write STREET.DBF and KAT.DBF."""
    places = database.households.addresses
    streets = {
        "KVUL": range(1, len(places.street_names) + 1),
        "TOWN": places.street_towns,
        "STREET": places.street_names,
    }
    database.write("STREET.DBF", layouts.STREET, [streets], {"streets": len(places.street_names)})
    database.write("KAT.DBF", layouts.KAT, [code_list_columns()])


def code_list_columns() -> dict[str, Sequence[object] | pa.Array]:
    """The rows of KAT.DBF, the same in every RES."""
    lists, codes, names, digits = zip(*layouts.CODE_LISTS, strict=True)
    return {"VID": lists, "KOD": codes, "NAZVA": names, "ZNAK": pa.array(digits, pa.int64())}
