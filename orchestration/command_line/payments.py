"""`wattbook payments`: money received, from registers to corrections of what is posted."""

import typer

from orchestration.command_line import payment_packages

app = typer.Typer(help="Payments: packages, corrections, unrecognised money.", no_args_is_help=True)
app.add_typer(payment_packages.app, name="package")
