"""Receivables: what a place was owed, charged and paid in a month, what it collected against its target, and who owes.

The tables below the picture are in `receivables_tables`.
"""

from datetime import date
from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboards.addresses import months_earlier
from dashboards.figures.collection_by_month import HEIGHT_PIXELS, collection_by_month, months_to_draw
from dashboards.pages.asking import Asking
from dashboards.pages.pictures import picture
from dashboards.pages.receivables_tables import (
    article_table,
    channel_table,
    child_href,
    children_table,
    debt_table,
    money_scale_of,
)
from dashboards.pages.scene import Scene, ShownInstead, set_scene, span_text, top_line
from dashboards.pages.states import state
from dashboards.pages.tiles import GoodWhen, Tile, tile_row
from dashboards.queries.places import LEVELS
from dashboards.queries.receivables import (
    ChildMoney,
    MonthOfMoney,
    count_without_figures,
    debts,
    money_by_article,
    money_by_channel,
    money_by_child,
    money_by_month,
)
from dashboards.words.amounts import amount, is_shown_as_zero, month_name, share_scale

_MONTHS_DRAWN = 24
_MOST_NAMES_IN_THE_MESSAGE = 3


def receivables_page(asking: Asking) -> tuple[str, list[Component]]:
    scene = set_scene(asking, months_known=_MONTHS_DRAWN)
    unit = scene.place.unit
    name = unit.name(asking.words.locale)
    title = f"{name} · {asking.text('Receivables')}"
    if LEVELS.index(unit.level) > LEVELS.index("res"):
        raise _no_money_so_deep(asking, scene)
    first_month = months_earlier(min(scene.month, scene.base_month), _MONTHS_DRAWN - 1)
    by_month = money_by_month(asking.reader, scene.place, first_month, scene.month)
    shown = by_month[scene.month]
    if not shown.is_known:
        sentence = asking.text(
            "No money of {place} is known in {month}; choose another month or place.",
            place=name, month=month_name(asking.words, scene.month),
        )  # fmt: skip
        return title, [top_line(asking, scene), state(asking.text("Nothing here yet"), sentence)]
    children = money_by_child(asking.reader, scene.place, scene.month, scene.base_month)
    return title, [
        top_line(asking, scene),
        html.P(_message(asking, scene, shown, children), id="message"),
        _tiles(asking, scene, by_month),
        _picture(asking, scene, by_month),
        *_tables(asking, scene, shown, by_month.get(scene.base_month), children),
    ]


def _message(asking: Asking, scene: Scene, shown: MonthOfMoney, children: list[ChildMoney]) -> list[Any]:
    """The month in words: what was collected against the target, where half of the rest is, how the debt moved."""
    words = asking.words
    parts = [_collection_in_words(asking, scene, shown)]
    half = [child for child in children if child.is_in_first_half and child.figures["uncollected_minor"] > 0]
    if 0 < len(half) <= _MOST_NAMES_IN_THE_MESSAGE and len(half) < len(children):
        names = words.listing(
            dmc.Anchor(child.unit.name(words.locale), href=child_href(asking, scene, child)) for child in half
        )
        parts += [" ", *words.sentence("Half of what was not collected is in {units}.", units=html.Span(names))]
    parts += [" ", _debt_in_words(asking, shown)]
    without = count_without_figures(asking.reader, scene.place, scene.month)
    if without and children:
        parts += [
            " ",
            words.count(
                "{count} unit under it has no figures in this month.",
                "{count} units under it have no figures in this month.",
                without,
            ),
        ]
    return parts


def _collection_in_words(asking: Asking, scene: Scene, shown: MonthOfMoney) -> str:
    words, points = asking.words, share_scale()
    coins = money_scale_of(asking, (shown.paid_minor,))
    figures = {
        "place": scene.place.unit.name(words.locale),
        "month": month_name(words, scene.month),
        "paid": f"{amount(words, shown.paid_minor, coins)} {coins.unit}",
    }
    if shown.collection_share is None:
        return words.text(
            "No share can be told for {place} in {month}: {why}; {paid} was paid.",
            **figures, why=_why_no_share(asking, shown),
        )  # fmt: skip
    figures["share"] = f"{amount(words, shown.collection_share, points)} %"
    if shown.target_share is None:
        return words.text("{place} was paid {share} of what it charged in {month}; no target is set.", **figures)
    figures["target"] = f"{amount(words, shown.target_share, points)} %"
    figures["points"] = amount(words, abs(shown.above_target_share), points)
    if is_shown_as_zero(shown.above_target_share, points):
        return words.text("{place} was paid {share} of what it charged in {month}, as its target asks.", **figures)
    if shown.above_target_share > 0:
        return words.text(
            "{place} was paid {share} of what it charged in {month}, {points} points more than its target of {target}.",
            **figures,
        )
    return words.text(
        "{place} was paid {share} of what it charged in {month}, {points} points less than its target of {target}.",
        **figures,
    )


def _why_no_share(asking: Asking, shown: MonthOfMoney) -> str | None:
    if shown.collection_share is not None:
        return None
    return asking.text("nothing charged") if shown.charged_minor == 0 else asking.text("more taken back than charged")


def _debt_in_words(asking: Asking, shown: MonthOfMoney) -> str:
    words = asking.words
    coins = money_scale_of(asking, (shown.debt_minor, shown.debt_growth_minor))
    figures = {
        "debt": f"{amount(words, shown.debt_minor, coins)} {coins.unit}",
        "change": f"{amount(words, abs(shown.debt_growth_minor), coins)} {coins.unit}",
    }
    if is_shown_as_zero(shown.debt_growth_minor, coins):
        return words.text("The debt stayed at {debt}.", **figures)
    if shown.debt_growth_minor > 0:
        return words.text("The debt grew by {change} to {debt}.", **figures)
    return words.text("The debt fell by {change} to {debt}.", **figures)


def _tiles(asking: Asking, scene: Scene, by_month: dict[date, MonthOfMoney]) -> Component:
    words = asking.words
    months = [by_month[month] for month in scene.shown_months]
    shown, base = months[-1], by_month.get(scene.base_month)
    coins = money_scale_of(
        asking, (shown.opening_minor, shown.charged_minor, shown.paid_minor, shown.debt_minor, shown.overpaid_minor)
    )

    def figures(key: str) -> dict[str, Any]:
        return {"key": key, "months": [getattr(month, key) for month in months], "base": base and getattr(base, key)}

    tiles = [
        Tile(
            title=words.text("Opening balance"), scale=coins,
            definition=words.text(
                "Owed less in advance at the start of the month, with balances taken over from the old program in it"
            ),
            **figures("opening_minor"),
        ),
        Tile(
            title=words.text("Charged"), scale=coins,
            definition=words.text("Bills, services and penalties entered in the month, VAT included"),
            **figures("charged_minor"),
        ),
        Tile(
            title=words.text("Paid"), scale=coins, good_when=GoodWhen.HIGHER,
            definition=words.text("Payments entered in the month, less those taken back"),
            **figures("paid_minor"),
        ),
        Tile(
            title=words.text("Collected"), scale=share_scale(), good_when=GoodWhen.HIGHER,
            definition=words.text(
                "Paid in the month as a share of what was charged in it, all articles together; "
                "none where nothing was charged"
            ),
            unknown=_why_no_share(asking, shown), note=_target_in_words(asking, scene, shown),
            **figures("collection_share"),
        ),
        Tile(
            title=words.text("Debt"), scale=coins, good_when=GoodWhen.LOWER,
            definition=words.text("Balances of those who owe at the end of the month, article by article"),
            **figures("debt_minor"),
        ),
        Tile(
            title=words.text("In advance"), scale=coins,
            definition=words.text(
                "Balances of those who paid ahead at the end of the month; money of unknown payers is in it"
            ),
            **figures("overpaid_minor"),
        ),
    ]  # fmt: skip
    return tile_row(words, tiles, scene.provisional, month_name(words, scene.base_month))


def _target_in_words(asking: Asking, scene: Scene, shown: MonthOfMoney) -> str:
    words = asking.words
    if shown.target_share is None:
        return words.text("no target is set")
    target = amount(words, shown.target_share, share_scale())
    if shown.target_unit_id == scene.place.unit.unit_id:
        return words.text("target {target} %", target=target)
    whose = shown.target_names.get(words.locale) or shown.target_names["en"]
    return words.text("target {target} %, that of {unit}", target=target, unit=whose)


def _picture(asking: Asking, scene: Scene, by_month: dict[date, MonthOfMoney]) -> Component:
    words = asking.words
    drawn = months_to_draw([by_month[months_earlier(scene.month, back)] for back in reversed(range(_MONTHS_DRAWN))])
    coins = money_scale_of(asking, [money for month in drawn for money in (month.charged_minor, month.paid_minor)])
    return picture(
        collection_by_month(words, drawn, [scene.is_provisional(month.month) for month in drawn], coins),
        HEIGHT_PIXELS,
        whose=scene.place.unit.name(words.locale),
        what=words.text("Charged and paid, {unit}; collected, %", unit=coins.unit),
        when=span_text(asking, scene, drawn[0].month),
    )


def _tables(
    asking: Asking, scene: Scene, shown: MonthOfMoney, base: MonthOfMoney | None, children: list[ChildMoney]
) -> list[Component]:
    words, reader, place = asking.words, asking.reader, scene.place
    tables = []
    if children:
        tables += [
            _heading(words.text("Places under it, largest sum not collected first")),
            children_table(asking, scene, shown, base, children),
        ]
    tables += [
        _heading(words.text("By article")),
        article_table(asking, shown, money_by_article(reader, place, scene.month)),
    ]
    owed = debts(reader, place, scene.month)
    tables += [
        _heading(words.text("Debt by age, article and year of origin")),
        debt_table(asking, owed) if owed else html.P(words.text("Nothing is owed and nothing is in advance.")),
    ]
    channels = money_by_channel(reader, place, scene.month, scene.base_month)
    tables += [
        _heading(words.text("Payments by means of payment")),
        channel_table(asking, scene, shown, base, channels)
        if channels
        else html.P(words.text("No payment is entered in this month.")),
    ]
    return tables


def _heading(title: str) -> Component:
    return dmc.Title(title, order=2, size="h4", className="table-title")


def _no_money_so_deep(asking: Asking, scene: Scene) -> ShownInstead:
    units = scene.place.units
    name = scene.place.unit.name(asking.words.locale)
    sentence = asking.text("Money is kept by RES and above, not for {place}.", place=name)
    above = [
        (unit.name(asking.words.locale), asking.address.at(*scene.place.steps_to(position, asking.top_code)).href)
        for position, unit in enumerate(units)
        if unit.level == "res"
    ]
    return ShownInstead(name, html.Div([top_line(asking, scene), state(name, sentence, above)]))
