"""The asset graph of Wattbook, as `dagster dev` and the demonstration load it.

Assets are in `defs/`, a module per stage of the business. An asset is a call of another package; its key is the place
of what it makes: schema and table, or kind and name of files.
"""

from pathlib import Path

import dagster as dg


@dg.definitions
def defs() -> dg.Definitions:
    return dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
