"""A refusal that the screens can say in the reader's language.

Elsewhere a refusal is a finished English sentence; here the sentence and what fills it are kept apart until it is said.
"""

from dashboards.words.catalogue import Words
from operational_db.refusal import Refusal


class RefusedInWords(Refusal):
    """The message is a key of the catalogue, the figures fill its braces."""

    def __init__(self, message: str, **figures: object) -> None:
        super().__init__(message.format(**figures))
        self._message = message
        self._figures = figures

    def said(self, words: Words) -> str:
        return words.text(self._message, **self._figures)


def said(words: Words, refusal: Refusal) -> str:
    """The sentence in the reader's language where it is ours, else as it came."""
    return refusal.said(words) if isinstance(refusal, RefusedInWords) else refusal.sentence
