"""The log of a pilot as KEGOC kept one in autumn 2018: nine branches, 1,295 requests, 18 of them open."""

from datetime import date, timedelta
from pathlib import Path

import openpyxl
import psycopg
import pytest

from legacy_migration.pilot.commands import load_requests, review_branch, set_branch, tell_volume
from legacy_migration.pilot.report import pilot_report
from operational_db.access.commands import create_user
from operational_db.connections import Role, connect, connect_as_admin
from operational_db.refusal import Refusal
from operational_db.settings import Settings

BY = "administrator"
SEPTEMBER, END, LAST_DAY = date(2018, 9, 1), date(2018, 12, 1), date(2018, 11, 30)
BRANCHES = ("SA01", "SA02", "SA03", "SA04", "SA05", "AN01", "AN02", "BU01", "BU02")
HEADING = "request,branch,received,subject,module,closed,answer"
# Every 71st request from the first on is open, 18 of them: 71 = 8 x 9 - 1, so each branch has two.
OPEN = [1 + 71 * k for k in range(18)]
AGES = [*range(5), *[10] * 5, *[40] * 8]


def log_of_pilot(folder: Path) -> Path:
    lines = [HEADING]
    for number in range(1, 1296):
        branch, module = BRANCHES[number % 9], f"module {number % 8}"
        received = SEPTEMBER + timedelta(days=number % 80)
        closed, answer = f"{received + timedelta(days=3)}", "Done"
        if number in OPEN:
            received, closed, answer = LAST_DAY - timedelta(days=AGES[OPEN.index(number)]), "", ""
        lines.append(f"R-{number},{branch},{received},Request {number},{module},{closed},{answer}")
    path = folder / "requests.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def written(folder: Path, *rows: str, heading: str = HEADING) -> Path:
    path = folder / "log.csv"
    path.write_text("\n".join((heading, *rows)) + "\n", encoding="utf-8")
    return path


@pytest.mark.requirement("C3")
def test_of_1295_requests_1277_are_closed_and_18_open(settings: Settings, tmp_path: Path) -> None:
    loaded = load_requests(settings, log_of_pilot(tmp_path), by=BY)
    assert (loaded.new_count, loaded.changed_count, loaded.known_count, loaded.unreadable) == (1295, 0, 0, [])
    report = pilot_report(settings, on=LAST_DAY)
    assert (report.received_count, report.closed_count, report.open_count) == (1_295, 1_277, 18)
    # 1,295 = 9 x 143 + 8: the branch of remainder 0 has 143 requests, the others 144; two of each are open.
    by_branch = {count.name: (count.received_count, count.open_count) for count in report.by_branch}
    assert by_branch == dict.fromkeys(BRANCHES, (144, 2)) | {"SA01": (143, 2)}
    # 1,295 = 8 x 161 + 7. Remainders of 1 + 71 k by 8 go down by one each time: 1, 0, 7, 6, 5, 4, 3, 2, twice around,
    # and 1 and 0 once more.
    by_module = {count.name: (count.received_count, count.open_count) for count in report.by_module}
    assert by_module == {f"module {n}": (162, 2) for n in range(2, 8)} | {"module 1": (162, 3), "module 0": (161, 3)}
    assert [(age.age, age.open_count) for age in report.by_age] == [
        ("up to 7 days", 5), ("8 to 30 days", 5), ("31 to 90 days", 8), ("over 90 days", 0),
    ]  # fmt: skip
    assert max(count.oldest_open_days or 0 for count in report.by_branch) == 40
    # Two months later the same 18 are older.
    assert [age.open_count for age in pilot_report(settings, on=date(2019, 1, 29)).by_age] == [0, 0, 10, 8]


@pytest.mark.requirement("C3")
def test_the_same_log_again_adds_nothing_and_a_closed_request_is_a_new_version(
    settings: Settings, tmp_path: Path
) -> None:
    path = log_of_pilot(tmp_path)
    load_requests(settings, path, by=BY)
    again = load_requests(settings, path, by=BY)
    assert (again.new_count, again.changed_count, again.known_count) == (0, 0, 1295)
    later = written(tmp_path, f"R-1,SA02,{LAST_DAY},Request 1,module 1,2018-12-05,Explained by telephone")
    assert load_requests(settings, later, by=BY).changed_count == 1
    assert pilot_report(settings, on=LAST_DAY).open_count == 18
    assert pilot_report(settings, on=date(2018, 12, 5)).open_count == 17
    with connect(settings, Role.LOADER) as session:
        assert session.execute(
            "SELECT version_no, closed_on FROM migration.pilot_request WHERE request_no = 'R-1' ORDER BY 1"
        ).fetchall() == [(1, None), (2, date(2018, 12, 5))]


def test_a_row_that_is_no_request_is_told_and_the_others_stand(settings: Settings, tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "1,SA01,2018-09-03,The bill does not print,bills,,",
        "2,XX99,2018-09-03,Where is it,bills,,",
        "3,SA01,yesterday,Slow,bills,,",
        "4,SA01,2018-09-03,Slow,bills,2018-09-01,",
        "5,SA01,2018-09-03,,bills,,",
        "1,SA01,2018-09-03,Something else,bills,,",
        "6,SA01,2031-01-01,From the future,bills,,",
        "7,SA01,03.09.2018,Dotted day,bills,04.09.2018,Yes",
    )
    loaded = load_requests(settings, path, by=BY)
    assert loaded.new_count == 2
    assert sorted(loaded.unreadable) == [
        'log.csv, row 2: there is no branch "XX99"; write the code of a RES or of a unit above it.',
        'log.csv, row 3: received "yesterday" is not a day; write it as 2026-03-31 or 31.03.2026.',
        "log.csv, row 4: closed 2018-09-01 is before received 2018-09-03; correct one of the days.",
        "log.csv, row 5: subject is empty; fill it in or remove the row.",
        'log.csv, row 6: request "1" stands otherwise in row 1; leave the one that is right.',
        'log.csv, row 7: received "2031-01-01" is still to come; correct the day.',
    ]


def test_files_that_are_no_log_are_refused(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="lacks the column module"):
        load_requests(
            settings, written(tmp_path, "1,SA01,2018-09-03,A", heading="request,branch,received,subject"), by=BY
        )
    with pytest.raises(Refusal, match="holds no request"):
        load_requests(settings, written(tmp_path), by=BY)
    with pytest.raises(Refusal, match='There is no active user "nobody"'):
        load_requests(settings, written(tmp_path, "1,SA01,2018-09-03,A,b,,"), by="nobody")


def test_a_workbook_is_a_log_as_well(settings: Settings, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(HEADING.split(","))
    book.active.append([17, "SA01", date(2018, 9, 3), "The bill does not print", "bills", None, None])
    path = tmp_path / "log.xlsx"
    book.save(path)
    assert load_requests(settings, path, by=BY).new_count == 1
    (count,) = pilot_report(settings, on=LAST_DAY).by_module
    assert (count.name, count.open_count, count.oldest_open_days) == ("bills", 1, 88)  # 27 + 31 + 30 days


def test_requests_of_a_branch_are_entered_by_who_may_migrate_it(settings: Settings, tmp_path: Path) -> None:
    create_user(settings, login="olim", full_name="Olim", group_code="migration_team", unit_code="SA01", by=BY)
    path = written(tmp_path, "1,SA01,2018-09-03,Mine,bills,,", "2,SA03,2018-09-03,Theirs,bills,,")
    loaded = load_requests(settings, path, by="olim")
    assert loaded.new_count == 1
    assert loaded.unreadable == [
        'log.csv, row 2: user "olim" does not hold the right "migrate" for SA03; let another user load the row.'
    ]


@pytest.mark.requirement("C1")
def test_branches_are_in_pilot_from_a_day_until_a_day(settings: Settings) -> None:
    for branch in BRANCHES:
        set_branch(settings, branch, pilot_from=SEPTEMBER, pilot_to=END, note="Order 7", by=BY)
    set_branch(settings, "SA01", pilot_from=SEPTEMBER, pilot_to=END, note="Order 7", by=BY)
    assert [(b.unit_code, b.pilot_from, b.pilot_to) for b in pilot_report(settings, on=LAST_DAY).branches] == [
        (branch, SEPTEMBER, END) for branch in sorted(BRANCHES)
    ]
    with connect(settings, Role.LOADER) as session:
        assert session.execute("SELECT count(*) FROM migration.pilot_branch").fetchone() == (9,)
    # The pilot of one goes on.
    set_branch(settings, "SA01", pilot_from=SEPTEMBER, note="Order 9", by=BY)
    assert next(b for b in pilot_report(settings, on=LAST_DAY).branches if b.unit_code == "SA01").pilot_to is None
    with pytest.raises(Refusal, match="would end on 2018-08-01 before it begins"):
        set_branch(settings, "SA01", pilot_from=SEPTEMBER, pilot_to=date(2018, 8, 1), note="Order 9", by=BY)


@pytest.mark.requirement("C2")
def test_a_review_is_recorded_with_its_sponsor_and_what_was_open(settings: Settings, tmp_path: Path) -> None:
    load_requests(settings, log_of_pilot(tmp_path), by=BY)
    with pytest.raises(Refusal, match="SA01 is not in pilot on 2018-11-30"):
        review_branch(settings, "SA01", reviewed_on=LAST_DAY, sponsor="A. Karimov", outcome="Go on", by=BY)
    set_branch(settings, "SA01", pilot_from=SEPTEMBER, pilot_to=END, note="Order 7", by=BY)
    first = review_branch(settings, "SA01", reviewed_on=date(2018, 9, 1), sponsor="A. Karimov", outcome="Begun", by=BY)
    last = review_branch(settings, "SA01", reviewed_on=LAST_DAY, sponsor="A. Karimov", outcome="Go live", by=BY)
    # Requests of SA01 received on 1 September: numbers that 9 and 80 divide, of which 720 is the only one.
    assert (first, last) == (1, 2)
    (branch,) = pilot_report(settings, on=LAST_DAY).branches
    assert (branch.review_count, branch.reviewed_on, branch.sponsor, branch.outcome, branch.open_at_review) == (
        2, LAST_DAY, "A. Karimov", "Go live", 2,
    )  # fmt: skip
    with pytest.raises(Refusal, match="A review needs who took part"):
        review_branch(settings, "SA01", reviewed_on=LAST_DAY, sponsor="", outcome="Go live", by=BY)


@pytest.mark.requirement("C4", "C5", "C6")
def test_how_much_was_entered_is_known(settings: Settings) -> None:
    # KEGOC: over 18,000 reference records, 744 contracts, 2,275 applications.
    tell_volume(settings, "SA01", "reference_record", 10_000, counted_on=date(2018, 10, 1), by=BY)
    tell_volume(settings, "SA01", "reference_record", 12_400, counted_on=LAST_DAY, by=BY)
    tell_volume(settings, "SA03", "reference_record", 5_850, counted_on=LAST_DAY, by=BY)
    tell_volume(settings, "SA01", "contract", 744, counted_on=LAST_DAY, by=BY)
    tell_volume(settings, "SA01", "application", 2_275, counted_on=LAST_DAY, by=BY)
    told = {volume.kind: volume.told_count for volume in pilot_report(settings, on=LAST_DAY).volumes}
    assert told == {"reference_record": 18_250, "contract": 744, "application": 2_275}
    told = {volume.kind: volume.told_count for volume in pilot_report(settings, on=date(2018, 10, 1)).volumes}
    assert told == {"reference_record": 10_000, "contract": None, "application": None}
    with pytest.raises(Refusal, match='There is no kind "letters"'):
        tell_volume(settings, "SA01", "letters", 1, counted_on=LAST_DAY, by=BY)
    # Beside it what the book holds itself: no contract yet, and the records that the house's own files bring.
    in_book = {volume.kind: volume.in_book_count for volume in pilot_report(settings, on=LAST_DAY).volumes}
    assert in_book["contract"] == 0
    with connect_as_admin(settings) as session:
        (units,) = session.execute("SELECT count(*) FROM ops.unit").fetchone()
    assert in_book["reference_record"] > units


def test_the_log_is_history(settings: Settings, tmp_path: Path) -> None:
    load_requests(settings, written(tmp_path, "1,SA01,2018-09-03,A,b,,"), by=BY)
    with connect(settings, Role.LOADER) as session, pytest.raises(psycopg.Error, match="are history and cannot"):
        session.execute("DELETE FROM migration.pilot_request")
