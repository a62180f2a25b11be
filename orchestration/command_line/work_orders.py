"""`wattbook meters order`: work orders at metering points, from the day they are given to their end.

Does not belong here: the operations that carry an order out (`meter_operations`, `meter_settings`); they end it by
themselves.
"""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from datetime import date
from typing import Annotated

import typer

from orchestration.command_line.arguments import FIRST_USER, AsJson, ByUser, day_of
from orchestration.command_line.meter_arguments import Point, database_settings

app = typer.Typer(help="Work orders at metering points.", no_args_is_help=True)

Order = Annotated[str, typer.Argument(metavar="NUMBER", help="The number of the order.")]
Executor = Annotated[str | None, typer.Option("--executor", metavar="NAME", help="Who shall do it, or did it.")]
OnDay = Annotated[date, typer.Option("--on", parser=day_of, metavar="YYYY-MM-DD", help="The day of it.")]


@app.command("issue")
def issue(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="install, remove, replace, relocate, test, inspect ...")],
    point: Point,
    on: OnDay,
    number: Annotated[str | None, typer.Option("--number", metavar="NUMBER", help="The number on the paper.")] = None,
    due: Annotated[
        date | None, typer.Option("--due", parser=day_of, metavar="YYYY-MM-DD", help="By when it shall be done.")
    ] = None,
    task: Annotated[str | None, typer.Option("--task", metavar="TEXT", help="What shall be done, in words.")] = None,
    executor: Executor = None,
    by: ByUser = FIRST_USER,
) -> None:
    """Issue a work order; the answer is its number."""
    from operational_db.metering.work_orders import issue_order
    from orchestration.answers import say

    given = issue_order(
        database_settings(), kind, point, on=on, by=by, order_no=number, due_on=due, executor=executor, task=task
    )
    say(f"Work order {given} is issued: {kind} at {point}.")


@app.command("assign")
def assign(
    number: Order,
    executor: Annotated[str, typer.Argument(metavar="EXECUTOR", help="Who shall do it.")],
    on: OnDay,
    by: ByUser = FIRST_USER,
) -> None:
    """Give an open order to somebody, or to somebody else."""
    from operational_db.metering.work_orders import assign_order
    from orchestration.answers import say

    assign_order(database_settings(), number, executor, on=on, by=by)
    say(f"Work order {number} is given to {executor}.")


@app.command("execute")
def execute(
    number: Order,
    result: Annotated[str, typer.Argument(metavar="RESULT", help="What came of it, in words.")],
    on: OnDay,
    not_done: Annotated[bool, typer.Option("--not-done", help="It could not be carried out.")] = False,
    executor: Executor = None,
    by: ByUser = FIRST_USER,
) -> None:
    """Record what became of an order that no operation carried out, such as an inspection."""
    from operational_db.metering.work_orders import execute_order
    from orchestration.answers import say

    execute_order(database_settings(), number, result, on=on, by=by, executor=executor, done=not not_done)
    say(f"Work order {number} {'could not be carried out' if not_done else 'is executed'}: {result}")


@app.command("cancel")
def cancel(
    number: Order,
    reason: Annotated[str, typer.Argument(metavar="REASON", help="Why it is called off.")],
    on: OnDay,
    by: ByUser = FIRST_USER,
) -> None:
    """Call an open order off."""
    from operational_db.metering.work_orders import cancel_order
    from orchestration.answers import say

    cancel_order(database_settings(), number, reason, on=on, by=by)
    say(f"Work order {number} is called off: {reason}")


@app.command("list")
def list_them(
    point: Annotated[str | None, typer.Option("--point", metavar="POINT", help="Only at this point.")] = None,
    state: Annotated[str | None, typer.Option("--state", metavar="STATE", help="open, executed, cancelled ...")] = None,
    executor: Annotated[str | None, typer.Option("--executor", metavar="NAME", help="Only of this person.")] = None,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Work orders, newest first."""
    from operational_db.metering.work_orders import list_orders
    from orchestration.answers import say, show_json, show_table

    found = list_orders(database_settings(), by=by, point_code=point, state=state, executor=executor)
    if as_json:
        show_json(found)
    elif not found:
        say("There are no such work orders.")
    else:
        show_table(
            ("order", "kind", "point", "issued on", "due on", "state", "executor", "result"),
            [
                (
                    o.order_no, o.kind, o.point_code, o.issued_on, o.due_on or "", o.state,
                    o.executor or "", o.result or "",
                )
                for o in found
            ],
        )  # fmt: skip
