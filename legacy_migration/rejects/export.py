"""`wattbook rejects export`: the rejected rows of a load as files for the people of the old system.

Belongs here: which rows go out. Does not belong here: the layout (`old_layout`), what comes back (`returning`).
"""

from dataclasses import dataclass
from pathlib import Path

from legacy_migration.loads import require_protocol
from legacy_migration.rejects.old_layout import write_out
from legacy_migration.rejects.rejected_files import (
    files_with_rejects,
    profile_of_load,
    rejected_file,
    returned_before,
)
from operational_db.connections import Role, connect
from operational_db.refusal import Refusal
from operational_db.settings import Settings


@dataclass(frozen=True)
class ExportedRejects:
    """What went out: files, their rows, and rows that came back before and so stayed here."""

    files: list[Path]
    row_count: int
    returned_count: int


def export_rejects(
    settings: Settings, protocol_id: int, directory: Path | str, *, profile: str | None = None
) -> ExportedRejects:
    """Write the rejected rows that are still open, per file in its old layout, each with reason and row number.

    Raises:
        Refusal: the folder is not empty, or the profile is another than that of the load.
    """
    out = Path(directory)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise Refusal(f"{out} is there and not an empty folder; name another for the rejects.")
    with connect(settings, Role.LOADER) as session:
        protocol = require_protocol(session, protocol_id)
        described = profile_of_load(session, protocol.load_id, profile)
        back = returned_before(session, protocol.load_id)
        paths, row_count = [], 0
        for row in files_with_rejects(session, protocol.load_id):
            with rejected_file(session, protocol.load_id, described, row) as file:
                waiting = [told for row_no, told in file.rows.items() if (file.file_id, row_no) not in back]
                if waiting:
                    target = out / file.name
                    write_out(target, file.copy, file.written_by, file.columns, waiting, protocol_id)
                    paths.append(target)
                    row_count += len(waiting)
    if not paths:
        raise Refusal(f"Protocol {protocol_id} has no rejected row that is still open; there is nothing to export.")
    return ExportedRejects(paths, row_count, len(back))
