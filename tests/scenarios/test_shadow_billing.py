"""Legacy bills re-rated: the twenty accounts, against what docs/twenty_accounts.md works out by hand, and dumps in
which the old program charged by something else, one thing at a time.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from legacy_migration.commands import accept, migrate, withdraw
from legacy_migration.shadow_billing.commands import ShadowDifference, shadow_bill, shadow_differences
from legacy_migration.synthetic_utility.twenty_accounts.dump import twenty_accounts
from operational_db.access.commands import create_user
from operational_db.benefits.categories import Category, set_category
from operational_db.benefits.grants import Holder, grant_benefit
from operational_db.connections import Role, connect
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.parallel_run import Billed, Home, write_dump

BY = "administrator"
APPROVER = "approver"
JANUARY, FEBRUARY, MARCH, APRIL = (date(2026, month, 1) for month in (1, 2, 3, 4))
SOUM = 100


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    return twenty_accounts(tmp_path / "twenty")


def rows(settings: Settings, query: str, *values: object) -> list[tuple]:
    with connect(settings, Role.LOADER) as session:
        return session.execute(query, values).fetchall()


def by_bill(differences: list[ShadowDifference]) -> dict[tuple[str, str], str]:
    return {(d.legacy_key, f"{d.service_month:%Y-%m}"): d.class_code for d in differences}


Told = Callable[..., dict[str, ShadowDifference | None]]


@pytest.fixture
def told(settings: Settings, tmp_path: Path) -> Told:
    """Writes a dump of homes and re-rates it; returns the difference of each account's last bill, None if equal."""

    def run(*homes: Home, folder: str = "dump") -> dict[str, ShadowDifference | None]:
        profile = write_dump(tmp_path / folder, homes)
        protocol_id = migrate(settings, tmp_path / folder, profile=str(profile), by=BY).protocol_id
        found = shadow_bill(settings, protocol_id, by=BY)
        assert sum(f.bill_count for f in found.figures) == sum(len(home.bills) for home in homes)
        last = {f"old {home.account_no}": home.bills[-1].month for home in homes}
        differences = {
            d.legacy_key: d for d in shadow_differences(settings, protocol_id) if d.service_month == last[d.legacy_key]
        }
        return {home.account_no: differences.get(f"old {home.account_no}") for home in homes}

    return run


def january(account_no: str, kwh: int, charge_soum: float, **of_home: object) -> Home:
    return Home(account_no, [Billed(JANUARY, kwh, round(charge_soum * SOUM))], **of_home)


@pytest.mark.requirement("B49", "B50")
def test_bills_of_twenty_accounts_fall_into_their_classes(settings: Settings, dump: Path) -> None:
    protocol_id = migrate(settings, dump, profile="merged_utility", by=BY).protocol_id
    found = shadow_bill(settings, by=BY)
    assert found.protocol_id == protocol_id
    assert by_bill(shadow_differences(settings, protocol_id)) == {
        # The slip of the pen on 1 March was rejected: 330 kWh from 1 February to 1 April are 160 + 170 as billed.
        ("SA03/1/7", "2026-02"): "missing_reading",
        ("SA03/1/7", "2026-03"): "missing_reading",
        # Its tariff code is in no list, so no metering point is loaded and nothing tells the price.
        ("SA03/1/8", "2026-01"): "unexplained",
        ("SA03/1/8", "2026-02"): "unexplained",
        ("SA03/1/8", "2026-03"): "unexplained",
        # The amounts of March are swapped: 90 kWh cost 54,000 and 210 kWh 128,000.
        ("SA03/1/1", "2026-03"): "unexplained",
        ("SA03/1/3", "2026-03"): "unexplained",
    }
    # 16 households (the archive has no bills) and 3 legal consumers, 3 months each: 57 bills less the 7 above. The
    # meter that was replaced, the register gone over and the half-hours of U000001 are among those that are equal.
    assert found.count_of("equal") == 50
    march = next(
        f for f in found.figures if (f.res_code, f.service_month, f.class_code) == ("SA03", MARCH, "unexplained")
    )
    # Swapped: 128,000 + 54,000 charged for 90 + 210 kWh, as much as they cost together. SA03/1/8: 60,000 for 100 kWh,
    # and none of ours.
    assert (march.bill_count, march.energy_kwh) == (3, 400)
    assert (march.charge_minor, march.our_minor, march.unrated_count) == (242_000_00, 182_000_00, 1)
    swapped = next(d for d in shadow_differences(settings, protocol_id) if d.legacy_key == "SA03/1/1")
    assert swapped.evidence == (
        "household/SA03/NARAH.DBF, row 17: account SA03/1/1, 2026-03: charged 128000.00 for 90 kWh, ours is 54000.00; "
        "the amounts of this bill and that of SA03/1/3 (row 19) of the same month are swapped; find out which figure "
        "is wrong."
    )


def test_nothing_is_posted_and_the_same_again_changes_nothing(settings: Settings, dump: Path) -> None:
    protocol_id = migrate(settings, dump, profile="merged_utility", by=BY).protocol_id
    first = shadow_bill(settings, protocol_id, by=BY)
    assert first.changed_count == 57
    kept = rows(settings, "SELECT * FROM migration.shadow_bill ORDER BY 1, 2, 3, 4")
    again = shadow_bill(settings, protocol_id, by=BY)
    assert (again.changed_count, again.figures) == (0, first.figures)
    assert rows(settings, "SELECT * FROM migration.shadow_bill ORDER BY 1, 2, 3, 4") == kept
    assert rows(settings, "SELECT count(*) FROM migration.shadow_run") == [(1,)]
    # Signing the load changes no bill of it.
    accept(settings, protocol_id, by=APPROVER)
    assert shadow_bill(settings, protocol_id, by=BY).changed_count == 0
    for table in ("bill", "bill_line", "bill_run"):
        assert rows(settings, f"SELECT count(*) FROM ops.{table}") == [(0,)]


def test_one_month_alone_leaves_the_others(settings: Settings, dump: Path) -> None:
    protocol_id = migrate(settings, dump, profile="merged_utility", by=BY).protocol_id
    # 19 accounts with bills.
    assert shadow_bill(settings, protocol_id, by=BY, months=[MARCH]).changed_count == 19
    assert shadow_bill(settings, protocol_id, by=BY, months=[FEBRUARY]).months == [FEBRUARY]
    assert rows(settings, "SELECT count(*), count(DISTINCT service_month) FROM migration.shadow_bill") == [(38, 2)]
    with pytest.raises(Refusal, match="has no bills of 2025-07; it has 2026-01 to 2026-03"):
        shadow_bill(settings, protocol_id, by=BY, months=[date(2025, 7, 1)])


def test_who_may_not_migrate_may_not_re_rate(settings: Settings, dump: Path) -> None:
    protocol_id = migrate(settings, dump, profile="merged_utility", by=BY).protocol_id
    create_user(settings, login="clerk", full_name="A clerk", group_code="billing_clerks", unit_code="UZ", by=BY)
    with pytest.raises(Refusal, match='"clerk" does not hold the right "migrate"'):
        shadow_bill(settings, protocol_id, by="clerk")
    with pytest.raises(Refusal, match="There is no protocol 99"):
        shadow_bill(settings, 99, by=BY)
    accept(settings, protocol_id, by=APPROVER)
    withdraw(settings, protocol_id, by=BY)
    with pytest.raises(Refusal, match="was withdrawn"):
        shadow_bill(settings, protocol_id, by=BY)


def test_the_price_list_before_is_a_tariff_date(told: Told) -> None:
    # 350 kWh by the list of 01.05.2024: 200 x 450 + 150 x 900 = 90,000 + 135,000 = 225,000 soum instead of 240,000.
    found = told(january("1", 350, 225_000), january("2", 350, 240_000))
    assert found["2"] is None
    assert found["1"].class_code == "tariff_date"
    assert (found["1"].charge_minor, found["1"].our_minor) == (225_000_00, 240_000_00)
    assert "price list of uz.household in force from 2024-05-01 until 2025-04-30" in found["1"].evidence


def test_a_list_of_two_years_ago_explains_nothing(told: Told) -> None:
    # 295 soum a kWh until April 2024: not in force before or after the list of January 2026.
    assert told(january("1", 350, 350 * 295))["1"].class_code == "unexplained"


def test_other_limits_and_other_consumers_are_norms(told: Told) -> None:
    found = told(
        # The e-stove's half price kept from one who has it: 350 kWh cost 120,000 and not 240,000.
        january("kept", 350, 240_000, tariff="STOVE"),
        # Given to one who has none: 200 x 300 + 160 x 400 = 124,000.
        january("given", 360, 124_000),
        # All 350 kWh at the 800 of the step that they end in.
        january("whole", 350, 280_000),
        # Limits scaled to 31 of 30 days: 200 x 31/30 = 206.666667 at 600 = 124,000.0002, 143.333333 at 800 =
        # 114,666.6664: 238,666.67 soum.
        january("days", 350, 238_666.67),
        # Limits of three residents: all 350 kWh within the first 600.
        january("persons", 350, 210_000, persons=3),
    )
    assert {no: d.class_code for no, d in found.items()} == dict.fromkeys(found, "norm")
    assert "the tariff uz.household instead of uz.household_estove" in found["kept"].evidence
    assert "the tariff uz.household_estove instead of uz.household" in found["given"].evidence
    assert "all kWh at the price of the step that they end in" in found["whole"].evidence
    assert "limits of the steps scaled to 31 of 30 days" in found["days"].evidence
    assert "limits of the steps times 3 residents" in found["persons"].evidence


def test_two_bills_that_charge_each_the_other_are_swapped_whatever_else_they_might_be(told: Told) -> None:
    # The e-stove's 350 kWh cost 120,000 and those of the other 240,000: norms twice, or one slip of a hand.
    found = told(january("1", 350, 240_000, tariff="STOVE"), january("2", 350, 120_000))
    assert {d.class_code for d in found.values()} == {"unexplained"}
    assert "and that of old 2 (row 3) of the same month are swapped" in found["1"].evidence


def test_a_price_of_hours_is_a_zone(told: Told) -> None:
    # 1,500 kWh at night: two thirds of 1,000 soum = 1,000,000 instead of 1,500,000; in the peak 2,250,000.
    found = told(january("night", 1500, 1_000_000, tariff="FIRM"), january("peak", 1500, 2_250_000, tariff="FIRM"))
    assert {d.class_code for d in found.values()} == {"zone"}
    assert "all kWh in the zone night (three_zone) of uz.legal_tou" in found["night"].evidence
    assert "all kWh in the zone peak" in found["peak"].evidence


def test_half_hours_tell_what_the_zones_cost(settings: Settings, dump: Path) -> None:
    """U000001 uses 200 kWh every hour of January, and the old program charged by zones."""
    # 31 days x 8 hours x 200 kWh = 49,600 kWh in each zone: at 1,500, 1,000 and 1,000 x 2/3 soum they cost 74,400,000 +
    # 49,600,000 + 33,066,666.67 = 157,066,666.67 soum instead of 148,800,000.
    file = dump / "legal/LEGAL_SALDO.CSV"
    text = file.read_text(encoding="cp1251")
    assert text.count(";148800;148800000,00;") == 2  # January and March
    file.write_text(text.replace(";148800;148800000,00;", ";148800;157066666,67;", 1), encoding="cp1251", newline="")
    protocol_id = migrate(settings, dump, profile="merged_utility", by=BY).protocol_id
    shadow_bill(settings, protocol_id, by=BY)
    (zoned,) = [d for d in shadow_differences(settings, protocol_id) if d.legacy_key == "U000001"]
    assert (zoned.class_code, zoned.service_month) == ("zone", JANUARY)
    assert "the half-hours in the zones three_zone of uz.legal_tou" in zoned.evidence


def test_a_share_taken_off_is_a_benefit(settings: Settings, told: Told) -> None:
    since = date(2020, 1, 1)
    set_category(
        settings, Category("veteran", "Veterans", Decimal("0.3"), "none", "budget", "3"), from_day=since, by=BY
    )
    set_category(
        settings, Category("teacher", "Teachers", Decimal("0.4"), "fixed", "budget", "4", Decimal(250)),
        from_day=since, by=BY,
    )  # fmt: skip
    found = told(
        # 240,000 less 30 % = 168,000.
        january("veteran", 350, 168_000),
        # 40 % of the first 250 kWh: 200 x 600 + 50 x 800 = 160,000, of which 64,000: 240,000 - 64,000 = 176,000.
        january("teacher", 350, 176_000),
        # 31 % is nobody's share.
        january("nobody", 350, 165_600),
    )
    assert found["nobody"].class_code == "unexplained"
    assert {found[no].class_code for no in ("veteran", "teacher")} == {"benefit"}
    assert (
        "a benefit of 30 % of all kWh by the category veteran, which the account does not hold"
        in found["veteran"].evidence
    )
    assert "a benefit of 40 % of the first 250 kWh by the category teacher" in found["teacher"].evidence


def test_a_benefit_that_the_account_holds_is_told_as_held(settings: Settings, dump: Path) -> None:
    # January of SA01/1/1: 200 kWh cost 120,000; less 30 % the old program charged 84,000.
    protocol_id = migrate(settings, dump, profile="merged_utility", by=BY).protocol_id
    accept(settings, protocol_id, by=APPROVER)
    veteran = Category("veteran", "Veterans", Decimal("0.3"), "none", "budget", "3")
    set_category(settings, veteran, from_day=JANUARY, by=BY)
    grant_benefit(settings, "SA01/1/1#1", "veteran", Holder("Karimov"), from_day=JANUARY, by=BY)
    with connect(settings, Role.LOADER) as session:
        session.execute(
            "UPDATE migration.charge SET charge_minor = 8400000 WHERE account_no = 'SA01/1/1' AND service_month = %s",
            [JANUARY],
        )
    shadow_bill(settings, protocol_id, by=BY)
    (held,) = [d for d in shadow_differences(settings, protocol_id) if d.legacy_key == "SA01/1/1"]
    assert held.class_code == "benefit"
    assert "a benefit of 30 % of all kWh by the category veteran, which the account holds" in held.evidence


def test_a_missing_reading_is_one_only_where_the_months_together_agree(told: Told) -> None:
    def home(no: str, march_kwh: int) -> Home:
        # February was read as 160 and March as 170 by a reading of 1 March that the dump does not have.
        bills = [
            Billed(JANUARY, 150, 90_000_00), Billed(FEBRUARY, 160, 96_000_00),
            Billed(MARCH, march_kwh, march_kwh * 600_00, used_kwh=170),
        ]  # fmt: skip
        return Home(no, bills, missing=frozenset({MARCH}))

    found = told(home("good", 170), home("bad", 190))
    assert found["good"].class_code == "missing_reading"
    assert (
        "the readings give 330 kWh from 2026-02-01 to 2026-04-01; a reading between them is missing"
        in found["good"].evidence
    )
    # Ours bills a span by its days: 330 x 31/59 = 173.389831 kWh of March at 600 soum = 104,033.8986 = 104,033.90.
    assert (found["good"].our_kwh, found["good"].our_minor) == (Decimal("173.389831"), 104_033_90)
    # 160 + 190 = 350 kWh were billed and the registers counted 330.
    assert found["bad"].class_code == "unexplained"


def test_an_estimate_that_was_made_up_for_later_is_a_missing_reading(told: Told) -> None:
    # Billed 100 and 200 kWh, used 120 and 180: 300 over the two months.
    bills = [Billed(JANUARY, 100, 60_000_00, used_kwh=120), Billed(FEBRUARY, 200, 120_000_00, used_kwh=180)]
    # Billed 20 kWh more than the registers of both months tell: nothing makes up for that.
    more = [Billed(JANUARY, 120, 72_000_00), Billed(FEBRUARY, 200, 120_000_00, used_kwh=180)]
    found = told(Home("1", bills), Home("2", more))
    assert found["1"].class_code == "missing_reading"
    assert "over all months of the dump the kWh are the same" in found["1"].evidence
    assert found["2"].class_code == "unexplained"
    assert "none of them missing, give 180 kWh from 2026-02-01 to 2026-03-01" in found["2"].evidence


def test_kwh_told_wrong_beside_a_right_amount(told: Told) -> None:
    # 350 kWh were used and 240,000 charged for them, but the bill says 530 kWh.
    found = told(Home("1", [Billed(JANUARY, 530, 240_000_00, used_kwh=350)]))
    assert found["1"].class_code == "missing_reading"
    assert "that is the price of the 350 kWh that the readings give; the kWh were told wrong" in found["1"].evidence


def test_two_things_that_differ_at_once_explain_nothing(told: Told) -> None:
    # 350 kWh by the list before (225,000), and the readings tell 340.
    assert told(Home("1", [Billed(JANUARY, 350, 225_000_00, used_kwh=340)]))["1"].class_code == "unexplained"


def test_rounding_to_whole_soums_is_no_difference(told: Told) -> None:
    """In March 2023 an e-stove paid 147.5 soum a kWh, and the old program kept whole soums."""
    month = date(2023, 3, 1)
    # 101 x 147.5 = 14,897.5: ours is 14,897.50, theirs 14,898 or, cut off, 14,897. A soum more is not rounding.
    amounts = {"up": 14_898, "down": 14_897, "more": 14_899, "less": 14_896}
    found = told(*(Home(no, [Billed(month, 101, soum * SOUM)], tariff="STOVE") for no, soum in amounts.items()))
    assert {no: d.class_code for no, d in found.items()} == {
        "up": "rounding", "down": "rounding", "more": "unexplained", "less": "unexplained",
    }  # fmt: skip
    assert found["up"].evidence.endswith("charged 14898.00, ours is 14897.50; the old program rounds to 1.00.")


def test_where_nothing_is_to_be_rounded_a_soum_is_a_difference(told: Told) -> None:
    # 200 x 600 + 150 x 800 = 240,000 soum exactly, on each line; whole soums are kept, and one is too many.
    assert told(january("1", 350, 240_001), january("2", 350, 240_000))["1"].class_code == "unexplained"


def test_parts_of_a_kwh_that_the_old_program_does_not_keep_are_rounding(told: Told) -> None:
    # 150.4 kWh by the register, billed as 150: 90,000.
    found = told(Home("1", [Billed(JANUARY, 150, 90_000_00, used_kwh=150.4)]))
    assert found["1"].class_code == "rounding"


def test_a_month_in_which_the_price_changed_is_billed_by_days(told: Told) -> None:
    """uz.household rose from 280 to 295 soum on 15.08.2019; ours spreads the month's kWh over its days."""
    month = date(2019, 8, 1)
    # 310 kWh: 14 days = 140 kWh x 280 = 39,200, 17 days = 170 kWh x 295 = 50,150: 89,350 soum.
    found = told(
        Home("days", [Billed(month, 310, 89_350_00)]),
        # The whole month at the old price: 310 x 280 = 86,800; at the new one: 310 x 295 = 91,450.
        Home("old", [Billed(month, 310, 86_800_00)]),
        Home("new", [Billed(month, 310, 91_450_00)]),
    )
    assert found["days"] is None
    assert {found["old"].class_code, found["new"].class_code} == {"tariff_date"}


@pytest.mark.parametrize(
    ("charge_soum", "hint"),
    [
        (2_400_000, "the amount is 10 times as much as its kWh cost"),
        (2_400, "the amount is 0.01 times as much as its kWh cost"),
        (-240_000, "the amount is -1 times as much as its kWh cost"),
        # The February of 160 kWh.
        (96_000, "the amount is what the kWh of 2026-02 cost"),
        (123_456.78, "ours is 240000.00; find out which figure is wrong"),
    ],
)
def test_what_is_unexplained_is_told_with_what_it_looks_like(told: Told, charge_soum: float, hint: str) -> None:
    bills = [Billed(FEBRUARY, 160, 96_000_00), Billed(MARCH, 350, round(charge_soum * SOUM))]
    found = told(Home("1", bills))
    assert found["1"].class_code == "unexplained"
    assert hint in found["1"].evidence


def test_a_month_in_which_nothing_was_used_or_charged_is_equal(told: Told) -> None:
    assert told(january("1", 0, 0))["1"] is None
    assert told(january("1", 0, 5_000), folder="other")["1"].class_code == "unexplained"
