"""How is a whole column of names put into another encoding, for which the dump must be refused with its file named?

Belongs here: one such dump and whether the refusal named it. Does not belong here: faults of single rows (`spoiling`).
"""

import random
import shutil
from pathlib import Path

from legacy_migration.commands import migrate
from legacy_migration.fault_injection.dump_tables import DumpTable
from legacy_migration.fault_injection.injector import InjectedFault
from legacy_migration.fault_injection.judging import PROFILE
from legacy_migration.fault_injection.kinds import CONFUSED_COLUMN
from legacy_migration.synthetic_utility import layouts
from operational_db.refusal import Refusal
from operational_db.settings import Settings


def confuse_column(clean: Path, spoiled: Path, seed: int, number: int) -> InjectedFault:
    """Copy the clean dump and write one column of one of its files in the encoding of the others."""
    choice = random.Random(f"confusion {number} of {seed}")  # noqa: S311 - to be repeated, not to be secret
    shutil.copytree(clean, spoiled)
    household = [f"household/{folder.name}/ABON.DBF" for folder in sorted((clean / "household").iterdir())]
    registers = [f"payments/{path.name}" for path in sorted((clean / "payments").glob("*.DBF"))]
    name, column, encoding, other = choice.choice(
        [
            (choice.choice(household), "FIO", layouts.HOUSEHOLD_ENCODING, layouts.TEXT_ENCODING),
            (choice.choice(registers), "FAMILY", layouts.PAYMENT_ENCODING, layouts.HOUSEHOLD_ENCODING),
            ("legal/LEGAL.CSV", "NAME", layouts.TEXT_ENCODING, layouts.HOUSEHOLD_ENCODING),
        ]
    )
    table = DumpTable(spoiled, name, encoding)
    for row in table.rows:
        table.put(row, **{column: row[column].encode(other, "replace").decode(encoding, "ignore")})
    table.save()
    return InjectedFault(CONFUSED_COLUMN, name, None, (column,), other, encoding)


def is_refused(settings: Settings, spoiled: Path, fault: InjectedFault, *, by: str) -> bool:
    """Whether the load is refused with the file and the encoding that it is not in."""
    try:
        migrate(settings, spoiled, profile=PROFILE, by=by)
    except Refusal as refusal:
        return fault.file.rsplit("/", 1)[1] in str(refusal) and f"not in {fault.truth}" in str(refusal)
    return False
