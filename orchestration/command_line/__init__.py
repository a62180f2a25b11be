"""The `wattbook` command: every operation of the house under one name.

Here is the list of commands and how the program ends; a command's arguments and answer are in the module of its
subject. Business rules are in the functions that the commands call.
"""

import sys

import click
import typer

from orchestration.command_line import (
    benefits,
    billing,
    consumer_card,
    contracts,
    cut_over,
    database,
    debts,
    demonstration,
    duplicates,
    expecting,
    explaining,
    families,
    handing_over,
    installation,
    meters,
    migration,
    payments,
    penalties,
    pilot,
    pricing,
    printing,
    procedures,
    readiness,
    readings,
    reconciling,
    reference,
    rejects,
    reporting,
    services,
    shadow_billing,
    subsidies,
    targets,
    trial_balance,
    unwinding,
)
from orchestration.command_line.ending import run_to_an_end

PROGRAM = "wattbook"

app = typer.Typer(
    name=PROGRAM,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="The electricity supplier's book: what was consumed, what it cost, who paid, what was lost.",
    epilog="Exit status: 0 done, 1 refused (one sentence says why), 2 wrong usage.",
)

_START = "Start here"
_DATA = "From legacy files to bills"
_RESULTS = "Results"
_HOUSE = "The installation"

app.command(rich_help_panel=_START)(demonstration.demo)
app.command(rich_help_panel=_START)(installation.status)
app.command(rich_help_panel=_DATA)(migration.generate)
app.add_typer(migration.migrating, name="migrate", rich_help_panel=_DATA)
app.command(rich_help_panel=_DATA)(migration.protocol)
app.command(rich_help_panel=_DATA)(expecting.expectations)
app.command(rich_help_panel=_DATA)(migration.accept)
app.command(rich_help_panel=_DATA)(migration.withdraw)
app.command(rich_help_panel=_DATA)(shadow_billing.shadow)
app.command(rich_help_panel=_DATA)(readiness.readiness)
app.command("compare-load", rich_help_panel=_DATA)(migration.compare_load)
app.command(rich_help_panel=_DATA)(pricing.price)
app.command(rich_help_panel=_DATA)(billing.bill)
app.command(rich_help_panel=_DATA)(explaining.explain)
app.command(rich_help_panel=_DATA)(printing.print_bills)
app.command(rich_help_panel=_DATA)(reconciling.reconcile)
app.command(rich_help_panel=_RESULTS)(debts.debt)
app.command("trial-balance", rich_help_panel=_RESULTS)(trial_balance.trial_balance)
app.command("hand-over", rich_help_panel=_RESULTS)(handing_over.hand_over)
app.command(rich_help_panel=_DATA)(billing.unbilled)
app.command(rich_help_panel=_DATA)(billing.rebill)
app.command(rich_help_panel=_DATA)(unwinding.unwind)
app.command(rich_help_panel=_DATA)(billing.close)
app.command("verify-closed", rich_help_panel=_DATA)(billing.verify_closed)
app.command(rich_help_panel=_RESULTS)(reporting.build)
app.command(rich_help_panel=_RESULTS)(reporting.form)
app.command(rich_help_panel=_RESULTS)(reporting.serve)
app.command(rich_help_panel=_HOUSE)(installation.doctor)
app.command(rich_help_panel=_HOUSE)(demonstration.bench)
app.add_typer(rejects.app, name="rejects", rich_help_panel=_DATA)
app.command(rich_help_panel=_DATA)(consumer_card.card)
app.add_typer(contracts.app, name="contract", rich_help_panel=_DATA)
app.add_typer(duplicates.app, name="duplicates", rich_help_panel=_DATA)
app.add_typer(readings.app, name="readings", rich_help_panel=_DATA)
app.add_typer(meters.app, name="meters", rich_help_panel=_DATA)
app.add_typer(payments.app, name="payments", rich_help_panel=_DATA)
app.add_typer(services.app, name="services", rich_help_panel=_DATA)
app.add_typer(penalties.app, name="penalty", rich_help_panel=_DATA)
app.add_typer(benefits.app, name="benefits", rich_help_panel=_DATA)
app.add_typer(subsidies.app, name="subsidies", rich_help_panel=_DATA)
app.add_typer(families.app, name="family", rich_help_panel=_DATA)
app.add_typer(procedures.app, name="procedure", rich_help_panel=_DATA)
app.add_typer(cut_over.app, name="cutover", rich_help_panel=_DATA)
app.add_typer(pilot.app, name="pilot", rich_help_panel=_DATA)
app.add_typer(targets.app, name="targets", rich_help_panel=_RESULTS)
app.add_typer(database.app, name="db", rich_help_panel=_HOUSE)
app.add_typer(reference.app, name="reference", rich_help_panel=_HOUSE)


def command() -> click.Command:
    """The command as click sees it; tests read its help from here."""
    return typer.main.get_command(app)


def main() -> None:
    """Entry point of `.venv/bin/wattbook`."""
    sys.exit(run_to_an_end(command(), PROGRAM, sys.argv[1:]))
