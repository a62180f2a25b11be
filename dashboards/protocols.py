"""The signed protocol of a load as a page to read in the browser.

`legacy_migration` writes it; here is decided who may read it.
"""

from pathlib import Path

from dashboards.queries.migration import knows_protocol, may_read_protocols
from dashboards.reading import Reader
from dashboards.words.refusals import RefusedInWords
from legacy_migration.signing.filing import write_protocol


def protocol_page(reader: Reader, protocol_id: int) -> Path:
    """The page under var/, written anew, since an acceptance or withdrawal changes it."""
    if not may_read_protocols(reader):
        raise RefusedInWords(
            'User "{user}" holds neither the right to migrate nor the right to accept loads, and a protocol shows '
            "names and debts; ask an administrator.",
            user=reader.login,
        )
    if not knows_protocol(reader, protocol_id):
        raise RefusedInWords(
            "The protocol {protocol} is not known; choose a load on the page Migration.", protocol=protocol_id
        )
    (page,) = write_protocol(reader.settings, protocol_id, reader.settings.var_dir / "protocols", forms=("html",))
    return page
