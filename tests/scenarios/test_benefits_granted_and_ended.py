"""Benefits as a clerk keeps them: categories, norms, grants with an exclusive end, categories closed by a law."""

from datetime import date
from decimal import Decimal

import psycopg
import pytest
from typer.testing import CliRunner

from operational_db.benefits.categories import Category, close_category, list_categories, reopen_category, set_category
from operational_db.benefits.grants import Grant, Holder, end_benefit, grant_benefit, list_grants
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from orchestration.command_line import app
from tests.small_book import ADMINISTRATOR, SmallBook

JUNE, OCTOBER = date(2005, 6, 1), date(2005, 10, 1)
VETERAN = Category("veteran", "Veterans of war", Decimal("0.75"), "dwelling", "state budget", "3")
TEACHER = Category("teacher", "Teachers in villages", Decimal(1), "fixed", "local budget", "11", Decimal(30))
HOLDER = Holder("Oksana Kovalenko", tax_id="2345678901", document="AB 123456")


@pytest.fixture
def point(settings: Settings) -> str:
    """A point of a household, with both categories in the directory."""
    book = SmallBook(settings, res_codes=("SA01",))
    book.consumer("100", res="SA01", readings={})
    for category in (VETERAN, TEACHER):
        set_category(settings, category, from_day=date(2000, 1, 1), by=ADMINISTRATOR)
    return "100#1"


def _teach(settings: Settings, point: str, from_day: date, to_day: date | None = None) -> int:
    return grant_benefit(settings, point, "teacher", HOLDER, from_day=from_day, to_day=to_day, by=ADMINISTRATOR)


def _only(settings: Settings, grant_no: int) -> Grant:
    return next(g for g in list_grants(settings, by=ADMINISTRATOR) if g.grant_no == grant_no)


@pytest.mark.usefixtures("point")
def test_a_category_gives_another_share_from_a_day_on_and_the_old_one_before(settings: Settings) -> None:
    half = Category("teacher", "Teachers", Decimal("0.5"), "fixed", "state budget", "12", Decimal(30))
    set_category(settings, half, from_day=JUNE, by=ADMINISTRATOR)
    told = [
        (c.valid_from, c.share, c.financing_source, c.report_row)
        for c in list_categories(settings, by=ADMINISTRATOR)
        if c.category_code == "teacher"
    ]
    assert told == [
        (date(2000, 1, 1), Decimal(1), "local budget", "11"),
        (JUNE, Decimal("0.5"), "state budget", "12"),
    ]
    with pytest.raises(Refusal, match="must begin after it"):
        set_category(settings, half, from_day=JUNE, by=ADMINISTRATOR)


@pytest.mark.requirement("E52")
@pytest.mark.requirement("E53")
@pytest.mark.usefixtures("point")
def test_norm_grows_with_persons_up_to_the_cap_and_of_a_profession_it_does_not(
    database: psycopg.Connection,
) -> None:
    def norm(category: str, dwelling: str | None, persons: int, day: date = date(2019, 1, 1)) -> Decimal:
        return database.execute(
            "SELECT ops.benefit_norm_kwh(%s, %s, %s, %s)", [category, dwelling, persons, day]
        ).fetchone()[0]

    # 70 + 3 x 30 = 160; 110 + 90 = 200; 130 + 90 = 220; 100 + 90 = 190; six persons: 70 + 150 = 220, capped at 190.
    assert norm("veteran", "gas_stove", 4) == 160
    assert norm("veteran", "electric_stove_hot_water", 4) == 200
    assert norm("veteran", "electric_stove", 4) == 220
    assert norm("veteran", "cold_water_only", 4) == 190
    assert norm("veteran", "gas_stove", 6) == 190
    # Before 2018: 90 + 30 = 120.
    assert norm("veteran", "gas_stove", 2, date(2017, 12, 31)) == 120
    assert norm("teacher", None, 1) == norm("teacher", None, 5) == 30


@pytest.mark.requirement("E47")
def test_the_end_of_a_grant_is_the_first_day_without_it(settings: Settings, point: str) -> None:
    first = _teach(settings, point, date(2003, 7, 3), date(2005, 1, 1))
    with pytest.raises(Refusal, match="already; end that one first"):
        _teach(settings, point, date(2004, 12, 31))
    second = _teach(settings, point, date(2005, 1, 1))
    assert first != second
    assert _only(settings, first).valid_to == date(2005, 1, 1)
    with pytest.raises(Refusal, match="cannot end on"):
        _teach(settings, point, OCTOBER, OCTOBER)


def test_ending_on_the_first_day_cancels_wholly_and_the_days_are_free_again(settings: Settings, point: str) -> None:
    wrong = _teach(settings, point, JUNE)
    with pytest.raises(Refusal, match="cannot end on 2005-05-31"):
        end_benefit(settings, wrong, on=date(2005, 5, 31), by=ADMINISTRATOR)
    end_benefit(settings, wrong, on=JUNE, by=ADMINISTRATOR)
    assert _only(settings, wrong).valid_to == JUNE
    with pytest.raises(Refusal, match="ends on 2005-06-01 already"):
        end_benefit(settings, wrong, on=OCTOBER, by=ADMINISTRATOR)
    _teach(settings, point, JUNE)


def test_what_the_book_knew_before_an_end_stays(settings: Settings, database: psycopg.Connection, point: str) -> None:
    grant_no = _teach(settings, point, JUNE)
    end_benefit(settings, grant_no, on=OCTOBER, by=ADMINISTRATOR)
    versions = database.execute(
        "SELECT valid_to, known_to IS NULL FROM ops.benefit_grant WHERE grant_no = %s ORDER BY known_from", [grant_no]
    ).fetchall()
    assert versions == [(None, False), (OCTOBER, True)]


def test_a_dry_grant_leaves_nothing_and_an_unknown_dwelling_is_refused(settings: Settings, point: str) -> None:
    grant_benefit(settings, point, "teacher", HOLDER, from_day=JUNE, by=ADMINISTRATOR, dry_run=True)
    assert list_grants(settings, by=ADMINISTRATOR) == []
    with pytest.raises(Refusal, match="known are cold_water_only"):
        grant_benefit(
            settings, point, "veteran", HOLDER, from_day=date(2019, 1, 1), dwelling="palace", by=ADMINISTRATOR
        )


@pytest.mark.requirement("E68", "E73")
def test_a_closed_category_cannot_be_granted(settings: Settings, point: str) -> None:
    assert close_category(settings, "teacher", on=JUNE, by=ADMINISTRATOR) == 0
    with pytest.raises(Refusal, match="not valid since 2005-06-01"):
        _teach(settings, point, date(2004, 1, 1))
    with pytest.raises(Refusal, match="closed already"):
        close_category(settings, "teacher", on=OCTOBER, by=ADMINISTRATOR)


@pytest.mark.requirement("E74")
@pytest.mark.parametrize(
    ("from_day", "to_day", "end"),
    [
        (date(2004, 1, 1), None, JUNE),
        (date(2004, 1, 1), OCTOBER, JUNE),  # E71: end 01.10.2005, closed 01.06.2005
        (OCTOBER, None, OCTOBER),  # E72: start 01.10.2005, closed 01.06.2005
        (date(2004, 1, 1), date(2005, 1, 1), date(2005, 1, 1)),
    ],
)
def test_holders_get_the_closing_day_and_nothing_back_when_the_category_is_valid_again(
    settings: Settings, point: str, from_day: date, to_day: date | None, end: date
) -> None:
    grant_no = _teach(settings, point, from_day, to_day)
    assert close_category(settings, "teacher", on=JUNE, by=ADMINISTRATOR) == (0 if to_day == end else 1)
    assert _only(settings, grant_no).valid_to == end
    reopen_category(settings, "teacher", by=ADMINISTRATOR)
    assert _only(settings, grant_no).valid_to == end
    _teach(settings, point, date(2006, 1, 1))


def test_a_clerk_grants_ends_and_lists_from_the_command_line(
    settings: Settings, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in settings.as_environment().items():
        monkeypatch.setenv(name, value)

    def told(*words: str) -> str:
        result = CliRunner().invoke(app, ["benefits", *words], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return " ".join(result.output.split())

    assert "teacher: Teachers in villages, 100% from 2000-01-01" in told("categories")
    told("grant", point, "teacher", "--holder", "Oksana Kovalenko", "--from", "2005-06-01")
    grant_no = list_grants(settings, by=ADMINISTRATOR)[0].grant_no
    assert f"Grant {grant_no} ends on 2005-10-01." in told("end", str(grant_no), "--on", "2005-10-01")
    assert "2005-06-01 to 2005-10-01" in told("list", "--point", point)
