"""What was charged and what was paid, month by month side by side, under the share that was collected."""

from collections.abc import Sequence

import plotly.graph_objects as go

from dashboards import theme
from dashboards.figures.month_columns import first_to_draw, month_column, month_marks
from dashboards.queries.receivables import MonthOfMoney
from dashboards.words.amounts import Scale, amount, separators, share_scale
from dashboards.words.catalogue import Words

HEIGHT_PIXELS = 230
_FEWEST_MONTHS = 7


def months_to_draw(months: Sequence[MonthOfMoney]) -> Sequence[MonthOfMoney]:
    """From the first month with money on."""
    return months[first_to_draw([month.is_known for month in months], _FEWEST_MONTHS) :]


def collection_by_month(
    words: Words, months: Sequence[MonthOfMoney], provisional: Sequence[bool], scale: Scale
) -> go.Figure:
    """Two columns a month; a provisional month is hatched, one without money stays empty."""
    dates = [month.month for month in months]
    charged = month_column(
        words, dates, [month.charged_minor for month in months], provisional,
        name=words.text("Charged"), color=theme.COMPARED, scale=scale,
    )  # fmt: skip
    paid = month_column(
        words, dates, [month.paid_minor for month in months], provisional,
        name=words.text("Paid"), color=theme.SUPPLY, scale=scale,
    )  # fmt: skip
    positions = list(range(len(months)))
    shares = go.Scatter(
        x=positions,
        y=[_top(month, scale) for month in months],
        text=[amount(words, month.collection_share, share_scale(0)) for month in months],
        mode="text",
        textposition="top center",
        textfont={"color": theme.INK, "size": 12},
        cliponaxis=False,
        showlegend=False,
        hoverinfo="skip",
    )
    return go.Figure(
        [charged, paid, shares],
        {
            "template": theme.TEMPLATE,
            "barmode": "group",
            "bargroupgap": 0.05,
            "legend": {"orientation": "h", "x": 1, "xanchor": "right", "y": 1.16, "yanchor": "bottom"},
            "margin": {"t": 46},
            "xaxis": {"tickvals": positions, "ticktext": month_marks(words, dates), "tickangle": 0},
            "yaxis": {"nticks": 5, "tickformat": ",.2~f"},
            "separators": separators(words),
        },
    )


def _top(month: MonthOfMoney, scale: Scale) -> float | None:
    """Where the higher of the two columns ends, or the axis where both go down."""
    if month.charged_minor is None or month.paid_minor is None:
        return None
    return float(max(month.charged_minor, month.paid_minor, 0) / scale.divisor)
