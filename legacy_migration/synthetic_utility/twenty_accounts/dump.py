"""How is the dump of the twenty accounts written?

Belongs here: the order of work. Does not belong here: the figures (`tables`), the rows of any file.
"""

from pathlib import Path

from legacy_migration.synthetic_utility.generation import make_room
from legacy_migration.synthetic_utility.truth import Truth

from . import tables
from .household_files import HouseholdFiles
from .legal_files import write_legal
from .network_files import tell_energy, write_grid, write_half_hours
from .payment_files import write_payments


def twenty_accounts(out_dir: Path) -> Path:
    """Write the dump and, beside it, its truth; returns the folder of the dump."""
    out_dir = Path(out_dir).absolute()
    make_room(out_dir)
    truth = Truth(out_dir)
    for district in (tables.CITY, tables.COUNTRY):
        HouseholdFiles(out_dir, district, truth).write_all()
    write_legal(out_dir, truth)
    write_grid(out_dir, truth)
    write_half_hours(out_dir, truth)
    write_payments(out_dir, truth)
    tell_energy(truth)
    truth.write({"utility": "twenty accounts"}, {"households": len(tables.HOMES), "legal": len(tables.LEGAL)})
    return out_dir
