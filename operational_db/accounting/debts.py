"""How old is what consumers owe, and from which years? By account, and by unit.

Belongs here: asking the database. Does not belong here: which debt a credit settles (`sql/debt_ages.sql`).
"""

from dataclasses import dataclass
from datetime import date

from psycopg.rows import dict_row

from operational_db.billing.commands import find_account
from operational_db.connections import Role, connect
from operational_db.refusal import Refusal
from operational_db.refused import refusals
from operational_db.settings import Settings


@dataclass(frozen=True)
class DebtByAge:
    """What is owed for an article, by age; `whose` is an account's number or a unit's code."""

    whose: str
    article_code: str
    balance_minor: int
    advance_minor: int
    current_minor: int
    days_1_30_minor: int
    days_31_90_minor: int
    days_91_365_minor: int
    years_1_3_minor: int
    over_3_years_minor: int


@dataclass(frozen=True)
class DebtByYear:
    """What is owed for an article from a year of origin."""

    whose: str
    article_code: str
    year_of_origin: int
    owed_minor: int


@dataclass(frozen=True)
class Debts:
    """Debts at the end of a day, by age and by year of origin."""

    on_day: date
    by_age: tuple[DebtByAge, ...]
    by_year: tuple[DebtByYear, ...]


def account_debts(settings: Settings, account_no: str, on_day: date, *, by: str) -> Debts:
    """The debts of an account.

    Raises:
        Refusal: no such account among those the user may see.
    """
    with connect(settings, Role.APP, user=by) as session, refusals():
        account_id, res_id = find_account(session, account_no)
        session.execute("SELECT ops.require_right(%s, 'see', %s)", [by, res_id])
    return _debts(settings, on_day, by, account_no, None, [account_id])


def unit_debts(settings: Settings, unit_code: str, on_day: date, *, by: str) -> Debts:
    """The debts of all consumers under a unit together: what some owe and what others have in advance stay apart.

    Raises:
        Refusal: no such unit, or none of its RES may be seen by the user.
    """
    with connect(settings, Role.APP, user=by) as session, refusals():
        unit_id = session.execute("SELECT ops.find_unit(%s)", [unit_code]).fetchone()[0]
        session.execute("SELECT ops.require_right(%s, 'see', %s)", [by, unit_id])
        res_ids = [row[0] for row in session.execute("SELECT res_id FROM ops.res_under(%s, %s)", [unit_id, on_day])]
    if not res_ids:
        raise Refusal(f"There is no RES under {unit_code} on {on_day}; name a unit that has consumers.")
    return _debts(settings, on_day, by, unit_code, res_ids, None)


def _debts(
    settings: Settings, on_day: date, by: str, whose: str, res_ids: list[int] | None, account_ids: list[int] | None
) -> Debts:
    with (
        connect(settings, Role.APP, user=by) as session,
        refusals(),
        session.cursor(row_factory=dict_row) as cursor,
    ):
        rows = cursor.execute(
            "SELECT * FROM ops.debt_together(%s, %s, %s, %s)", [whose, res_ids, account_ids, on_day]
        ).fetchall()
    years = [(row.pop("year_of_origin"), row) for row in rows]
    return Debts(
        on_day,
        tuple(DebtByAge(**row) for year, row in years if year is None),
        tuple(
            DebtByYear(row["whose"], row["article_code"], year, row["balance_minor"])
            for year, row in years
            if year is not None
        ),
    )
