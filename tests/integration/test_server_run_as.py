"""As whom the embedded server runs: root hands it over, an ordinary user runs it as themselves."""

import os
import pwd
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from operational_db import server
from operational_db.connections import connect_as_admin
from operational_db.refusal import Refusal
from operational_db.server import run_as
from operational_db.server.data_directory import server_files
from operational_db.settings import REPOSITORY_DIR, Settings

pytestmark = [pytest.mark.db, pytest.mark.skipif(os.geteuid() != 0, reason="only root can become someone else")]


@pytest.fixture
def home() -> Iterator[Path]:
    """A directory that other users can reach, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="wattbook-home-") as place:
        Path(place).chmod(0o755)
        yield Path(place)


def settings_below(home: Path) -> Settings:
    return Settings(database_url=None, var_dir=home / "var", server_memory_mb=64, server_durable=False)


def process_owner(pid: int | None) -> int:
    return Path(f"/proc/{pid}").stat().st_uid


def test_root_gives_the_data_to_another_user(own_server: Settings) -> None:
    info = server.start(own_server)
    owner = server_files(own_server).data_dir.stat().st_uid
    assert owner != 0
    assert process_owner(info.pid) == owner
    # What root made around it stays root's: nobody else may replace the password.
    assert server_files(own_server).password_file.stat().st_uid == 0


def test_below_a_closed_home_root_runs_it_in_a_namespace(home: Path) -> None:
    home.chmod(0o700)
    settings = settings_below(home)
    try:
        server.start(settings)
        assert server_files(settings).data_dir.stat().st_uid == 0
        with connect_as_admin(settings) as session:
            session.execute("CREATE TABLE reading AS SELECT 1 AS n")
        server.stop(settings)
        # The second start finds data that belong to root and must not give them away.
        assert not server.start(settings).adopted
        with connect_as_admin(settings) as session:
            assert session.execute("SELECT n FROM reading").fetchone() == (1,)
    finally:
        server.stop(settings)


def test_where_nobody_can_run_it_root_gets_one_sentence(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.chmod(0o700)
    monkeypatch.setattr(run_as, "_namespace_prefix", lambda: ("/bin/false",))
    with pytest.raises(Refusal, match=r"refuses to run as root.*run as an ordinary user") as refused:
        server.start(settings_below(home))
    assert "\n" not in refused.value.sentence


def test_an_ordinary_user_runs_it_as_themselves(home: Path) -> None:
    user = pwd.getpwnam("nobody")
    python = python_for(user)
    os.chown(home, user.pw_uid, user.pw_gid)
    program = (
        "from operational_db.settings import load_settings; from operational_db import server\n"
        "from operational_db.connections import connect_as_admin\n"
        "settings = load_settings()\n"
        "info = server.start(settings)\n"
        "with connect_as_admin(settings) as session:\n"
        "    print(session.execute('SELECT current_database()').fetchone()[0], info.pid)\n"
    )
    answer = run_as_user(user, python, program, settings_below(home))
    assert answer.returncode == 0, answer.stderr
    database, pid = answer.stdout.split()
    assert database == "wattbook"
    assert process_owner(int(pid)) == user.pw_uid
    stopped = "from operational_db.settings import load_settings; from operational_db import server\n"
    stopped += "print(server.stop(load_settings()))"
    assert run_as_user(user, python, stopped, settings_below(home)).stdout == "True\n"


def test_another_users_database_is_refused_in_one_sentence(own_server: Settings) -> None:
    server.start(own_server)
    user = pwd.getpwnam("nobody")
    if server_files(own_server).data_dir.stat().st_uid == user.pw_uid:
        user = pwd.getpwnam("daemon")
    python = python_for(user)
    program = (
        "from operational_db.settings import load_settings; from operational_db import server\n"
        "from operational_db.refusal import Refusal\n"
        "try:\n"
        "    server.status(load_settings())\n"
        "except Refusal as refusal:\n"
        "    print(refusal)\n"
    )
    answer = run_as_user(user, python, program, own_server)
    assert "belongs to user number" in answer.stdout, answer.stderr


def python_for(user: pwd.struct_passwd) -> str:
    """A Python that the user can run and that imports our libraries; root's own is often in a closed home."""
    for python in dict.fromkeys([sys.executable, "/usr/bin/python3"]):
        settings = Settings(database_url=None)
        if run_as_user(user, python, "import operational_db.connections", settings).returncode == 0:
            return python
    pytest.skip("no Python that an ordinary user can run sees this checkout")


def run_as_user(
    user: pwd.struct_passwd, python: str, program: str, settings: Settings
) -> subprocess.CompletedProcess[str]:
    libraries = str(Path(psycopg.__file__).parent.parent)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(settings.var_dir.parent),
        "PYTHONPATH": f"{REPOSITORY_DIR}:{libraries}",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return subprocess.run(
        ["/bin/sh", "-c", 'exec "$0" -c "$1"', python, program],
        env=environment | settings.as_environment(),
        cwd="/",
        user=user.pw_uid,
        group=user.pw_gid,
        extra_groups=[],
        capture_output=True,
        text=True,
        check=False,
    )
