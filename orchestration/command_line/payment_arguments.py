"""Amounts between the command line and the book."""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from operational_db.settings import Settings


def coins_of(settings: "Settings", text: str) -> int:
    """An amount as it was typed, in the smallest coins of the book."""
    from operational_db.payments.amounts import minor_of
    from orchestration.book import book_currency

    return minor_of(text, book_currency(settings).minor_per_major)


def sum_shown(settings: "Settings", amount_minor: int) -> str:
    """An amount with the currency of the book."""
    from orchestration.answers import money
    from orchestration.book import book_currency

    currency = book_currency(settings)
    return f"{money(amount_minor, currency.minor_per_major)} {currency.code}"
