"""The frame of every page: the name, the questions, the language, the user. What fills it is made by each page."""

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboards import theme
from dashboards.addresses import Address, Question
from dashboards.words.catalogue import LANGUAGES, Words


def shell() -> Component:
    """The layout before any figure is known: a frame with a skeleton, so that no page is ever blank."""
    return dmc.MantineProvider(
        [
            dcc.Location(id="address", refresh=False),
            dcc.Store(id="tab-title"),
            html.Div(id="navigation", className="navigation"),
            html.Main(
                [dmc.Skeleton(h=28, w=320, mb="md"), dmc.Skeleton(h=92, mb="md"), dmc.Skeleton(h=300)], id="page"
            ),
        ],
        theme=theme.MANTINE,
        forceColorScheme="light",
    )


def navigation(words: Words, address: Address | None, asked: str, login: str) -> list[Component]:
    """The line of questions; the place and month go along from one question to the next.

    Args:
        asked: the address as the browser wrote it. A click before the line is drawn for a new place waits for that
            (assets/navigation.js).
    """
    titles = {
        Question.BALANCE: words.text("Balance"),
        Question.LOSSES: words.text("Losses"),
        Question.RECEIVABLES: words.text("Receivables"),
        Question.MIGRATION: words.text("Migration"),
    }
    links = [
        dmc.Anchor(
            title,
            href=address.asking(question).href if address else f"/{question.value}",
            className="question question-here" if address and address.question is question else "question",
            underline="never",
        )
        for question, title in titles.items()
    ]
    languages = [
        html.A(
            locale.upper(),
            href=f"/language/{locale}",
            title=name,
            lang=locale,
            className="language language-here" if locale == words.locale else "language",
        )
        for locale, name in LANGUAGES.items()
    ]
    return [
        dmc.Anchor("Wattbook", href="/", className="brand", underline="never", refresh=True),
        html.Nav(links, className="questions", **{"data-of": asked}),
        html.Div(languages, className="languages"),
        html.Span(login, className="user", title=words.text("Signed-in user, whose rights hold here")),
    ]
