"""Where the energy received into feeders went, month by month: useful supply and loss, stacked to what was received."""

from collections.abc import Sequence
from decimal import Decimal

import plotly.graph_objects as go

from dashboards import theme
from dashboards.queries.balance import MonthFigures
from dashboards.words.amounts import Scale, amount, month_abbreviation, month_short, separators, share_scale
from dashboards.words.catalogue import Words

HEIGHT_PIXELS = 230
_FEWEST_MONTHS = 7


def months_to_draw(months: Sequence[MonthFigures]) -> Sequence[MonthFigures]:
    """From the first month with a balance on, but not so few that columns become doors."""
    known = (position for position, month in enumerate(months) if month.received_kwh is not None)
    return months[min(next(known, len(months)), max(len(months) - _FEWEST_MONTHS, 0)) :]


def balance_by_month(
    words: Words, months: Sequence[MonthFigures], provisional: Sequence[bool], scale: Scale
) -> go.Figure:
    """Columns per month under their loss share; a provisional month is hatched, one without a balance stays empty."""
    positions = list(range(len(months)))

    def column(values: list[Decimal | None], name: str, color: str) -> go.Bar:
        return go.Bar(
            x=positions,
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
                [month_short(words, month.month), amount(words, value, scale)]
                for month, value in zip(months, values, strict=True)
            ],
            hovertemplate=f"%{{customdata[0]}}<br>{name}: %{{customdata[1]}} {scale.unit}<extra></extra>",
        )

    supply = column([month.balanced_supply_kwh for month in months], words.text("Useful supply"), theme.SUPPLY)
    loss = column([month.loss_kwh for month in months], words.text("Loss"), theme.LOSS)
    shares = go.Scatter(
        x=positions,
        y=[_top(month, scale) for month in months],
        text=[amount(words, month.loss_share, share_scale()) for month in months],
        mode="text",
        textposition="top center",
        textfont={"color": theme.INK, "size": 12},
        cliponaxis=False,
        showlegend=False,
        hoverinfo="skip",
    )
    return go.Figure(
        [supply, loss, shares],
        {
            "template": theme.TEMPLATE,
            "barmode": "relative",
            "legend": {"orientation": "h", "x": 1, "xanchor": "right", "y": 1.16, "yanchor": "bottom"},
            "margin": {"t": 46},
            "xaxis": {"tickvals": positions, "ticktext": _month_marks(words, months), "tickangle": 0},
            "yaxis": {"nticks": 5, "tickformat": ",.2~f"},
            "separators": separators(words),
        },
    )


def _top(month: MonthFigures, scale: Scale) -> float | None:
    """Where the column ends: at what was received, or at what was supplied where that is more."""
    if month.received_kwh is None or month.balanced_supply_kwh is None:
        return None
    return float(max(month.received_kwh, month.balanced_supply_kwh) / scale.divisor)


def _month_marks(words: Words, months: Sequence[MonthFigures]) -> list[str]:
    """Short names; the year stands under its first month."""
    return [
        month_abbreviation(words, month.month)
        + (f"<br>{month.month.year}" if not position or month.month.month == 1 else "")
        for position, month in enumerate(months)
    ]
