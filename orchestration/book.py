"""What holds for the whole book of this supplier: its currency and the top of its hierarchy."""

from dataclasses import dataclass

from operational_db.connections import Role, connect
from operational_db.settings import Settings


@dataclass(frozen=True)
class Currency:
    """The one currency of the book; amounts are stored in its smallest coins."""

    code: str
    minor_per_major: int


def book_currency(settings: Settings) -> Currency:
    parameters = _parameters(settings)
    return Currency(parameters["currency"], int(parameters["minor_per_major"]))


def root_unit_code(settings: Settings) -> str:
    return _parameters(settings)["root_unit"]


def _parameters(settings: Settings) -> dict[str, str]:
    with connect(settings, Role.READER) as session:
        return dict(session.execute("SELECT parameter_code, value FROM ops.parameter").fetchall())
