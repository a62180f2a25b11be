"""Packages of payments from their cover sheet to their posting, told as the clerk of the money desk would tell it."""

from datetime import date
from pathlib import Path

import psycopg
import pytest

from operational_db.access.commands import create_user
from operational_db.billing.commands import close_month
from operational_db.connections import Role, connect
from operational_db.payments.package_files import load_payments
from operational_db.payments.packages import (
    ToldPayment,
    add_payments,
    change_payment,
    check_package,
    declare_package,
    discard_package,
    list_packages,
    open_package,
    post_package,
    remove_payment,
    show_package,
)
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.cash_desk import BY, SOUM, CashDesk
from tests.integration.test_postings_side_by_side import Beside

JANUARY, FEBRUARY, MARCH = (date(2026, month, 1) for month in (1, 2, 3))
FIFTH, TENTH = date(2026, 1, 5), date(2026, 1, 10)


@pytest.fixture
def desk(settings: Settings, database: psycopg.Connection) -> CashDesk:
    desk = CashDesk(settings, database, first_month=JANUARY)
    for account_no in ("SA01/1/1", "SA01/1/2", "SA02/1/1"):
        desk.consumer(account_no)
    return desk


def _sentences(desk: CashDesk, number: str) -> list[str]:
    return [obstacle.sentence for obstacle in check_package(desk.settings, number, **BY)]


def _posted(desk: CashDesk) -> list[tuple]:
    return desk.database.execute(
        "SELECT a.account_no, p.channel_code, p.external_id, p.paid_on, p.amount_minor, p.booked_month, k.package_no"
        " FROM ops.payment AS p INNER JOIN ops.account AS a USING (account_id)"
        " LEFT JOIN ops.payment_package AS k USING (payment_package_id) ORDER BY p.payment_no"
    ).fetchall()


@pytest.mark.requirement("E155", "E157", "A25", "A26", "A27", "A28", "D33")
@pytest.mark.parametrize("channel", ["bank", "post", "paynet", "sms"])
def test_a_register_of_any_channel_is_entered_checked_and_posted_whole(desk: CashDesk, channel: str) -> None:
    told = [ToldPayment("SA01/1/1", 120_000 * SOUM, "T1"), ToldPayment("SA01/1/2", 30_000 * SOUM, "T2", on := TENTH)]
    desk.package("R-17", told, on=FIFTH, channel=channel)
    assert _sentences(desk, "R-17") == []
    posted = post_package(desk.settings, "R-17", **BY)
    # 120,000 + 30,000
    assert (posted.payment_count, posted.amount_minor, posted.booked_month) == (2, 150_000 * SOUM, JANUARY)
    assert _posted(desk) == [
        ("SA01/1/1", channel, "T1", FIFTH, 120_000 * SOUM, JANUARY, "R-17"),
        ("SA01/1/2", channel, "T2", on, 30_000 * SOUM, JANUARY, "R-17"),
    ]
    assert (desk.balance("SA01/1/1"), desk.balance("SA01/1/2")) == (-120_000, -30_000)
    package, payments = show_package(desk.settings, "R-17", **BY)
    assert (package.state, package.found_minor) == ("posted", 150_000 * SOUM)
    assert [(p.account_no, p.standing) for p in payments] == [("SA01/1/1", "posted"), ("SA01/1/2", "posted")]


@pytest.mark.requirement("E155")
def test_count_and_sum_must_be_what_the_sender_declared(desk: CashDesk) -> None:
    open_package(
        desk.settings, "R-18", "bank", paid_on=FIFTH, declared_count=3, declared_minor=90_000 * SOUM,
        unit_code="SA01", **BY,
    )  # fmt: skip
    told = [ToldPayment("SA01/1/1", 50_000 * SOUM, "B1"), ToldPayment("SA01/1/2", 30_000 * SOUM + 50, "B2")]
    add_payments(desk.settings, "R-18", told, **BY)
    # 90,000.00 - 80,000.50 = 9,999.50
    assert _sentences(desk, "R-18") == [
        "Package R-18 declares 3 payments, but 2 are entered; add or remove payments, or put the declared count right.",
        (
            "Package R-18 declares a sum of 90000.00, but its payments make 80000.50 (9999.50 less); find the "
            "wrong amount, or put the declared sum right."
        ),
    ]
    with pytest.raises(Refusal, match='Package "R-18" was not posted, nothing of it was. Package R-18 declares 3 pay'):
        post_package(desk.settings, "R-18", **BY)
    assert _posted(desk) == []
    declare_package(desk.settings, "R-18", declared_count=2, **BY)
    change_payment(desk.settings, "R-18", 2, amount_minor=40_000 * SOUM, **BY)
    assert post_package(desk.settings, "R-18", **BY).amount_minor == 90_000 * SOUM


@pytest.mark.requirement("E155")
def test_every_row_that_stops_a_package_is_named_with_what_to_do(desk: CashDesk) -> None:
    desk.paid("SA01/1/1", 10_000, on=FIFTH, channel_id="OLD")
    desk.package(
        "R-19",
        [
            ToldPayment("SA01/9/9", 1_000 * SOUM, "B1"),
            ToldPayment("SA01/1/1", -500 * SOUM, "B2"),
            ToldPayment("SA01/1/1", 0, "B3"),
            ToldPayment("SA01/1/2", 700 * SOUM, "B1"),
            ToldPayment("SA01/1/2", 10_000 * SOUM, "OLD"),
            ToldPayment("SA02/1/1", 800 * SOUM, "B6"),
            ToldPayment(None, 900 * SOUM, "B7"),
            ToldPayment("SA01/1/2", 100 * SOUM, "B8", date(2099, 1, 1)),
        ],
        on=FIFTH,
    )
    assert _sentences(desk, "R-19") == [
        (
            'Row 1 (B1): account "SA01/9/9" was not found; correct the number, or post the row as unrecognised '
            "money of a RES."
        ),
        (
            "Row 2 (B2): the amount -500.00 is not above zero; correct it, or take a posted payment back with "
            "`wattbook payments reverse`."
        ),
        (
            "Row 3 (B3): the amount 0.00 is not above zero; correct it, or take a posted payment back with "
            "`wattbook payments reverse`."
        ),
        "Row 4 (B1): the channel id stands in row 1 already; remove one of them if the payment came twice.",
        (
            "Row 5 (OLD): channel bank has sent this payment before, it is posted in 2026-01 to account "
            "SA01/1/1; remove the row."
        ),
        # The package was opened for SA01, so money of SA02 is not its own.
        (
            'Row 6 (B6): account "SA02/1/1" was not found; correct the number, or post the row as unrecognised '
            "money of a RES."
        ),
        "Row 7 (B7): no account is named; correct the number, or post the row as unrecognised money of a RES.",
        "Row 8 (B8): the day 2099-01-01 has not come yet; correct it.",
    ]
    with pytest.raises(Refusal, match="And 5 more: `wattbook payments package check` lists them"):
        post_package(desk.settings, "R-19", **BY)


@pytest.mark.requirement("E155")
def test_a_package_is_mended_until_it_is_posted_and_never_after(desk: CashDesk) -> None:
    told = [ToldPayment("SA01/1/1", 5_000 * SOUM, "B1"), ToldPayment("SA01/1/1", 6_000 * SOUM, "B2")]
    desk.package("R-20", told, on=FIFTH)
    remove_payment(desk.settings, "R-20", 1, **BY)
    assert add_payments(desk.settings, "R-20", [ToldPayment("SA01/1/7", 5_000 * SOUM)], **BY) == [3]
    change_payment(desk.settings, "R-20", 3, account="SA01/1/2", article="services", paid_on=TENTH, **BY)
    _, payments = show_package(desk.settings, "R-20", **BY)
    assert [(p.row_no, p.external_id, p.account_no, p.article_code, p.standing) for p in payments] == [
        (2, "B2", "SA01/1/1", None, "clear"),
        (3, "R-20/3", "SA01/1/2", "services", "clear"),
    ]
    post_package(desk.settings, "R-20", **BY)
    for mend in (
        lambda: add_payments(desk.settings, "R-20", told, **BY),
        lambda: change_payment(desk.settings, "R-20", 2, amount_minor=1, **BY),
        lambda: remove_payment(desk.settings, "R-20", 2, **BY),
        lambda: declare_package(desk.settings, "R-20", declared_count=1, **BY),
        lambda: discard_package(desk.settings, "R-20", **BY),
        lambda: post_package(desk.settings, "R-20", **BY),
    ):
        with pytest.raises(
            Refusal, match='Package "R-20" was posted on .*, and what is posted is not changed; take a w'
        ):
            mend()
    for statement in ("UPDATE ops.payment_package SET declared_count = 1", "DELETE FROM ops.payment_package"):
        for role in (Role.OWNER, Role.APP, Role.LOADER):
            with (
                connect(desk.settings, role) as session,
                pytest.raises(psycopg.Error, match="posted|permission denied"),
            ):
                session.execute(statement)
    with pytest.raises(Refusal, match='Package "R-20" is posted already; look whether the register came twice'):
        desk.package("R-20", told, on=FIFTH)


@pytest.mark.requirement("E145")
def test_money_of_nobody_known_goes_to_the_pool_of_the_res(desk: CashDesk) -> None:
    told = [ToldPayment("SA01/1/1", 5_000 * SOUM, "B1"), ToldPayment("77", 6_000 * SOUM, "B2", payer="Karimov A.")]
    desk.package("R-21", told, on=FIFTH)
    posted = post_package(desk.settings, "R-21", pool_res="SA01", **BY)
    assert (posted.payment_count, posted.unrecognised_count) == (2, 1)
    assert desk.database.execute(
        "SELECT a.account_no, a.kind, p.payer_text, p.amount_minor FROM ops.payment AS p"
        " INNER JOIN ops.account AS a USING (account_id) WHERE p.external_id = 'B2'"
    ).fetchone() == ("SA01-UNRECOGNISED", "technical", "77 Karimov A.", 6_000 * SOUM)
    # The next one finds the account that is there now.
    desk.package("R-22", [ToldPayment(None, 1_000 * SOUM, "B3")], on=FIFTH)
    change_payment(desk.settings, "R-22", 1, pool_res="SA01", **BY)
    assert _sentences(desk, "R-22") == []
    post_package(desk.settings, "R-22", **BY)
    assert desk.balance("SA01-UNRECOGNISED") == -7_000
    desk.package("R-23", [ToldPayment(None, 1_000 * SOUM, "B4")], on=FIFTH)
    with pytest.raises(Refusal, match='Unrecognised money of package "R-23" stands in a RES of SA01; "SA02" is none'):
        post_package(desk.settings, "R-23", pool_res="SA02", **BY)


@pytest.mark.requirement("E21", "E155")
def test_an_old_number_finds_its_account_unless_two_bore_it(desk: CashDesk) -> None:
    desk.former_number(desk.consumer("SA01/2/1"), "SA01:4711")
    desk.former_number(desk.consumer("SA02/2/1"), "SA02:4711")
    desk.package("R-24", [ToldPayment("4711", 5_000 * SOUM, "B1")], on=FIFTH)
    assert _sentences(desk, "R-24") == []
    post_package(desk.settings, "R-24", **BY)
    assert desk.balance("SA01/2/1") == -5_000
    # A package of the whole region may mean either.
    desk.package("R-25", [ToldPayment("4711", 5_000 * SOUM, "B2")], on=FIFTH, unit="UZ")
    assert _sentences(desk, "R-25") == [
        (
            'Row 1 (B2): the old number "4711" is that of 2 accounts; correct the number, or post the row as '
            "unrecognised money of a RES."
        )
    ]
    change_payment(desk.settings, "R-25", 1, account="SA02:4711", **BY)
    post_package(desk.settings, "R-25", **BY)
    assert desk.balance("SA02/2/1") == -5_000


@pytest.mark.requirement("E150", "E155")
def test_a_package_of_a_closed_month_is_posted_into_the_open_one(desk: CashDesk) -> None:
    desk.package("R-26", [ToldPayment("SA01/1/1", 5_000 * SOUM, "B1")], on=FIFTH)
    desk.package("R-27", [ToldPayment("SA01/1/8", 1_000 * SOUM, "B2")], on=FIFTH)
    sa01, sa02 = desk.book.res_ids["SA01"], desk.book.res_ids["SA02"]
    waiting = "SELECT package_no, payment_count, amount_minor FROM ops.unposted_packages(%s, %s)"
    assert desk.database.execute(waiting, [sa01, JANUARY]).fetchall() == [
        ("R-26", 1, 5_000 * SOUM),
        ("R-27", 1, 1_000 * SOUM),
    ]
    assert desk.database.execute(waiting, [sa02, JANUARY]).fetchall() == []
    assert desk.database.execute(waiting, [sa01, date(2025, 12, 1)]).fetchall() == []
    declare_package(desk.settings, "R-26", month=FEBRUARY, **BY)
    discard_package(desk.settings, "R-27", **BY)
    close_month(desk.settings, JANUARY, unit_code="SA01", **BY)
    desk.package("R-28", [ToldPayment("SA01/1/1", 2_000 * SOUM, "B3")], on=FIFTH)
    assert _sentences(desk, "R-28") == [
        "Month 2026-01 is not open for SA01, into which package R-28 would be posted; name the open month for it."
    ]
    declare_package(desk.settings, "R-28", month=FEBRUARY, **BY)
    for number in ("R-26", "R-28"):
        post_package(desk.settings, number, **BY)
    # The day of payment stays, the money is booked in February.
    assert [(row[3], row[5]) for row in _posted(desk)] == [(FIFTH, FEBRUARY)] * 2


@pytest.mark.requirement("E155")
def test_a_trial_posting_tells_the_same_and_writes_nothing(desk: CashDesk) -> None:
    desk.package("R-29", [ToldPayment("77", 5_000 * SOUM, "B1")], on=FIFTH)
    tried = post_package(desk.settings, "R-29", pool_res="SA01", dry_run=True, **BY)
    assert (tried.is_dry_run, tried.payment_count, tried.unrecognised_count) == (True, 1, 1)
    assert _posted(desk) == []
    assert [p.package_no for p in list_packages(desk.settings, state="draft", **BY)] == ["R-29"]
    assert list_packages(desk.settings, state="posted", **BY) == []


@pytest.mark.requirement("E155")
def test_a_register_comes_as_a_file_and_a_bad_row_stops_all_of_it(desk: CashDesk, tmp_path: Path) -> None:
    file = tmp_path / "bank.csv"
    file.write_text(
        "channel_id,account_no,amount,paid_on,article,payer\n"
        'B1,SA01/1/1,"12 000,50",2026-01-04,,Karimov\n'
        "B2,SA01/1/2,1e3x,,,\n"
        "B3,SA01/1/2,3000.005,,,\n"
        "B4,SA01/1/2,,,,\n"
        "B5,SA01/1/2,3000,05.01.2026,,\n",
        encoding="utf-8",
    )
    open_package(
        desk.settings, "R-30", "bank", paid_on=FIFTH, declared_count=2, declared_minor=15_000_50, unit_code="SA01", **BY
    )
    loaded = load_payments(desk.settings, "R-30", file, **BY)
    assert loaded.added_count == 0
    assert loaded.unreadable == [
        'bank.csv, row 2: "1e3x" is not an amount; write it as 12345.60.',
        'bank.csv, row 3: "3000.005" is not an amount of whole coins, of which 100 make one; write it as 12345.60.',
        "bank.csv, row 4: the amount is empty; fill it in or remove the row.",
        'bank.csv, row 5: paid_on "05.01.2026" is not a day; write it as 2026-03-31.',
    ]
    assert show_package(desk.settings, "R-30", **BY)[1] == []
    file.write_text(
        'channel_id,account_no,amount,paid_on\nB1,SA01/1/1,"12 000,50",2026-01-04\nB2,SA01/1/2,3000,\n',
        encoding="utf-8",
    )
    assert load_payments(desk.settings, "R-30", file, **BY).added_minor == 15_000_50
    post_package(desk.settings, "R-30", **BY)
    # The rows keep where they came from: the file by its name, and the row in it.
    assert desk.database.execute(
        "SELECT s.arguments ->> 'file', p.source_row, p.paid_on FROM ops.payment AS p"
        " INNER JOIN ops.source AS s USING (source_id) ORDER BY p.source_row"
    ).fetchall() == [("bank.csv", 1, date(2026, 1, 4)), ("bank.csv", 2, FIFTH)]
    file.write_text("account,amount\nSA01/1/1,5\n", encoding="utf-8")
    with pytest.raises(Refusal, match="lacks the column account_no; the first row must name the columns"):
        load_payments(desk.settings, "R-30", file, **BY)


@pytest.mark.requirement("E151", "E155")
def test_a_package_is_mended_by_those_who_may_post_in_its_unit(desk: CashDesk) -> None:
    for login, group in (("clerk", "billing_clerks"), ("manager", "billing_managers")):
        create_user(desk.settings, login=login, full_name=login, group_code=group, unit_code="SA02", **BY)
    desk.package("R-31", [ToldPayment("SA01/1/1", 5_000 * SOUM, "B1")], on=FIFTH)
    assert list_packages(desk.settings, by="manager") == []
    with pytest.raises(Refusal, match='There is no package "R-31" among those you may see'):
        show_package(desk.settings, "R-31", by="manager")
    with pytest.raises(Refusal, match='User "manager" does not hold the right "post_payments" for SA01'):
        post_package(desk.settings, "R-31", by="manager")
    cover = {"paid_on": FIFTH, "declared_count": 1, "declared_minor": 1, "unit_code": "SA02"}
    with pytest.raises(Refusal, match='User "clerk" does not hold the right "post_payments" for SA02'):
        open_package(desk.settings, "R-32", "bank", by="clerk", **cover)


def test_of_two_clerks_who_post_or_mend_a_package_at_once_it_is_posted_once_and_whole(desk: CashDesk) -> None:
    desk.package("R-40", [ToldPayment("SA01/1/1", 5_000 * SOUM, "B1")], on=FIFTH)
    both = [
        Beside(lambda: post_package(desk.settings, "R-40", **BY)),
        Beside(lambda: post_package(desk.settings, "R-40", **BY)),
        Beside(lambda: change_payment(desk.settings, "R-40", 1, payer="Karimov", **BY)),
    ]
    for clerk in both:
        clerk.end()
    refused = [str(clerk.failure) for clerk in both if clerk.failure is not None]
    # One posting is too late for certain; mending is, unless it came before the first.
    assert len(refused) in (1, 2)
    assert all('Package "R-40" was posted on' in sentence for sentence in refused)
    assert desk.balance("SA01/1/1") == -5_000


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"channel_code": "pigeon"}, 'There is no channel "pigeon"; known are bank, cash, paynet, post, sms'),
        ({"declared_count": 0}, 'Package "R-33" cannot declare 0 payments of 10.00; both are above zero'),
        ({"package_no": "  "}, "A package needs a number"),
        ({"unit_code": "XX99"}, 'There is no unit "XX99"'),
    ],
)
def test_a_cover_sheet_that_cannot_be_is_refused(desk: CashDesk, wrong: dict[str, object], sentence: str) -> None:
    cover = {"package_no": "R-33", "channel_code": "bank", "declared_count": 1, "unit_code": "SA01"} | wrong
    with pytest.raises(Refusal, match=sentence):
        open_package(desk.settings, paid_on=FIFTH, declared_minor=10 * SOUM, **cover, **BY)


def test_what_is_not_there_is_named(desk: CashDesk) -> None:
    desk.package("R-34", [ToldPayment("SA01/1/1", 5_000 * SOUM, "B1")], on=FIFTH)
    with pytest.raises(Refusal, match='Package "R-34" is open already'):
        desk.package("R-34", [ToldPayment("SA01/1/1", 5_000 * SOUM, "B1")], on=FIFTH)
    with pytest.raises(Refusal, match='There is no package "R-35"; see `wattbook payments package list`, or open it'):
        check_package(desk.settings, "R-35", **BY)
    with pytest.raises(Refusal, match='Package "R-34" has no row 7'):
        remove_payment(desk.settings, "R-34", 7, **BY)
    with pytest.raises(Refusal, match='no article "gas"; known are electricity, acts, services, penalty'):
        change_payment(desk.settings, "R-34", 1, article="gas", **BY)
