"""A migration killed with SIGKILL at random instants: the rerun ends exactly where an undisturbed run ends."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from legacy_migration.commands import accept, migrate
from legacy_migration.synthetic_utility.twenty_accounts.dump import twenty_accounts
from operational_db.connections import Role, connect
from operational_db.reference.loading import APPROVER_LOGIN as APPROVER
from operational_db.reference.loading import load_reference
from operational_db.schema import upgrade
from operational_db.settings import REPOSITORY_DIR, Settings

SEED = 20260301
KILLS = 4

PROGRAM = """
import sys
from legacy_migration.commands import accept, migrate
from operational_db.settings import load_settings
settings = load_settings()
protocol = migrate(settings, sys.argv[1], profile="merged_utility", by="administrator")
accept(settings, protocol.protocol_id, by="approver")
"""

# The book without numbers that a database gives out: what stands, for whom, how much.
BOOK = """
SELECT 'account', a.account_no, a.kind, a.opened_on::text, a.closed_on::text FROM ops.account AS a
UNION ALL
SELECT 'reading', a.account_no, m.serial_no || ' ' || r.kind || ' ' || r.is_opening, r.read_on::text, r.value_kwh::text
FROM ops.reading AS r INNER JOIN ops.account AS a USING (account_id) INNER JOIN ops.meter AS m USING (meter_id)
UNION ALL
SELECT 'ledger', a.account_no, g.document_kind || ' ' || g.debit_code, g.posted_on::text, g.amount_minor::text
FROM ops.ledger AS g INNER JOIN ops.account AS a USING (account_id)
UNION ALL
SELECT 'energy', a.account_no, e.kind, e.span_from::text, e.energy_kwh::text
FROM ops.measured_energy AS e INNER JOIN ops.account AS a USING (account_id)
ORDER BY 1, 2, 3, 4, 5
"""


def book_of(settings: Settings) -> list[tuple]:
    with connect(settings, Role.LOADER) as session:
        return session.execute(BOOK).fetchall()


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return twenty_accounts(tmp_path_factory.mktemp("legacy") / "twenty")


def start(settings: Settings, dump: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(dump)],
        cwd=REPOSITORY_DIR,
        env={**os.environ, **settings.as_environment()},
        start_new_session=True,
    )


def test_rerun_after_kills_equals_an_undisturbed_run(settings: Settings, dump: Path, own_server: Settings) -> None:
    undisturbed = migrate(settings, dump, profile="merged_utility", by="administrator")
    accept(settings, undisturbed.protocol_id, by=APPROVER)
    wanted = book_of(settings)
    assert len(wanted) > 100

    disturbed = own_server
    upgrade(disturbed)
    load_reference(disturbed)
    began = time.monotonic()
    whole = start(settings, dump)
    assert whole.wait() == 0  # nothing to do: measures how long a start takes
    starting_s = time.monotonic() - began
    chance = random.Random(SEED)
    for _ in range(KILLS):
        run = start(disturbed, dump)
        try:
            run.wait(timeout=starting_s + chance.uniform(0.0, 4.0))
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)
            run.wait()
    rerun = migrate(disturbed, dump, profile="merged_utility", by="administrator")
    accept(disturbed, rerun.protocol_id, by=APPROVER)
    assert rerun.content_sha256 == undisturbed.content_sha256
    assert book_of(disturbed) == wanted
    with connect(disturbed, Role.LOADER) as session:
        assert session.execute("SELECT count(*) FROM landing.load").fetchone() == (1,)
        assert session.execute("SELECT count(*) FROM migration.protocol_event").fetchone() == (1,)
