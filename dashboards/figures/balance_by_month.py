"""Where the energy received into feeders went, month by month: useful supply and loss, stacked to what was received."""

from collections.abc import Sequence

import plotly.graph_objects as go

from dashboards import theme
from dashboards.figures.month_columns import first_to_draw, month_column, month_marks
from dashboards.queries.balance import MonthFigures
from dashboards.words.amounts import Scale, amount, separators, share_scale
from dashboards.words.catalogue import Words

HEIGHT_PIXELS = 230
_FEWEST_MONTHS = 7


def months_to_draw(months: Sequence[MonthFigures]) -> Sequence[MonthFigures]:
    """From the first month with a balance on."""
    return months[first_to_draw([month.received_kwh is not None for month in months], _FEWEST_MONTHS) :]


def balance_by_month(
    words: Words, months: Sequence[MonthFigures], provisional: Sequence[bool], scale: Scale
) -> go.Figure:
    """Columns per month under their loss share; a provisional month is hatched, one without a balance stays empty."""
    dates = [month.month for month in months]
    supply = month_column(
        words, dates, [month.balanced_supply_kwh for month in months], provisional,
        name=words.text("Useful supply"), color=theme.SUPPLY, scale=scale,
    )  # fmt: skip
    loss = month_column(
        words, dates, [month.loss_kwh for month in months], provisional,
        name=words.text("Loss"), color=theme.LOSS, scale=scale,
    )  # fmt: skip
    positions = list(range(len(months)))
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
            "xaxis": {"tickvals": positions, "ticktext": month_marks(words, dates), "tickangle": 0},
            "yaxis": {"nticks": 5, "tickformat": ",.2~f"},
            "separators": separators(words),
        },
    )


def _top(month: MonthFigures, scale: Scale) -> float | None:
    """Where the column ends: at what was received, or at what was supplied where that is more."""
    if month.received_kwh is None or month.balanced_supply_kwh is None:
        return None
    return float(max(month.received_kwh, month.balanced_supply_kwh) / scale.divisor)
