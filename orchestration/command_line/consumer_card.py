"""`wattbook card`: the card of a consumer."""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.command_line.arguments import FIRST_USER, AsJson, ByUser, day_of, today

if TYPE_CHECKING:
    from operational_db.subscribers.consumer_card import CardPoint, ConsumerCard
    from orchestration.book import Currency


def card(
    account: Annotated[str, typer.Argument(metavar="NUMBER", help="The account, such as SA01/12/345.")],
    on_day: Annotated[
        date | None,
        typer.Option("--on", parser=day_of, metavar="YYYY-MM-DD", help="As it was then; without it, today."),
    ] = None,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Tell who a consumer is, where it is supplied, by which contract, tariff and meter, and what there is to pay.

    [dim]wattbook card SA01/12/345[/]
    """
    from operational_db.subscribers.consumer_card import consumer_card
    from orchestration.answers import show_json
    from orchestration.book import book_currency
    from orchestration.command_line.surroundings import settings_with_database

    settings = settings_with_database()
    found = consumer_card(settings, account, on_day=on_day or today(), by=by)
    if as_json:
        show_json(found)
    else:
        _tell(found, book_currency(settings))


def _tell(card: "ConsumerCard", currency: "Currency") -> None:
    from orchestration.answers import money, say, show_table

    def coins(minor: int | None) -> str:
        return f"{money(minor, currency.minor_per_major)} {currency.code}"

    closed = f", closed on {card.closed_on}" if card.closed_on else ""
    facts = [
        ("Account", f"{card.account_no}, {card.account_kind}, opened on {card.opened_on}{closed}"),
        ("Old numbers", ", ".join(card.former_numbers or [])),
        ("Holder", card.holder_name or ""),
        ("Tax number", card.tax_number or ""),
        ("Passport", card.passport_number or ""),
        ("Telephone", card.phone or ""),
        ("Address", card.address or ""),
        ("Persons", "" if card.persons is None else str(card.persons)),
        ("Contract", _contract(card)),
        ("Last bill", f"{card.bill_month:%Y-%m}: {coins(card.bill_charge_minor)}" if card.bill_month else "none yet"),
        ("Last payment", f"{card.paid_on}: {coins(card.paid_minor)}" if card.paid_on else "none yet"),
        (
            "To pay",
            coins(card.balance_minor)
            if card.balance_minor >= 0
            else f"nothing; in advance {coins(-card.balance_minor)}",
        ),
    ]
    facts.extend((f"  {one.article_code}", coins(one.balance_minor)) for one in card.owed)
    for name, value in facts:
        if value:
            say(f"{name:<14}{value}")
    if card.points:
        show_table(
            ["Point", "Resource", "Tariff", "Meter", "Zone", "Ratio", "Read on", "kWh", "How"],
            [_row(point) for point in card.points],
        )
    for place in dict.fromkeys(point.place for point in card.points if point.place):
        say(f"Supplied from {place}")


def _contract(card: "ConsumerCard") -> str:
    if card.contract_no is None:
        return "none in force"
    return f"{card.contract_no}, signed on {card.contract_signed_on}" if card.contract_signed_on else card.contract_no


def _row(point: "CardPoint") -> tuple[object, ...]:
    tariff = point.tariff_code or ""
    if point.variant_code not in (None, "all"):
        tariff = f"{tariff} ({point.variant_code})"
    return (
        point.point_code, point.resource_code, tariff, point.serial_no or "no meter", point.zone_code or "",
        "" if point.ratio is None else point.ratio.normalize(), point.read_on or "",
        "" if point.value_kwh is None else point.value_kwh.normalize(), point.reading_kind or "",
    )  # fmt: skip
