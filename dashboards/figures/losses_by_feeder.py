"""The feeders that lost most in a month, as bars from top to bottom."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from dashboards import theme
from dashboards.words.amounts import Scale, amount, share_scale
from dashboards.words.catalogue import Words

MOST_BARS = 12
_BAR_PIXELS = 24
_LONGEST_NAME = 24
_HOLDS_ITS_LABEL = 0.6
"""The share of the longest bar that is wide enough for a label even on a phone."""


def height_pixels(bar_count: int) -> int:
    return 16 + _BAR_PIXELS * bar_count


def largest_losses(feeders: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Feeders that a bar is drawn for: the largest positive losses of the rows given."""
    losing = [feeder for feeder in feeders if feeder["loss_kwh"] is not None and feeder["loss_kwh"] > 0]
    return sorted(losing, key=lambda feeder: feeder["loss_kwh"], reverse=True)[:MOST_BARS]


def losses_by_feeder(words: Words, named_feeders: Sequence[tuple[dict[str, Any], str]], scale: Scale) -> go.Figure:
    """One bar a feeder in the order given, labelled with its loss and the share of what it received."""
    feeders, names = [feeder for feeder, _ in named_feeders], [name for _, name in named_feeders]
    labels = [_label(words, feeder, scale) for feeder in feeders]
    positions = list(range(len(feeders)))
    losses = [float(feeder["loss_kwh"] / scale.divisor) for feeder in feeders]
    largest = max(losses, default=1.0)
    return go.Figure(
        go.Bar(
            x=losses,
            y=positions,
            orientation="h",
            marker={"color": theme.LOSS},
            text=labels,
            textposition=["inside" if loss > _HOLDS_ITS_LABEL * largest else "outside" for loss in losses],
            constraintext="none",
            cliponaxis=False,
            outsidetextfont={"color": theme.INK, "size": 12},
            insidetextfont={"color": theme.PAPER, "size": 12},
            insidetextanchor="end",
            textangle=0,
            customdata=[f"{name}<br>{label}" for name, label in zip(names, labels, strict=True)],
            hovertemplate="%{customdata}<extra></extra>",
        ),
        {
            "template": theme.TEMPLATE,
            "margin": {"t": 4, "r": 4, "b": 4},
            # Room for the label of a bar that is too short to hold it.
            "xaxis": {"visible": False, "range": [0, largest * 1.25]},
            "yaxis": {
                "tickvals": positions,
                "ticktext": [_shortened(name) for name in names],
                "range": [len(feeders) - 0.5, -0.5],
                "showgrid": False,
                "tickfont": {"size": 12},
            },
        },
    )


def _label(words: Words, feeder: dict[str, Any], scale: Scale) -> str:
    loss = amount(words, feeder["loss_kwh"], scale)
    share = amount(words, feeder["loss_share"], share_scale())
    return f"{loss} · {share} %" if share else loss


def _shortened(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"
