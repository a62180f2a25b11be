"""What a page is made for: who asks, in which language, at which address."""

from dataclasses import dataclass

from dashboards.addresses import Address
from dashboards.reading import Reader
from dashboards.words.catalogue import Words


@dataclass(frozen=True)
class Asking:
    reader: Reader
    words: Words
    address: Address
    top_code: str
    """Addresses name the units below this one."""

    def text(self, message: str, **figures: object) -> str:
        return self.words.text(message, **figures)
