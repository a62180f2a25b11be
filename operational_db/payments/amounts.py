"""Amounts as people write them, to the smallest coins and no further."""

from decimal import Decimal, InvalidOperation

from operational_db.refusal import Refusal


def minor_of(text: str, minor_per_major: int) -> int:
    """12 345,60 as 1234560 where a unit of the currency has 100 coins.

    Raises:
        Refusal: not a number, or smaller parts than the smallest coin.
    """
    try:
        amount = Decimal("".join(text.split()).replace(",", "."))
    except InvalidOperation as error:
        raise Refusal(f'"{text}" is not an amount; write it as 12345.60.') from error
    coins = amount * minor_per_major
    if not amount.is_finite() or coins != coins.to_integral_value() or abs(coins) >= 10**18:
        raise Refusal(
            f'"{text}" is not an amount of whole coins, of which {minor_per_major} make one; write it as 12345.60.'
        )
    return int(coins)
