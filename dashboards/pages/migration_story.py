"""The story of a load in sentences, for someone who did not do it: what came, what is booked, what blocks signing."""

from typing import Any

import dash_mantine_components as dmc
from dash import html

from dashboards.pages.asking import Asking
from dashboards.pages.migration_tables import in_language, money_and_energy, rows_href
from dashboards.pages.migration_words import event_in_words, reason_in_words
from dashboards.queries.currency import Currency
from dashboards.words.amounts import day, number

_COUNT_COLUMNS = (
    "row_count", "read_count", "loaded_count", "merged_count", "rejected_count", "out_of_scope_count",
    "account_count", "loaded_account_count",
)  # fmt: skip


def message(
    asking: Asking, load: dict[str, Any], why: list[dict[str, Any]], money: Currency, *, may_read: bool
) -> list[Any]:
    """What came, what of it is in the book, what is not, and what that is worth."""
    words = asking.words
    counts = {column: number(words, load[column]) for column in _COUNT_COLUMNS}
    parts: list[Any] = [
        words.count(
            "{count} file with {row_count} rows came on {day}; by the profile {profile} it tells {read_count} facts.",
            "{count} files with {row_count} rows came on {day}; by the profile {profile} they tell {read_count} facts.",
            load["file_count"],
            **counts, day=day(words, load["started_at"]), profile=load["profile"],
        ),
        " ",
        _book(asking, load, counts),
        " ",
        words.text(
            "{merged_count} were merged into others, {rejected_count} rejected, {out_of_scope_count} are out of scope.",
            **counts,
        ),
    ]  # fmt: skip
    if load["rejected_count"]:
        energy, coins = money_and_energy(words, load["rejected_kwh"], load["rejected_minor"], money)
        parts += [" ", words.text("At stake in the rejected rows: {energy} and {money}.", energy=energy, money=coins)]
        parts += _heaviest(asking, load, why, money, may_read=may_read)
    return parts


def _book(asking: Asking, load: dict[str, Any], counts: dict[str, str]) -> str:
    if load["status"] == "accepted":
        return asking.text(
            "{loaded_count} of them are in the book, {loaded_account_count} of {account_count} accounts among them.",
            **counts,
        )
    if load["status"] == "withdrawn":
        return asking.text(
            "{loaded_count} of them were in the book and were taken out of it again, {loaded_account_count} of "
            "{account_count} accounts among them.",
            **counts,
        )
    return asking.text(
        "{loaded_count} of them wait to enter the book, {loaded_account_count} of {account_count} accounts among them; "
        "nothing is in it yet.",
        **counts,
    )


def _heaviest(
    asking: Asking, load: dict[str, Any], why: list[dict[str, Any]], money: Currency, *, may_read: bool
) -> list[Any]:
    """The reason with the most at stake, as a link to its rows."""
    rejected = [row for row in why if row["verdict"] == "rejected" and (row["amount_minor"] or row["energy_kwh"])]
    if not rejected:
        return []
    heaviest = rejected[0]
    name = reason_in_words(asking.words, heaviest["reason_code"])
    energy, coins = money_and_energy(asking.words, heaviest["energy_kwh"], heaviest["amount_minor"], money)
    link = dmc.Anchor(name, href=rows_href(asking, load, heaviest)) if may_read else html.Span(name)
    return [
        " ",
        *asking.words.sentence(
            "Most of it has the reason “{reason}”: {energy} and {money}.", reason=link, energy=energy, money=coins
        ),
    ]


def blocks(
    asking: Asking, load: dict[str, Any], expected: list[dict[str, Any]], signed: list[dict[str, Any]]
) -> list[Any]:
    """What stands in the way of a signature; or who signed, and when."""
    words = asking.words
    if load["status"] != "prepared" and signed:
        last = signed[-1]
        return [
            words.text(
                "Load {event} by {name} on {day}.",
                event=event_in_words(words, last["event"]), name=last["name"], day=day(words, last["happened_at"]),
            )
        ]  # fmt: skip
    obstacles: list[str] = []
    if load["unequal_count"]:
        obstacles.append(
            words.count(
                "{count} control sum differs", "{count} control sums differ", load["unequal_count"],
            )
        )  # fmt: skip
    if load["expectation_count"] is None:
        obstacles.append(words.text("what is expected of the rows was not judged yet"))
    stopping = [row for row in expected if row["is_stopping"]]
    if stopping:
        obstacles.append(
            words.count(
                "{count} expectation that stops a load is not met (“{first}”)",
                "{count} expectations that stop a load are not met, the first of them “{first}”",
                len(stopping),
                first=in_language(words, stopping[0]),
            )
        )
    if not obstacles:
        return [words.text("Nothing blocks signing: the load waits for a person with the right to accept it.")]
    return [
        html.B(words.text("What blocks signing:"), className="bad"),
        " ",
        "; ".join(obstacles) + ".",
    ]
