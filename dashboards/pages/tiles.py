"""The tiles at the top of a page: value, unit, change against the comparison, thirteen months, and where it leads."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboards.figures.spark import spark_mask
from dashboards.words.amounts import Scale, amount, is_shown_as_zero, number
from dashboards.words.catalogue import Words


class GoodWhen(Enum):
    """Which direction of change is good; most figures are neither."""

    LOWER = -1
    NEITHER = 0
    HIGHER = 1


@dataclass(frozen=True)
class Tile:
    """One figure; `months` end with the shown one, `base` is the compared value, None is not known."""

    key: str
    title: str
    definition: str
    scale: Scale
    months: Sequence[Decimal | None]
    base: Decimal | None
    good_when: GoodWhen = GoodWhen.NEITHER
    href: str | None = None
    unknown: str | None = None
    """What is said in place of a value, where more is known than that it is not known."""
    note: str | None = None

    @property
    def value(self) -> Decimal | None:
        return self.months[-1]


def tile_row(words: Words, tiles: Sequence[Tile], provisional: Sequence[bool], base_name: str) -> Component:
    return html.Div([_tile(words, tile, provisional, base_name) for tile in tiles], className="tiles")


def _tile(words: Words, tile: Tile, provisional: Sequence[bool], base_name: str) -> Component:
    value = html.Span(
        amount(words, tile.value, tile.scale) if tile.value is not None else tile.unknown or words.text("not known"),
        id=f"tile-{tile.key}",
        className="tile-value" if tile.value is not None else "tile-value tile-unknown",
    )
    body = [
        dmc.Text(tile.title, className="tile-title"),
        html.Div([value, html.Span(tile.scale.unit if tile.value is not None else "", className="tile-unit")]),
        _change(words, tile, base_name),
        html.Div(tile.note, className="tile-note", title=tile.note) if tile.note else None,
        html.Div(className="tile-spark", style={"maskImage": spark_mask(tile.months, provisional)}),
    ]
    if tile.href is None:
        return html.Div(body, className="tile", title=tile.definition)
    return dmc.Anchor(body, href=tile.href, className="tile", underline="never", anchorProps={"title": tile.definition})


def _change(words: Words, tile: Tile, base_name: str) -> Component:
    if tile.value is None or tile.base is None:
        return html.Div("\N{NO-BREAK SPACE}", className="tile-change")
    change = tile.value - tile.base
    if tile.scale.unit == "%":
        shown = words.text("{points} points", points=amount(words, change, tile.scale, signed=True))
    else:
        shown = amount(words, change, tile.scale, signed=True)
        if tile.base != 0:
            shown += f" ({number(words, change / abs(tile.base) * 100, 1, signed=True)} %)"
    # A loss below nothing is no good news but a question.
    is_telling = tile.value >= 0 and not is_shown_as_zero(change, tile.scale)
    direction = (change > 0) - (change < 0) if is_telling else 0
    colour = {1: "good", -1: "bad"}.get(direction * tile.good_when.value, "")
    return html.Div(shown, className=f"tile-change {colour}", title=words.text("Change on {month}", month=base_name))
