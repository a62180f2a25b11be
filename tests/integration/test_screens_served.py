"""Serving the screens: it says its address, answers this machine alone, stops cleanly, refuses wrong wishes."""

import http.client
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator

import pytest

from dashboards.application import create_app
from dashboards.serving import serve
from operational_db.refusal import Refusal
from operational_db.settings import REPOSITORY_DIR, Settings

pytestmark = pytest.mark.db

PROGRAM = (
    "from dashboards.serving import serve; from operational_db.settings import load_settings;"
    "serve(load_settings(), user_login='administrator', port=0)"
)


@pytest.fixture
def served(settings: Settings) -> Iterator[tuple[subprocess.Popen, str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        env=settings.as_environment(), cwd=REPOSITORY_DIR, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    first_line = process.stdout.readline()
    yield process, re.search(r"http://127\.0\.0\.1:\d+/", first_line).group()
    process.kill()
    process.communicate()


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_says_its_address_and_stops_cleanly(served: tuple[subprocess.Popen, str], stop: signal.Signals) -> None:
    process, address = served
    with urllib.request.urlopen(address, timeout=60) as answer:  # noqa: S310 - our own address
        assert answer.status == 200
        assert "Wattbook" in answer.read().decode()
    process.send_signal(stop)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert output == "Wattbook is closed.\n"
    assert errors == ""


def test_an_unknown_user_is_refused(settings: Settings) -> None:
    with pytest.raises(Refusal, match='no active user "nobody".*--as'):
        serve(settings, user_login="nobody", port=0)


def test_a_database_without_schema_is_refused(shared_server: Settings) -> None:
    with pytest.raises(Refusal, match="has no schema yet"):
        serve(shared_server.model_copy(update={"database_name": "postgres"}), user_login="administrator", port=0)


@pytest.mark.parametrize("port", [70_000, -1])
def test_a_number_that_is_no_port_is_refused(settings: Settings, port: int) -> None:
    with pytest.raises(Refusal, match=f"{port} is not a port"):
        serve(settings, user_login="administrator", port=port)


def test_a_taken_port_is_refused(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Refusal, match=f"Port {port} is taken"):
            serve(settings, user_login="administrator", port=port)


def test_every_answer_forbids_foreign_addresses_and_foreign_hosts(settings: Settings) -> None:
    app = create_app(settings, "administrator")
    client = app.server.test_client()
    for path in ("/balance", "/_dash-layout", "/_dash-dependencies", "/assets/wattbook.css"):
        answer = client.get(path, base_url="http://127.0.0.1:8050", buffered=True)
        assert answer.status_code == http.client.OK, path
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "http" not in policy
    rebound = client.get("/balance", base_url="http://evil.example")
    assert rebound.status_code == http.client.MISDIRECTED_REQUEST
    app.close_sessions()


def test_the_page_names_no_foreign_address(settings: Settings) -> None:
    app = create_app(settings, "administrator")
    client = app.server.test_client()
    page = client.get("/balance", base_url="http://127.0.0.1:8050").get_data(as_text=True)
    assert re.findall(r"(?:https?:)?//[\w.-]+", page) == []
    app.close_sessions()


def test_a_language_is_remembered_and_never_leads_away(settings: Settings) -> None:
    app = create_app(settings, "administrator")
    client = app.server.test_client()
    base = "http://127.0.0.1:8050"
    for came_from, goes_to in (
        (f"{base}/losses/UZ-SA?month=2026-03", "/losses/UZ-SA?month=2026-03"),
        ("http://evil.example//evil.example/x", "/"),
        ("", "/"),
    ):
        answer = client.get("/language/ru", base_url=base, headers={"Referer": came_from})
        assert answer.headers["Location"] == goes_to
        assert "wattbook_language=ru" in answer.headers["Set-Cookie"]
    assert "Set-Cookie" not in client.get("/language/xx", base_url=base).headers
    app.close_sessions()
