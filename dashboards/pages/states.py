"""What a page shows instead of figures: nothing built, nothing here, no right, a wrong address, the database away."""

from collections.abc import Sequence

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component


def state(title: str, sentence: str, links: Sequence[tuple[str, str]] = ()) -> Component:
    """A title, one sentence that says what to do, and where to go from here (words, address)."""
    return dmc.Paper(
        [
            dmc.Title(title, order=2, size="h3"),
            dmc.Text(sentence, className="state-sentence", mt="sm"),
            html.Ul([html.Li(dmc.Anchor(words, href=href)) for words, href in links], className="state-links")
            if links
            else None,
        ],
        withBorder=True,
        p="xl",
        className="state",
        id="state",
    )
