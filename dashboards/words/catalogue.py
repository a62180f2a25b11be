"""The words of the screens in the reader's language, from gettext catalogues.

The English sentence in the code is the key; `<locale>.po` beside this file holds the translations. Names of units are
data and come from the database. Numbers and months are in `amounts`.
"""

import gettext
import io
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from string import Formatter

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

CATALOGUE_DIR = Path(__file__).parent
SOURCE_LOCALE = "en"
LANGUAGES = {"en": "English", "ru": "Русский"}
"""Languages whose catalogues are whole; a language calls itself by its own name."""


class Words:
    """Sentences in one language."""

    def __init__(self, locale: str) -> None:
        self.locale = locale
        self._translations = _translations(locale)

    def text(self, message: str, **figures: object) -> str:
        """The sentence with its figures filled in."""
        return self._translations.gettext(message).format(**figures)

    def count(self, singular: str, plural: str, number: int, **figures: object) -> str:
        """The sentence in the form that the number asks for; the number is shown as `{count}`."""
        return self._translations.ngettext(singular, plural, number).format(**{"count": number, **figures})

    def sentence(self, message: str, **figures: object) -> list[object]:
        """The sentence as a list of texts and components, for figures that are links."""
        parts: list[object] = []
        for literal, field, _, _ in Formatter().parse(self._translations.gettext(message)):
            if literal:
                parts.append(literal)
            if field is not None:
                parts.append(figures[field])
        return parts

    def listing(self, items: Iterable[object]) -> list[object]:
        """Components one after another: A, B and C."""
        found = list(items)
        parts: list[object] = []
        for position, item in enumerate(found):
            if position:
                parts.append(self.text(" and ") if position == len(found) - 1 else ", ")
            parts.append(item)
        return parts


@cache
def _translations(locale: str) -> gettext.NullTranslations:
    if locale == SOURCE_LOCALE:
        return gettext.NullTranslations()
    with (CATALOGUE_DIR / f"{locale}.po").open("rb") as file:
        catalogue = read_po(file, locale=locale, abort_invalid=True)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def best_language(wanted: str | None, accepted: Iterable[str]) -> str:
    """The language that the reader chose, else the first that the browser accepts and we speak."""
    return next((locale for locale in (wanted, *accepted) if locale in LANGUAGES), SOURCE_LOCALE)
