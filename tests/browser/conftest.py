"""A served application on marts worked by hand, and a browser that notices what a user would complain about.

A page that logs an error, fails a request or asks anything of a foreign address fails its test.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import psycopg
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)
from psycopg import sql
from werkzeug.serving import make_server

from dashboards.application import create_app
from operational_db.access.commands import create_user
from operational_db.chromium import find_chromium
from operational_db.connections import connect_as_admin
from operational_db.settings import Settings
from tests.browser.small_marts import build_small_marts

FIRST_RES, SECOND_RES = "SA01", "TK03"

CHROMIUM_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@dataclass
class Watch:
    """What went wrong in a page while a test looked at it."""

    own_address: str
    problems: list[str] = field(default_factory=list)

    def look_at(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(f"error in the page: {error}"))
        page.on("request", self._request)
        page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(f"console {message.type}: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.own_address, "data:", "blob:")):
            self.problems.append(f"foreign address: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.problems.append(f"{response.status} from {response.url}")


@dataclass(frozen=True)
class Served:
    """An application that answers at an address, and the database under it."""

    address: str
    settings: Settings


@pytest.fixture(scope="session")
def small_marts(shared_server: Settings) -> Settings:
    """A database with the marts worked by hand, and a manager whose rights cover one region."""
    settings = _copied_database(shared_server, "small_marts")
    build_small_marts(settings, first_res=FIRST_RES, second_res=SECOND_RES)
    create_user(
        settings, login="samarkand", full_name="Rano Karimova", group_code="management", unit_code="UZ-SA",
        by="administrator",
    )  # fmt: skip
    return settings


@pytest.fixture(scope="session")
def nothing_built(shared_server: Settings) -> Settings:
    """A database before the first build of the warehouse."""
    return _copied_database(shared_server, "nothing_built")


def _copied_database(template: Settings, name: str) -> Settings:
    maintenance = template.model_copy(update={"database_name": "postgres"})
    names = {"fresh": sql.Identifier(name), "template": sql.Identifier(template.database_name)}
    with connect_as_admin(maintenance, autocommit=True) as session:
        session.execute(sql.SQL("CREATE DATABASE {fresh} TEMPLATE {template}").format(**names))
    return template.model_copy(update={"database_name": name})


@pytest.fixture
def database(small_marts: Settings) -> Iterator[psycopg.Connection]:
    """A session that sees everything, to ask what a screen should show."""
    with connect_as_admin(small_marts, autocommit=True) as session:
        yield session


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=20_000)  # a shared machine may be slow
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def screens(small_marts: Settings) -> Iterator[Served]:
    """The screens with the rights of the administrator."""
    yield from _serve(small_marts, "administrator")


@pytest.fixture(scope="module")
def screens_of_samarkand(small_marts: Settings) -> Iterator[Served]:
    """The screens of a manager whose rights cover one region."""
    yield from _serve(small_marts, "samarkand")


@pytest.fixture(scope="module")
def screens_of_nothing(nothing_built: Settings) -> Iterator[Served]:
    yield from _serve(nothing_built, "administrator")


def _serve(settings: Settings, login: str) -> Iterator[Served]:
    app = create_app(settings, login)
    server = make_server("127.0.0.1", 0, app.server, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Served(f"http://127.0.0.1:{server.server_port}", settings)
    server.shutdown()
    thread.join()
    server.server_close()
    app.close_sessions()


@pytest.fixture(scope="module")
def contexts() -> dict[tuple[int, str], BrowserContext]:
    """One context per width and language, so that scripts are fetched once; they close with the browser."""
    return {}


@pytest.fixture
def open_page(browser: Browser, contexts: dict[tuple[int, str], BrowserContext]) -> Iterator["PageOpener"]:
    opener = PageOpener(browser, contexts)
    yield opener
    opener.close()
    assert opener.problems == []


class PageOpener:
    """Opens pages under watch and waits until they are drawn."""

    def __init__(self, browser: Browser, contexts: dict[tuple[int, str], BrowserContext]) -> None:
        self._browser = browser
        self._contexts = contexts
        self._watches: list[Watch] = []
        self._pages: list[Page] = []

    @property
    def problems(self) -> list[str]:
        return [problem for watch in self._watches for problem in watch.problems]

    def forgive(self) -> None:
        """A test that provokes a problem on purpose has seen it."""
        for watch in self._watches:
            watch.problems.clear()

    def __call__(self, served: Served, path: str, *, width: int = 1366, language: str = "en") -> Page:
        page = self._context(width, language).new_page()
        self._pages.append(page)
        watch = Watch(served.address)
        watch.look_at(page)
        self._watches.append(watch)
        page.goto(served.address + path)
        page.locator("#message, #state").first.wait_for()
        return page

    def _context(self, width: int, language: str) -> BrowserContext:
        if (width, language) not in self._contexts:
            context = self._browser.new_context(viewport={"width": width, "height": 768}, locale=language)
            context.set_default_timeout(30_000)
            self._contexts[width, language] = context
        return self._contexts[width, language]

    def close(self) -> None:
        for page in self._pages:
            page.close()
