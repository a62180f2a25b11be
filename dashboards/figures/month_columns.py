"""What pictures of months share: their marks on the axis, and a column a month that is hatched while it is open."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import plotly.graph_objects as go

from dashboards import theme
from dashboards.words.amounts import Scale, amount, month_abbreviation, month_short
from dashboards.words.catalogue import Words


def month_marks(words: Words, months: Sequence[date]) -> list[str]:
    """Short names; the year stands under its first month."""
    return [
        month_abbreviation(words, month) + (f"<br>{month.year}" if not position or month.month == 1 else "")
        for position, month in enumerate(months)
    ]


def first_to_draw(is_known: Sequence[bool], fewest: int) -> int:
    """The first known month, but not so few from it on that columns become doors."""
    known = (position for position, known in enumerate(is_known) if known)
    return min(next(known, len(is_known)), max(len(is_known) - fewest, 0))


def month_column(
    words: Words,
    months: Sequence[date],
    values: Sequence[Decimal | None],
    provisional: Sequence[bool],
    *,
    name: str,
    color: str,
    scale: Scale,
) -> go.Bar:
    """A column for each month; one that is not known stays empty."""
    return go.Bar(
        x=list(range(len(months))),
        y=[None if value is None else float(value / scale.divisor) for value in values],
        name=name,
        marker={
            "color": color,
            "line": {"color": color, "width": 1},
            "pattern": {
                "shape": ["/" if is_provisional else "" for is_provisional in provisional],
                "fgcolor": color,
                "bgcolor": theme.PAPER,
                "size": 6,
            },
        },
        customdata=[
            [month_short(words, month), amount(words, value, scale)]
            for month, value in zip(months, values, strict=True)
        ],
        hovertemplate=f"%{{customdata[0]}}<br>{name}: %{{customdata[1]}} {scale.unit}<extra></extra>",
    )
