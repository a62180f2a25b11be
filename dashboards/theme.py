"""The look of every screen: colours, type and the one Plotly template.

Colour means alarm: figures are dark, the compared period grey, only loss and variance are coloured. What the
colours are used for is decided in `figures` and `pages`; sizes and spacing of HTML are in `assets/wattbook.css`.
"""

from typing import Any

import plotly.graph_objects as go

INK = "#1f2a37"
SUPPLY = "#44546a"
LOSS = "#c2410c"
COMPARED = "#a3acb8"
GRID = "#e4e7ec"
PAPER = "#ffffff"
FONT = "'Segoe UI', Roboto, 'Helvetica Neue', 'DejaVu Sans', Arial, sans-serif"

MANTINE: dict[str, Any] = {
    "fontFamily": FONT,
    "primaryColor": "ink",
    "primaryShade": 7,
    "defaultRadius": "sm",
    "colors": {
        "ink": [
            "#f3f5f8", "#e4e8ee", "#c9d1dc", "#a9b5c5", "#8896ab", "#667891", "#4f607a", "#3b4a61", "#2a3648",
            "#1f2a37",
        ]
    },
    "headings": {"fontFamily": FONT, "fontWeight": "600"},
}  # fmt: skip

TEMPLATE = go.layout.Template(
    layout={
        "font": {"family": FONT, "size": 13, "color": INK},
        "paper_bgcolor": PAPER,
        "plot_bgcolor": PAPER,
        "colorway": [SUPPLY, LOSS, COMPARED],
        "margin": {"l": 4, "r": 4, "t": 28, "b": 4},
        "xaxis": {"automargin": True, "showgrid": False, "zeroline": False, "fixedrange": True},
        "yaxis": {"automargin": True, "gridcolor": GRID, "zerolinecolor": INK, "fixedrange": True},
        "bargap": 0.3,
        "dragmode": False,
        "hoverlabel": {"bgcolor": PAPER, "bordercolor": GRID, "font": {"color": INK, "family": FONT}},
    }
)  # fmt: skip

GRAPH_CONFIG = {"displayModeBar": False, "displaylogo": False, "plotlyServerURL": "", "showTips": False}
"""No tool bar, no logo and no address of an outside service."""
