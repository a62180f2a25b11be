"""The Dash application: one layout, one callback from address to page, and what guards every answer.

What a page shows belongs to `pages`; how the application is served, to `serving`.
"""

import logging
from collections.abc import Callable
from functools import cache
from urllib.parse import urlsplit

import flask
import flask.typing
import psycopg
from dash import ClientsideFunction, Dash, Input, Output, set_props
from dash.development.base_component import Component

from dashboards.addresses import Address, Question
from dashboards.pages.asking import Asking
from dashboards.pages.balance import balance_page
from dashboards.pages.losses import losses_page
from dashboards.pages.migration import migration_page
from dashboards.pages.receivables import receivables_page
from dashboards.pages.scene import ShownInstead
from dashboards.pages.shell import navigation, shell
from dashboards.pages.states import state
from dashboards.protocols import protocol_page
from dashboards.queries.places import find_place, home_codes, top_code
from dashboards.reading import NothingBuilt, Reader
from dashboards.row_lists import XLSX, rows_workbook
from dashboards.words.catalogue import LANGUAGES, Words, best_language
from dashboards.words.refusals import RefusedInWords, said
from operational_db.refusal import Refusal
from operational_db.settings import Settings

LANGUAGE_COOKIE = "wattbook_language"
OWN_HOSTS = frozenset({"127.0.0.1", "localhost"})

PAGES: dict[Question, Callable[[Asking], tuple[str, list[Component]]]] = {
    Question.BALANCE: balance_page,
    Question.LOSSES: losses_page,
    Question.RECEIVABLES: receivables_page,
    Question.MIGRATION: migration_page,
}

_PAGE_WITH_LANGUAGE = """<!DOCTYPE html>
<html lang="{language}">
<head>
{metas}
<title>{title}</title>
<link rel="icon" type="image/svg+xml" href="/assets/favicon.svg">
{css}
</head>
<body>
{app_entry}
<footer>
{config}
{scripts}
{renderer}
</footer>
</body>
</html>"""

_log = logging.getLogger("wattbook.screens")


class Screens(Dash):
    """The application with the sessions it reads by."""

    reader: Reader

    def close_sessions(self) -> None:
        self.reader.close()

    def interpolate_index(self, **parts: str) -> str:
        return _PAGE_WITH_LANGUAGE.format(language=_words().locale, **parts)


def create_app(settings: Settings, user_login: str) -> Screens:
    """The application for one user, whose rights decide what comes back; sign-in will put many in that place."""
    reader = Reader(settings, user_login)
    app = Screens(
        __name__,
        title="Wattbook",
        update_title=None,
        pages_folder="",
        use_pages=False,
        include_pages_meta=False,
        serve_locally=True,
        suppress_callback_exceptions=True,
        meta_tags=[{"name": "viewport", "content": "width=device-width, initial-scale=1"}],
        on_error=_show_that_it_failed,
    )
    app.reader = reader
    app.layout = shell()
    _register_callbacks(app, reader)
    _guard(app)
    _add_routes(app.server, reader)
    return app


def _register_callbacks(app: Screens, reader: Reader) -> None:
    @app.callback(
        Output("navigation", "children"),
        Output("page", "children"),
        Output("tab-title", "data"),
        Input("address", "pathname"),
        Input("address", "search"),
    )
    def show(pathname: str | None, search: str | None) -> tuple[list[Component], list[Component], str]:
        return _page(reader, _words(), pathname or "/", search or "")

    for name, elements in {
        "chooseMonth": (Input("month", "value"), Input("month-shown", "children")),
        "chooseComparison": (Input("comparison", "value"),),
        "nameTheTab": (Input("tab-title", "data"),),
    }.items():
        app.clientside_callback(ClientsideFunction("navigation", name), *elements, prevent_initial_call=True)


def _page(reader: Reader, words: Words, pathname: str, search: str) -> tuple[list[Component], list[Component], str]:
    address = None
    try:
        address = Address.read(pathname, search)
        top = top_code(reader)
        if top is None:
            raise NothingBuilt
        if address is None:
            raise RefusedInWords("Your rights do not cover any unit; ask an administrator for the right to see one.")
        title, body = PAGES[address.question](Asking(reader, words, address, top))
    except ShownInstead as instead:
        title, body = instead.title, [instead.body]
    except NothingBuilt as refusal:
        title = words.text("Nothing here yet")
        body = [state(title, said(words, refusal))]
    except Refusal as refusal:
        title = words.text("This cannot be shown")
        body = [state(title, said(words, refusal))]
    return navigation(words, address, pathname + (search or ""), reader.login), body, f"{title} · Wattbook"


def _words() -> Words:
    accepted = [language.split("-")[0] for language in flask.request.accept_languages.values()]
    return Words(best_language(flask.request.cookies.get(LANGUAGE_COOKIE), accepted))


def _show_that_it_failed(error: Exception) -> None:
    """A fault of ours: the log has the details, the reader has a sentence instead of a blank page."""
    _log.error("a page failed", exc_info=error)
    words = _words()
    sentence = (
        words.text("The database refused the question; run `wattbook doctor`, and see the log under var/log.")
        if isinstance(error, psycopg.Error)
        else words.text("Wattbook failed to make this page; the log under var/log says why.")
    )
    set_props("page", {"children": [state(words.text("This cannot be shown"), sentence)]})


def _guard(app: Screens) -> None:
    """Answers only to this machine, and a page may load nothing from anywhere else."""

    @cache  # asked for at the first answer, when Dash has put together its scripts
    def policy() -> str:
        return (
            "default-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'; object-src 'none'; "
            f"script-src 'self' {' '.join(app.csp_hashes())}; style-src 'self' 'unsafe-inline'; "
            "img-src 'self' data:; font-src 'self' data:"
        )

    @app.server.before_request
    def refuse_foreign_hosts() -> flask.Response | None:
        host = urlsplit(f"//{flask.request.host}").hostname
        if host not in OWN_HOSTS:
            return flask.Response("Wattbook answers at 127.0.0.1 only; open the address it printed.\n", 421)
        return None

    @app.server.after_request
    def add_headers(response: flask.Response) -> flask.Response:
        response.headers["Content-Security-Policy"] = policy()
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        return response


def _add_routes(server: flask.Flask, reader: Reader) -> None:
    @server.before_request
    def open_the_front_door() -> flask.typing.ResponseReturnValue | None:
        """The front door leads to the highest unit of the user."""
        if flask.request.path != "/":
            return None
        try:
            homes = home_codes(reader)
            top = top_code(reader)
        except Refusal:
            return None  # the page says it in full
        if not homes or top is None:
            return None
        steps = find_place(reader, homes[0]).steps(top)
        return flask.redirect(Address(Question.BALANCE, steps).href)

    @server.get("/protocol/<int:protocol_id>")
    def show_protocol(protocol_id: int) -> flask.typing.ResponseReturnValue:
        try:
            page = protocol_page(reader, protocol_id)
        except Refusal as refusal:
            return flask.Response(said(_words(), refusal) + "\n", 404, mimetype="text/plain")
        return flask.send_file(page, mimetype="text/html")

    @server.get("/migration-rows/<int:load_id>/<path:steps>")
    def write_rows(load_id: int, steps: str) -> flask.typing.ResponseReturnValue:
        try:
            name, content = rows_workbook(reader, _words(), load_id, tuple(steps.split("/")))
        except Refusal as refusal:
            return flask.Response(said(_words(), refusal) + "\n", 404, mimetype="text/plain")
        return flask.send_file(content, mimetype=XLSX, as_attachment=True, download_name=name)

    @server.get("/language/<locale>")
    def choose_language(locale: str) -> flask.typing.ResponseReturnValue:
        came_from = urlsplit(flask.request.headers.get("Referer", "/"))
        back = came_from.path + (f"?{came_from.query}" if came_from.query else "")
        response = flask.redirect(back if back.startswith("/") and not back.startswith("//") else "/")
        if locale in LANGUAGES:
            response.set_cookie(LANGUAGE_COOKIE, locale, max_age=31_536_000, httponly=True, samesite="Lax")
        return response
