"""A clerk prints the month for the controllers: route by route, from door to door, under a list that adds up."""

import io
from datetime import date
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from pypdf import PdfReader

from dashboards.bills.batch import print_routes
from dashboards.bills.cover import rendered_list
from dashboards.bills.words import BillWords, words_by_language
from operational_db.access.commands import create_user
from operational_db.billing.commands import bill_month, close_month
from operational_db.billing.explanation import explain_bill
from operational_db.billing.routes import RoutePart, parts_to_print
from operational_db.pango import find_weasyprint
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.small_book import ADMINISTRATOR, SmallBook

JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
PRINTED_ON = date(2026, 2, 5)
SOUM = 100
READ = {JANUARY: 0, FEBRUARY: 100}

needs_pango = pytest.mark.skipif(
    find_weasyprint() is None, reason="Pango is not installed; `make test` as root installs it"
)


@pytest.fixture
def book(settings: Settings) -> SmallBook:
    return SmallBook(settings, first_month=JANUARY, res_codes=("SA01", "SA02"))


def _parts(at: SmallBook, month: date = JANUARY, **asked: object) -> list[RoutePart]:
    asked = {"by": ADMINISTRATOR, "bills_per_part": 300, **asked}
    return list(parts_to_print(at.settings, month, **asked))


def _street(book: SmallBook) -> None:
    """Five doors, entered in another order than one walks them."""
    for number, (street, house, flat) in enumerate(
        [("Навои", "10", ""), ("Навои", "2", "11"), ("Ёшлик", "1", ""), ("Навои", "2", "3"), ("Навои", "2/1", "")],
        start=1,
    ):
        consumer = book.consumer(f"SA01/2/{number}", res="SA01", readings=READ)
        book.live_at(consumer, f"Каримов {number}", street, house, flat=flat)


def test_a_route_goes_from_door_to_door(book: SmallBook) -> None:
    # Ё goes with Е before Н, house 2 before 2/1 before 10, flat 3 before 11; who has no address comes last.
    _street(book)
    book.consumer("SA01/2/6", res="SA01", readings=READ)
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    (part,) = _parts(book, book="SA01/2")
    assert [bill.head.account_no for bill in part.bills] == [f"SA01/2/{number}" for number in (3, 4, 2, 5, 1, 6)]
    listed = rendered_list(part, BillWords("ru"), PRINTED_ON, "Клерк")
    places = [listed.index(words) for words in ("Самарканд, Ёшлик", "Самарканд, Навои", "2, кв. 3", "без адреса")]
    assert places == sorted(places)
    # The street is said once, over its houses.
    assert listed.count("Самарканд, Навои") == 1


@pytest.mark.requirement("E112")
def test_the_list_and_its_bills_come_to_the_same(book: SmallBook, database: psycopg.Connection) -> None:
    # Four of 100 kWh at 600 are 240 000; one of 350: 200 x 600 + 150 x 800 = 240 000 as well.
    for number in range(1, 5):
        book.consumer(f"SA01/2/{number}", res="SA01", readings=READ)
    book.consumer("SA01/2/5", res="SA01", readings={JANUARY: 0, FEBRUARY: 350})
    book.consumer("SA01/3/1", res="SA01", readings=READ)
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    parts = _parts(book, book="SA01/2", bills_per_part=2)
    assert [len(part.bills) for part in parts] == [2, 2, 1]
    assert [(part.part_no, part.part_count, part.first_no) for part in parts] == [(1, 3, 1), (2, 3, 3), (3, 3, 5)]
    posted = database.execute(
        "SELECT count(*), sum(b.energy_kwh), sum(b.charge_minor), sum(b.vat_minor) FROM ops.bill AS b"
        " INNER JOIN ops.account AS a USING (account_id) WHERE a.account_no LIKE 'SA01/2/%'"
    ).fetchone()
    assert posted[:3] == (5, 750, 480_000 * SOUM)
    route = parts[0].route
    assert (route.bill_count, route.energy_kwh, route.charge_minor, route.vat_minor) == posted
    assert sum(part.energy_kwh for part in parts) == posted[1]
    assert sum(part.charge_minor for part in parts) == posted[2]
    assert sum(part.vat_minor for part in parts) == posted[3]
    listed = rendered_list(parts[1], BillWords("ru"), PRINTED_ON, "Клерк")
    for words in (
        "Файл 2 из 3: счета 3–4 из 5", "Итого в этом файле", "120\u202f000,00", "Итого по маршруту", "480\u202f000,00",
    ):  # fmt: skip
        assert words in listed, words


def test_a_bill_is_the_same_in_a_batch_as_alone(book: SmallBook) -> None:
    # The pair of a correction, two points of one account, two zones, and two routes beside them.
    book.open(FEBRUARY)
    slip = book.consumer("SA01/2/1", res="SA01", readings={JANUARY: 0})
    book.reading(slip, FEBRUARY, 500, kind="average")
    house = book.consumer("SA01/2/2", res="SA01", readings=READ)
    book.another_point(house, "SA01/2/2#2", readings={JANUARY: 7, FEBRUARY: 9})
    zoned = {JANUARY: {"day": 0, "night": 0}, FEBRUARY: {"day": 20, "night": 10}, MARCH: {"day": 50, "night": 20}}
    book.consumer("SA02/1/1", res="SA02", readings=zoned)
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    close_month(book.settings, JANUARY, by=ADMINISTRATOR)
    book.later()
    book.reading(slip, MARCH, 118)
    book.reading(house, MARCH, 130)
    bill_month(book.settings, FEBRUARY, by=ADMINISTRATOR)
    for month, count in ((JANUARY, 3), (FEBRUARY, 5)):
        bills = [bill for part in _parts(book, month, language="uz") for bill in part.bills]
        assert len(bills) == count
        for bill in bills:
            alone = explain_bill(
                book.settings, bill.head.account_no, month, by=ADMINISTRATOR, bill_no=bill.head.bill_no, language="uz"
            )
            assert bill == alone


def test_who_has_no_bill_is_told_with_the_reason(book: SmallBook) -> None:
    _street(book)
    book.consumer("SA01/2/7", res="SA01", readings={JANUARY: 0})
    doubtful = book.consumer("SA01/2/8", res="SA01", readings={JANUARY: 0})
    book.event(book.reading(doubtful, FEBRUARY, 90_000), "quarantined", "Nobody uses that much.")
    shop = book.consumer("SA01/2/9", res="SA01", readings=READ)
    book.another_point(shop, "SA01/2/9#2", readings={JANUARY: 5})
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    (part,) = _parts(book, book="SA01/2")
    assert [(one.point_code, one.has_bill, one.reasons) for one in part.left_out] == [
        ("SA01/2/7#1", False, ["No reading of the month is entered; enter it, or estimate it."]),
        ("SA01/2/8#1", False, ["Nobody uses that much."]),
        # The shop has a bill, though not for all that it uses.
        ("SA01/2/9#2", True, ["No reading of the month is entered; enter it, or estimate it."]),
    ]
    listed = rendered_list(part, BillWords("uk"), PRINTED_ON, "Клерк")
    assert "Показ за місяць не введено; введіть його або оцініть споживання." in listed
    assert "Nobody uses that much." in listed
    assert "точка SA01/2/9#2" in listed


def test_a_route_without_bills_still_says_who_waits(book: SmallBook) -> None:
    book.consumer("SA01/2/1", res="SA01", readings=READ)
    book.consumer("SA01/3/1", res="SA01", readings={JANUARY: 0})
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    billed, waiting = _parts(book, unit_code="SA01")
    assert (len(billed.bills), billed.left_out) == (1, ())
    assert (waiting.route.book, waiting.bills, len(waiting.left_out)) == ("SA01/3", (), 1)
    assert "No bill of the month is on this route." in rendered_list(waiting, BillWords("en"), PRINTED_ON, "Clerk")


def test_accounts_without_a_book_are_a_route_of_their_res(book: SmallBook) -> None:
    for number, res in (("U1", "SA01"), ("U2", "SA02"), ("SA01/1/1", "SA01")):
        book.consumer(number, res=res, readings=READ)
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    found = [(part.route.res_code, part.route.book, len(part.bills)) for part in _parts(book)]
    assert found == [("SA01", "SA01/1", 1), ("SA01", None, 1), ("SA02", None, 1)]


def test_bills_of_one_account_lie_in_one_file(book: SmallBook) -> None:
    book.open(FEBRUARY)
    consumer = book.consumer("SA01/2/1", res="SA01", readings={JANUARY: 0})
    book.reading(consumer, FEBRUARY, 400, kind="average")
    book.consumer("SA01/2/2", res="SA01", readings={**READ, MARCH: 200})
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    close_month(book.settings, JANUARY, by=ADMINISTRATOR)
    book.later()
    book.reading(consumer, MARCH, 150)
    bill_month(book.settings, FEBRUARY, by=ADMINISTRATOR)
    parts = _parts(book, FEBRUARY, bills_per_part=1)
    assert [[(bill.head.account_no, bill.head.bill_no) for bill in part.bills] for part in parts] == [
        [("SA01/2/1", 1), ("SA01/2/1", 2), ("SA01/2/1", 3)], [("SA01/2/2", 1)]
    ]  # fmt: skip
    assert [(part.part_no, part.part_count, part.first_no) for part in parts] == [(1, 2, 1), (2, 2, 4)]


@needs_pango
def test_files_hold_the_list_and_a_sheet_a_bill(book: SmallBook, tmp_path: Path) -> None:
    _street(book)
    book.consumer("U1", res="SA01", readings=READ)
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    parts = parts_to_print(book.settings, JANUARY, by=ADMINISTRATOR, bills_per_part=3, language="ru")
    printed = list(print_routes(parts, tmp_path, BillWords("ru"), printed_on=PRINTED_ON, printed_by="Клерк", workers=2))
    names = [f"bills-2026-01-{name}" for name in ("SA01-2-1of2", "SA01-2-2of2", "SA01-no-book")]
    assert [part.files for part in printed] == [(tmp_path / f"{n}.html", tmp_path / f"{n}.pdf") for n in names]
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(
        f"{n}.{e}" for n in names for e in ("html", "pdf")
    )
    reader = PdfReader(io.BytesIO((tmp_path / f"{names[0]}.pdf").read_bytes()))
    # The list takes a sheet, and each of the three bills one.
    assert len(reader.pages) == 4
    assert "Файл 1 из 2" in reader.pages[0].extract_text()
    assert [number for number in (3, 4, 2) if f"SA01/2/{number}" in reader.pages[1].extract_text()] == [3]


@pytest.mark.requirement("E151")
def test_only_who_bills_there_prints(book: SmallBook) -> None:
    book.consumer("SA01/2/1", res="SA01", readings=READ)
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    for login, group, unit in (
        ("clerk", "billing_clerks", "SA01"), ("other", "billing_clerks", "SA02"), ("reader", "management", "SA01"),
    ):  # fmt: skip
        create_user(book.settings, login=login, full_name=login, group_code=group, unit_code=unit, by=ADMINISTRATOR)
    assert len(_parts(book, unit_code="SA01", by="clerk")) == 1
    assert len(_parts(book, book="SA01/2", by="clerk")) == 1
    for asked in ({"unit_code": "SA01"}, {"book": "SA01/2"}):
        with pytest.raises(Refusal, match="reader.*bill.*SA01"):
            _parts(book, by="reader", **asked)
    with pytest.raises(Refusal, match="other.*bill.*SA01"):
        _parts(book, unit_code="SA01", by="other")
    with pytest.raises(Refusal, match="No account among those you may see has a number that begins SA01/2/"):
        _parts(book, book="SA01/2", by="other")


def test_what_is_not_billed_yet_cannot_be_printed(book: SmallBook) -> None:
    book.consumer("SA01/2/1", res="SA01", readings=READ)
    with pytest.raises(Refusal, match="No account of SA01 has a bill of 2026-01.*`wattbook bill --month 2026-01`"):
        _parts(book, unit_code="SA01")


def test_the_list_speaks_every_language(book: SmallBook) -> None:
    _street(book)
    book.consumer("SA01/2/7", res="SA01", readings={JANUARY: 0})
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    for language in words_by_language():
        (part,) = _parts(book, book="SA01/2", language=language)
        listed = rendered_list(part, BillWords(language), PRINTED_ON, "Клерк")
        assert ("No reading of the month" in listed) == (language == "en")
    assert part.energy_kwh == Decimal(500)
