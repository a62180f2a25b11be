"""A picture on a page under its title in three lines: whose figures, what in which unit, when."""

import plotly.graph_objects as go
from dash import dcc, html
from dash.development.base_component import Component

from dashboards import theme


def picture(figure: go.Figure, height_pixels: int, *, whose: str, what: str, when: str) -> Component:
    """The title is text of the page, so that it wraps on a narrow screen; `figure` has none of its own."""
    return html.Figure(
        [
            html.Figcaption([html.B(whose), html.Div(what), html.Div(when)]),
            dcc.Graph(
                id="picture", figure=figure, config=theme.GRAPH_CONFIG, responsive=True,
                style={"height": f"{height_pixels}px"},
            ),
        ],
        className="picture",
    )  # fmt: skip
