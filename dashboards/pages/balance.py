"""Balance: what a place received, supplied, lost, charged and was paid in a month, and the units directly under it."""

from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboards.addresses import Question
from dashboards.figures.balance_by_month import HEIGHT_PIXELS, balance_by_month, months_to_draw
from dashboards.pages.asking import Asking
from dashboards.pages.grids import Column, Row, grid
from dashboards.pages.pictures import picture
from dashboards.pages.scene import Scene, level_name, set_scene, span_text, top_line
from dashboards.pages.tiles import GoodWhen, Tile, tile_row
from dashboards.queries.balance import ChildFigures, MonthFigures, figures_by_child, figures_by_month
from dashboards.queries.currency import currency
from dashboards.words.amounts import (
    amount,
    energy_scale,
    is_shown_as_zero,
    money_scale,
    month_name,
    month_short,
    number,
    points_scale,
    share_scale,
)

_MOST_NAMES_IN_THE_MESSAGE = 3


def balance_page(asking: Asking) -> tuple[str, list[Component]]:
    scene = set_scene(asking)
    first_month = min(scene.shown_months[0], scene.base_month)
    by_month = figures_by_month(asking.reader, scene.place, first_month, scene.month)
    children = figures_by_child(asking.reader, scene.place, scene.month, scene.base_month)
    months = [by_month[month] for month in scene.shown_months]
    name = scene.place.unit.name(asking.words.locale)
    return f"{name} · {asking.text('Balance')}", [
        top_line(asking, scene),
        html.P(_message(asking, scene, by_month, children), id="message"),
        _tiles(asking, scene, by_month),
        balance_picture(asking, scene, months),
        _children_table(asking, scene, months[-1], by_month.get(scene.base_month), children) if children else None,
    ]


def balance_picture(asking: Asking, scene: Scene, months: list[MonthFigures]) -> Component | None:
    """The way of the energy received, month by month; nothing where no month has a balance."""
    if all(month.received_kwh is None for month in months):
        return None
    scale = energy_scale(asking.words, (months[-1].supply_kwh, months[-1].received_kwh))
    drawn = months_to_draw(months)
    return picture(
        balance_by_month(asking.words, drawn, [scene.is_provisional(month.month) for month in drawn], scale),
        HEIGHT_PIXELS,
        whose=scene.place.unit.name(asking.words.locale),
        what=asking.text("Energy received into feeders with a stated balance, {unit}; loss share, %", unit=scale.unit),
        when=span_text(asking, scene, drawn[0].month),
    )


def _message(
    asking: Asking, scene: Scene, by_month: dict[Any, MonthFigures], children: list[ChildFigures]
) -> list[Any]:
    """The month in words: how much was lost, against the comparison, where half of it is, how much is not stated."""
    shown, base = by_month[scene.month], by_month.get(scene.base_month)
    place, month = scene.place.unit.name(asking.words.locale), month_name(asking.words, scene.month)
    parts = _loss_in_words(asking, scene, shown, base, place, month)
    half = [child for child in children if child.is_in_first_half and child.unit is not None]
    if shown.loss_share is not None and 0 < len(half) <= _MOST_NAMES_IN_THE_MESSAGE and len(half) < len(children):
        names = asking.words.listing(_link(asking, scene, child) for child in half)
        parts += [" ", *asking.words.sentence("Half of the loss is in {units}.", units=html.Span(names))]
    if 0 < shown.stated_feeder_count < shown.feeder_count:
        parts += [" ", *_statement_coverage(asking, shown)]
    return parts


def _loss_in_words(
    asking: Asking, scene: Scene, shown: MonthFigures, base: MonthFigures | None, place: str, month: str
) -> list[Any]:
    words = asking.words
    if shown.feeder_count == 0:
        return words.sentence("{place} has no feeder of its own: no loss is stated at this level.", place=place)
    if shown.loss_share is None:
        feeders = dmc.Anchor(
            words.count("{count} feeder", "{count} feeders", shown.feeder_count),
            href=asking.address.asking(Question.LOSSES).href,
        )
        return words.sentence(
            "No loss can be stated for {place} in {month}: {feeders}, none with a whole balance.",
            place=place, month=month, feeders=feeders,
        )  # fmt: skip
    points = share_scale()
    figures = {
        "place": place,
        "month": month,
        "share": dmc.Anchor(
            f"{amount(words, abs(shown.loss_share), points)} %", href=asking.address.asking(Question.LOSSES).href
        ),
        "base": month_name(words, scene.base_month),
    }
    if shown.loss_share < 0:
        return words.sentence("{place} supplied {share} more than its feeders received in {month}.", **figures)
    if base is None or base.loss_share is None:
        return words.sentence("{place} lost {share} of the energy received in {month}.", **figures)
    change = shown.loss_share - base.loss_share
    figures["points"] = amount(words, abs(change), points)
    if is_shown_as_zero(change, points):
        return words.sentence("{place} lost {share} of the energy received in {month}, as in {base}.", **figures)
    if change > 0:
        return words.sentence(
            "{place} lost {share} of the energy received in {month}, {points} points more than in {base}.", **figures
        )
    return words.sentence(
        "{place} lost {share} of the energy received in {month}, {points} points less than in {base}.", **figures
    )


def _statement_coverage(asking: Asking, shown: MonthFigures) -> list[Any]:
    return asking.words.sentence(
        "A loss is stated for {stated} of {all} feeders.",
        stated=number(asking.words, shown.stated_feeder_count),
        all=dmc.Anchor(number(asking.words, shown.feeder_count), href=asking.address.asking(Question.LOSSES).href),
    )


def _link(asking: Asking, scene: Scene, child: ChildFigures) -> Component:
    return dmc.Anchor(child.unit.name(asking.words.locale), href=_child_href(asking, scene, child))


def _child_href(asking: Asking, scene: Scene, child: ChildFigures) -> str:
    return asking.address.at(*scene.place.steps(asking.top_code), child.unit.code).href


def _tiles(asking: Asking, scene: Scene, by_month: dict[Any, MonthFigures]) -> Component:
    words, money = asking.words, currency(asking.reader)
    losses_href = asking.address.asking(Question.LOSSES).href
    money_href = asking.address.asking(Question.RECEIVABLES).href
    shown = [by_month[month] for month in scene.shown_months]
    base = by_month.get(scene.base_month)

    def figures(key: str) -> dict[str, Any]:
        return {"key": key, "months": [getattr(month, key) for month in shown], "base": base and getattr(base, key)}

    energy = energy_scale(words, (shown[-1].supply_kwh, shown[-1].received_kwh))
    coins = money_scale(
        words, (shown[-1].charge_minor, shown[-1].paid_minor, shown[-1].debt_minor), money.code, money.minor_per_major
    )
    tiles = [
        Tile(
            title=words.text("Loss share"), scale=share_scale(), good_when=GoodWhen.LOWER, href=losses_href,
            definition=words.text("Loss as a share of the energy received, over feeders with a stated balance"),
            **figures("loss_share"),
        ),
        Tile(
            title=words.text("Loss"), scale=energy, good_when=GoodWhen.LOWER, href=losses_href,
            definition=words.text("Energy received less useful supply, over feeders with a stated balance"),
            **figures("loss_kwh"),
        ),
        Tile(
            title=words.text("Useful supply"), scale=energy,
            definition=words.text("Energy of all consumers used in the month"), **figures("supply_kwh"),
        ),
        Tile(
            title=words.text("Charged"), scale=coins,
            definition=words.text("Bills entered in the month, VAT included"), **figures("charge_minor"),
        ),
        Tile(
            title=words.text("Paid"), scale=coins, good_when=GoodWhen.HIGHER, href=money_href,
            definition=words.text("Payments entered in the month; kept by RES and above"), **figures("paid_minor"),
        ),
        Tile(
            title=words.text("Debt"), scale=coins, good_when=GoodWhen.LOWER, href=money_href,
            definition=words.text("Owed by consumers at the end of the month; kept by RES and above"),
            **figures("debt_minor"),
        ),
    ]  # fmt: skip
    kept = [tile for tile in tiles if any(value is not None for value in tile.months)]
    return tile_row(words, kept, scene.provisional, month_name(words, scene.base_month))


def _children_table(
    asking: Asking, scene: Scene, total: MonthFigures, base_total: MonthFigures | None, children: list[ChildFigures]
) -> Component:
    words, money = asking.words, currency(asking.reader)
    levels = {child.unit.level for child in children if child.unit is not None}
    energy = energy_scale(words, (total.supply_kwh, total.received_kwh))
    coins = money_scale(
        words, (total.charge_minor, total.paid_minor, total.debt_minor), money.code, money.minor_per_major
    )
    base = month_short(words, scene.base_month)
    columns = [
        Column("name", level_name(asking, levels.pop()) if len(levels) == 1 else words.text("Unit"), width=170),
        Column("loss_kwh", words.text("Loss"), energy),
        Column("loss_share", words.text("Loss share"), share_scale(), width=96),
        Column(
            "loss_share_change", words.text("Change on {month}", month=base), points_scale(words),
            is_change=True, good_when_lower=True, width=128,
        ),
        Column("received_kwh", words.text("Received"), energy, tip=words.text("Into feeders with a stated balance")),
        Column("balanced_supply_kwh", words.text("Supplied from it"), energy),
        Column("supply_kwh", words.text("Useful supply"), energy, tip=words.text("Of all consumers")),
        Column("charge_minor", words.text("Charged"), coins),
        Column("paid_minor", words.text("Paid"), coins),
        Column("debt_minor", words.text("Debt"), coins),
    ]  # fmt: skip
    filled = [
        column
        for column in columns
        if column.field == "name" or any(child.figures[column.field] is not None for child in children)
    ]
    rows = [
        Row(
            {
                **child.figures,
                "name": child.unit.name(words.locale) if child.unit else words.text("Directly on this unit"),
            },
            href=_child_href(asking, scene, child) if child.unit else None,
            remark=_remark(asking, child),
        )
        for child in children
    ]
    is_compared = base_total is not None and None not in (total.loss_share, base_total.loss_share)
    change = total.loss_share - base_total.loss_share if is_compared else None
    total_row = Row({**vars(total), "name": words.text("Total"), "loss_share_change": change})
    return grid(words, "children", filled, rows, total=total_row, sort=asking.address.sort)


def _remark(asking: Asking, child: ChildFigures) -> str | None:
    unstated = child.figures["feeder_count"] - child.figures["stated_feeder_count"]
    if unstated:
        return asking.words.count(
            "no loss stated for {count} of {all} feeders",
            "no loss stated for {count} of {all} feeders",
            unstated,
            all=child.figures["feeder_count"],
        )
    if child.unit is not None and not child.unit.is_verified:
        return asking.text("not verified")
    return None
