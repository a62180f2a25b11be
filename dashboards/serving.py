"""Serving the screens with a production server on this machine, until the user stops it.

What is served is made in `application`.
"""

import contextlib
import errno
import os
import socket
import sys
from collections.abc import Iterator
from typing import Any, TextIO

import flask
import psycopg
from gunicorn.app.base import BaseApplication

from dashboards.application import create_app
from operational_db.connections import Role, connect
from operational_db.refusal import Refusal
from operational_db.settings import Settings

HOST = "127.0.0.1"
THREADS = 8
_SECONDS_TO_FINISH = 15


class _Server(BaseApplication):
    """gunicorn with its options given by us, not by the command line or a file."""

    def __init__(self, application: flask.Flask, options: dict[str, Any]) -> None:
        self._application = application
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> flask.Flask:
        return self._application


def serve(settings: Settings, *, user_login: str, port: int = 8050) -> None:
    """Serve the screens with the rights of the user; returns when stopped by Ctrl-C or SIGTERM.

    Raises:
        Refusal: there is no such active user, or the port is taken.
    """
    _require_user(settings, user_login)
    listener = _listen(port)
    address = f"http://{HOST}:{listener.getsockname()[1]}/"
    log_dir = settings.var_dir / "log"
    log_dir.mkdir(parents=True, exist_ok=True)
    application = create_app(settings, user_login).server
    with _terminal_kept_aside() as terminal:
        options = {
            "bind": f"fd://{listener.detach()}",
            # One process keeps its sessions and words warm for one office; a fault in it is answered by a new one.
            "workers": 1,
            "worker_class": "gthread",
            "threads": THREADS,
            "preload_app": True,
            "graceful_timeout": _SECONDS_TO_FINISH,
            "errorlog": str(log_dir / "screens.log"),
            "capture_output": True,
            "control_socket_disable": True,
            "worker_tmp_dir": "/dev/shm" if os.access("/dev/shm", os.W_OK) else None,  # noqa: S108 - where it exists
            "when_ready": lambda _: _say(terminal, f"Wattbook is open at {address} as {user_login}; Ctrl-C closes it."),
            "on_exit": lambda _: _say(terminal, "Wattbook is closed."),
        }
        try:
            _Server(application, options).run()
        except SystemExit as ended:
            if ended.code:
                raise Refusal(f"The screens stopped by a fault of ours; {log_dir / 'screens.log'} says why.") from ended


@contextlib.contextmanager
def _terminal_kept_aside() -> Iterator[TextIO]:
    """gunicorn sends what is printed to its log; this is where a user reads, and is given back at the end."""
    sys.stdout.flush()
    sys.stderr.flush()
    output, errors = os.dup(1), os.dup(2)
    try:
        with os.fdopen(output, "w", buffering=1, closefd=False) as terminal:
            yield terminal
    finally:
        os.dup2(output, 1)
        os.dup2(errors, 2)
        os.close(output)
        os.close(errors)


def _say(terminal: TextIO, sentence: str) -> None:
    with contextlib.suppress(OSError):  # nobody may be there to read it any more
        terminal.write(f"{sentence}\n")


def _require_user(settings: Settings, user_login: str) -> None:
    try:
        with connect(settings, Role.WEB, user=user_login) as session:
            row = session.execute("SELECT ops.current_user_id()").fetchone()
    except (psycopg.errors.UndefinedFunction, psycopg.errors.InvalidSchemaName) as error:
        raise Refusal(
            f"The database {settings.database_name} has no schema yet; run `make demo` or `wattbook reference load`, "
            "then try again."
        ) from error
    if row is None or row[0] is None:
        raise Refusal(
            f'There is no active user "{user_login}"; name one with --as, for instance the first one, administrator.'
        )


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(128)
    except OverflowError as error:
        listener.close()
        raise Refusal(
            f"{port} is not a port; choose one from 1024 to 65535 with --port, or 0 for any free one."
        ) from error
    except OSError as error:
        listener.close()
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            raise Refusal(
                f"Port {port} is taken or not allowed on this machine; choose another with --port, 0 for any free one."
            ) from error
        raise
    return listener
