"""Addresses of the screens are read and written without loss, and wrong ones are refused in a sentence."""

from datetime import date

import pytest

from dashboards.addresses import Address, Comparison, Question, Sort, months_earlier
from operational_db.refusal import Refusal


@pytest.mark.parametrize(
    "href",
    [
        "/balance",
        "/balance/UZ-SA/P-SA/SA01?month=2026-03",
        "/losses/UZ-SA?month=2026-03&compare=year&sort=loss_share.asc",
        "/receivables/UZ-SA/P-SA/SA01?month=2026-03&sort=debt_minor.desc",
        "/balance/a%2Fb%20%D0%9A",
        "/migration/12",
    ],
)
def test_an_address_is_written_as_it_was_read(href: str) -> None:
    path, _, search = href.partition("?")
    address = Address.read(path, f"?{search}" if search else "")
    assert address is not None
    assert address.href == href


def test_the_front_door_has_no_question() -> None:
    assert Address.read("/", "") is None


@pytest.mark.parametrize(
    ("path", "search", "word"),
    [
        ("/nowhere", "", "/nowhere"),
        ("/balance", "?month=2026-13", "2026-13"),
        ("/balance", "?month=2026-3", "2026-3"),
        ("/balance", "?month=2026-03';--", "2026-03';--"),
        ("/balance", "?compare=plan", "plan"),
        ("/losses", "?sort=loss_kwh;drop", "loss_kwh;drop"),
    ],
)
def test_a_wrong_address_is_refused_by_what_is_wrong(path: str, search: str, word: str) -> None:
    with pytest.raises(Refusal) as refused:
        Address.read(path, search)
    assert word in refused.value.sentence


def test_another_question_keeps_place_and_month_and_drops_the_sort() -> None:
    address = Address(Question.LOSSES, ("UZ-SA",), date(2026, 3, 1), Comparison.LAST_YEAR, Sort("loss_kwh", True))
    assert address.asking(Question.BALANCE).href == "/balance/UZ-SA?month=2026-03&compare=year"
    assert address.asking(Question.RECEIVABLES).href == "/receivables/UZ-SA?month=2026-03&compare=year"
    assert address.asking(Question.MIGRATION).steps == ()
    assert address.at("UZ-TK", "P-TK").href == "/losses/UZ-TK/P-TK?month=2026-03&compare=year"


def test_months_are_counted_over_the_new_year() -> None:
    assert months_earlier(date(2026, 1, 1), 1) == date(2025, 12, 1)
    assert months_earlier(date(2026, 3, 1), 12) == date(2025, 3, 1)
    assert Comparison.LAST_YEAR.month_before(date(2026, 3, 1)) == date(2025, 3, 1)
