"""The doctor: silent fears of an installation told as sentences that say what to do."""

import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from operational_db import server
from operational_db.pango import find_weasyprint
from operational_db.schema import upgrade
from operational_db.server.doctor import Finding, diagnose
from operational_db.server.processes import is_alive
from operational_db.settings import Settings

pytestmark = pytest.mark.db


def faults(findings: list[Finding]) -> list[str]:
    # Whether a browser and Pango are installed is no matter of these tests.
    return [
        finding.sentence
        for finding in findings
        if not finding.ok and "Chromium" not in finding.sentence and "Pango" not in finding.sentence
    ]


def test_a_whole_installation_has_no_fault(settings: Settings) -> None:
    findings = diagnose(settings)
    assert faults(findings) == []
    assert any("PostgreSQL 18" in finding.sentence and "answers" in finding.sentence for finding in findings)


def test_before_the_first_start_nothing_is_wrong_and_nothing_is_made(own_server: Settings) -> None:
    assert faults(diagnose(own_server)) == []
    assert not own_server.var_dir.exists()


def test_a_database_without_its_schema_is_told(own_server: Settings) -> None:
    server.start(own_server)
    told = faults(diagnose(own_server))
    assert len(told) == 2
    assert "roles are missing" in told[0]
    assert "schema is at revision none" in told[1]
    assert all("`wattbook db start`" in sentence for sentence in told)
    upgrade(own_server)
    assert faults(diagnose(own_server)) == []


def test_a_killed_server_and_a_taken_port_are_told(own_server: Settings) -> None:
    info = server.start(own_server)
    assert info.pid is not None
    os.kill(info.pid, signal.SIGKILL)
    while is_alive(info.pid):
        pass
    assert [s for s in faults(diagnose(own_server)) if f"process number {info.pid} is still noted" in s]
    server.start(own_server)
    server.stop(own_server)
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", info.port))
        taken.listen()
        assert [s for s in faults(diagnose(own_server)) if f"listens on the server's port {info.port}" in s]


def test_wrong_settings_are_told(tmp_path: Path) -> None:
    wrong = Settings(
        database_url="postgresql://clerk@127.0.0.1:1/supplier",
        var_dir=tmp_path,
        postgres_bin_dir=tmp_path,
        time_zone="Asia/Samarqand City",
    )
    told = " ".join(faults(diagnose(wrong)))
    assert "WATTBOOK_TIME_ZONE is Asia/Samarqand City" in told
    assert "WATTBOOK_DATABASE_URL (postgresql://clerk@127.0.0.1:1/supplier) does not let us in" in told


def test_a_wrong_directory_of_programs_is_told(own_server: Settings, tmp_path: Path) -> None:
    wrong = own_server.model_copy(update={"postgres_bin_dir": tmp_path})
    assert any(f"WATTBOOK_POSTGRES_BIN_DIR is {tmp_path}" in sentence for sentence in faults(diagnose(wrong)))


def test_a_var_that_is_a_file_is_told(tmp_path: Path) -> None:
    file = tmp_path / "var"
    file.write_text("")
    told = faults(diagnose(Settings(database_url=None, var_dir=file)))
    assert any(str(file) in sentence and "WATTBOOK_VAR_DIR" in sentence for sentence in told)


def test_pango_is_told_as_there_or_with_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(database_url=None, var_dir=tmp_path)
    if find_weasyprint() is not None:
        assert any(finding.ok and "written as PDF" in finding.sentence for finding in diagnose(settings))
    # A machine without Pango: WeasyPrint is there and dies on the library when it is imported.
    (tmp_path / "weasyprint.py").write_text("raise OSError(\"cannot load library 'libpango-1.0-0'\")")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "weasyprint", raising=False)
    told = [finding.sentence for finding in diagnose(settings) if not finding.ok and "Pango" in finding.sentence]
    assert len(told) == 1
    assert "apt-get install libpango-1.0-0" in told[0]
    assert "--no-pdf" in told[0]
