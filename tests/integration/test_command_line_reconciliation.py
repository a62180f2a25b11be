"""`wattbook compare-load` and `wattbook duplicates` as a migration team and as a program meet them."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from legacy_migration.commands import accept, migrate
from legacy_migration.synthetic_utility.twenty_accounts.dump import twenty_accounts
from operational_db.connections import Role, connect
from operational_db.payments.corrections import bind_payment
from operational_db.settings import ENVIRONMENT_PREFIX, Settings
from orchestration.command_line import PROGRAM, command
from orchestration.command_line.ending import run_to_an_end
from tests.legacy_tables import LegacyTable
from tests.small_book import ADMINISTRATOR

Run = Callable[..., tuple[int, str, str]]
THIN = "\u202f"


@pytest.fixture
def protocol(settings: Settings, tmp_path: Path) -> str:
    """Twenty accounts in the book; SA01/1/3 has the passport and the name of SA01/1/1."""
    dump = twenty_accounts(tmp_path / "twenty")
    accounts = LegacyTable(dump / "household/SA01/ABON.DBF")
    one = accounts.find(RAH="1/1")
    accounts.put(accounts.find(RAH="1/3"), FIO=accounts.text(one, "FIO"), PASP=accounts.text(one, "PASP"), PINFL="")
    accounts.save()
    protocol_id = migrate(settings, dump, profile="merged_utility", by=ADMINISTRATOR).protocol_id
    accept(settings, protocol_id, by="approver")
    return str(protocol_id)


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in this process: exit status, standard output with spaces run together, standard error."""
    for name in list(os.environ):
        if name.startswith(ENVIRONMENT_PREFIX):
            monkeypatch.delenv(name)
    for name, value in settings.as_environment().items():
        monkeypatch.setenv(name, value)

    def run_command(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = run_to_an_end(command(), PROGRAM, arguments)
        told = capsys.readouterr()
        return status, " ".join(told.out.replace(THIN, " ").split()), told.err

    return run_command


@pytest.mark.requirement("A55", "B52")
def test_a_load_is_compared_with_the_book_and_what_changed_is_told(run: Run, settings: Settings, protocol: str) -> None:
    status, out, _ = run("compare-load", "--protocol", protocol)
    assert status == 0
    assert out.endswith("none differ.")
    with connect(settings, Role.LOADER) as session:
        channel, external_id = session.execute(
            "SELECT p.channel_code, p.external_id FROM ops.payment AS p INNER JOIN ops.account AS a USING (account_id) "
            "WHERE a.kind = 'technical'"
        ).fetchone()
    bind_payment(settings, channel, external_id, "SA01/1/1", by=ADMINISTRATOR)
    status, out, _ = run("compare-load", "--protocol", protocol)
    assert status == 0
    assert f"payment {channel} {external_id} (payments/post_202603_01.DBF, row 1): is_taken_back was loaded as" in out
    assert out.endswith("1 differ.")
    _, out, _ = run("compare-load", "--protocol", protocol, "--json")
    assert json.loads(out)["differences"][0]["fields"] == ["is_taken_back"]
    assert run("compare-load", "--protocol", "99")[0] == 1


@pytest.mark.requirement("A54", "B51")
def test_pairs_are_listed_and_decided(run: Run, protocol: str) -> None:
    pair = ("SA01/1/1", "SA01/1/3")
    status, out, _ = run("duplicates", "list", "--protocol", protocol, "--kind", "person")
    assert status == 0
    # Names 40 and passport 55.
    assert out.startswith("95.0 person: SA01/1/1 and SA01/1/3; names alike to 100 of 100")
    assert "(not decided)" in out
    decide = ("duplicates", "decide", *pair, "--protocol", protocol, "--kind", "person")
    assert run(*decide, "--keep-apart", "--why", "father and son")[1] == "SA01/1/1 and SA01/1/3 stay apart."
    _, out, _ = run("duplicates", "list", "--protocol", protocol, "--undecided", "--kind", "person")
    assert out == "No pairs."
    assert "keep_apart by administrator: father and son" in run("duplicates", "list", "--protocol", protocol)[1]
    status, _, refused = run("duplicates", "decide", "SA01/1/1", "SA01/1/2", "--protocol", protocol, "--kind", "person",
                             "--merge", "--why", "looks so")  # fmt: skip
    assert (status, "no pair of the list" in refused) == (1, True)
