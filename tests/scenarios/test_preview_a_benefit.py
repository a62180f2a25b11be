"""A clerk looks before he grants, ends or closes: the preview is what the next bill run posts, row by row."""

from collections.abc import Callable
from datetime import date

import psycopg
import pytest
from typer.testing import CliRunner

from operational_db.benefits.categories import close_category
from operational_db.benefits.grants import end_benefit, list_grants
from operational_db.benefits.recalculation import RecalculatedMonth, preview_closing, preview_end, preview_grant
from operational_db.settings import Settings
from orchestration.command_line import app
from tests.benefit_desk import APRIL, HOLDER, JUNE, MARCH, MAY, BenefitDesk
from tests.small_book import ADMINISTRATOR

BY = {"by": ADMINISTRATOR}


@pytest.fixture
def desk(settings: Settings, database: psycopg.Connection) -> BenefitDesk:
    return BenefitDesk(settings, database)


def _previewed(found: list[RecalculatedMonth]) -> list[tuple]:
    return [
        (
            m.point_code, m.service_month, m.right_kwh - m.standing_kwh, m.right_benefit_kwh - m.standing_benefit_kwh,
            m.right_charge_minor - m.standing_charge_minor, m.right_benefit_minor - m.standing_benefit_minor,
            m.standing_benefit_kwh, m.right_benefit_kwh,
        )
        for m in found
    ]  # fmt: skip


def _posted(desk: BenefitDesk, month: date) -> list[tuple]:
    """The same of what the last run posted: reversing bills are what stood, the others are what is right."""
    return desk.database.execute(
        "WITH last_run AS (SELECT max(source_id) AS source_id FROM ops.bill_run),"
        " line AS (SELECT l.*, p.code, b.kind = 'benefit_reversing' AS is_back FROM ops.bill_line AS l"
        "   INNER JOIN ops.bill AS b USING (account_id, booked_month, bill_no)"
        "   INNER JOIN ops.metering_point AS p USING (metering_point_id)"
        "   WHERE b.source_id = (SELECT source_id FROM last_run) AND b.booked_month = %s)"
        " SELECT l.code, l.service_month, sum(l.energy_kwh), coalesce(sum(n.energy_kwh), 0),"
        "   sum(l.charge_minor)::bigint, coalesce(sum(n.benefit_minor), 0)::bigint,"
        "   coalesce(-sum(n.energy_kwh) FILTER (WHERE l.is_back), 0),"
        "   coalesce(sum(n.energy_kwh) FILTER (WHERE NOT l.is_back), 0)"
        " FROM line AS l LEFT JOIN LATERAL (SELECT sum(energy_kwh) AS energy_kwh, sum(benefit_minor) AS benefit_minor"
        "   FROM ops.benefit_line AS n WHERE n.account_id = l.account_id AND n.booked_month = l.booked_month"
        "   AND n.bill_no = l.bill_no AND n.line_no = l.line_no) AS n ON true"
        " GROUP BY l.code, l.service_month ORDER BY l.code, l.service_month",
        [month],
    ).fetchall()


@pytest.fixture
def billed(desk: BenefitDesk) -> BenefitDesk:
    """Two households billed for March to May, March closed; the second has a benefit from April on."""
    desk.consumer("100", 300, 40, 250)
    desk.consumer("200", 120, 180, 90)
    desk.grant("200", "half", APRIL)
    desk.bill(MARCH, APRIL, MAY)
    desk.close(MARCH)
    return desk


def _granted(desk: BenefitDesk) -> tuple[list[RecalculatedMonth], Callable[[], object]]:
    days = {"from_day": date(2017, 3, 16), "to_day": date(2017, 5, 10)}
    return (
        preview_grant(desk.settings, "100#1", "half", HOLDER, **days, **BY),
        lambda: desk.grant("100", "half", days["from_day"], days["to_day"]),
    )


def _ended(desk: BenefitDesk) -> tuple[list[RecalculatedMonth], Callable[[], object]]:
    grant_no = list_grants(desk.settings, **BY)[0].grant_no
    return (
        preview_end(desk.settings, grant_no, on=date(2017, 4, 21), **BY),
        lambda: end_benefit(desk.settings, grant_no, on=date(2017, 4, 21), **BY),
    )


def _closed(desk: BenefitDesk) -> tuple[list[RecalculatedMonth], Callable[[], object]]:
    desk.grant("100", "half", MARCH)
    desk.bill(MAY)
    return (
        preview_closing(desk.settings, "half", on=MAY, **BY),
        lambda: close_category(desk.settings, "half", on=MAY, **BY),
    )


@pytest.mark.requirement("E57", "E58", "E69")
@pytest.mark.parametrize(("try_it", "rows"), [(_granted, 3), (_ended, 2), (_closed, 2)])
def test_a_preview_is_what_the_next_run_posts(
    billed: BenefitDesk,
    try_it: Callable[[BenefitDesk], tuple[list[RecalculatedMonth], Callable[[], object]]],
    rows: int,
) -> None:
    told, do_it = try_it(billed)
    assert len(told) == rows
    before = list_grants(billed.settings, **BY)
    do_it()
    assert list_grants(billed.settings, **BY) != before
    billed.bill(MAY)
    assert _previewed(told) == _posted(billed, MAY)
    assert {month.booked_month for month in told} == {MAY}


def test_the_preview_of_a_grant_by_hand(billed: BenefitDesk) -> None:
    told, _ = _granted(billed)
    # March: 16 of 31 days, norm 160 x 16 / 31 = 82.580645; of 100 kWh 51.612903 are in these days at 0.90, the other
    # 30.967742 at 1.68: half of 46.4516 + 52.0258 is 23.23 + 26.01. April: all 40 kWh, 36.00, half 18.00. May: 9 of 31
    # days, norm 46.451612: 29.032258 of the first hundred, 17.419354 of the rest: half of 26.1290 + 29.2645 is 13.06 +
    # 14.63.
    assert [(m.service_month, m.right_benefit_minor) for m in told] == [
        (MARCH, 2323 + 2601),
        (APRIL, 1800),
        (MAY, 1306 + 1463),
    ]
    assert sum(m.change_minor for m in told) == -(2323 + 2601 + 1800 + 1306 + 1463)


def test_nothing_billed_is_nothing_to_show(desk: BenefitDesk) -> None:
    desk.consumer("100", 300)
    assert preview_grant(desk.settings, "100#1", "half", HOLDER, from_day=MARCH, **BY) == []
    assert list_grants(desk.settings, **BY) == []


def test_a_clerk_previews_on_the_command_line(billed: BenefitDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in billed.settings.as_environment().items():
        monkeypatch.setenv(name, value)

    def told(*words: str) -> str:
        result = CliRunner().invoke(app, ["benefits", *words, "--preview"], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return " ".join(result.output.split()).replace("\N{MINUS SIGN}", "-")

    granting = told("grant", "100#1", "half", "--holder", "Oksana", "--from", "2017-04-01", "--to", "2017-05-01")
    assert "100#1 2017-04 2017-05 40 40 0 40 36.00 36.00 0.00 18.00 -18.00" in granting
    # April: 180 kWh cost 90.00 + 134.40, 160 of them 190.80; May: 90 x 0.90 = 81.00, half 40.50.
    closing = told("close", "half", "--on", "2017-04-01")
    assert "200#1 2017-04 2017-05 180 180 160 0 224.40 224.40 95.40 0.00 95.40" in closing
    assert "200#1 2017-05 2017-05 90 90 90 0 81.00 81.00 40.50 0.00 40.50" in closing
    assert "No billed month changes" in told("grant", "100#1", "half", "--holder", "Oksana", "--from", str(JUNE))
