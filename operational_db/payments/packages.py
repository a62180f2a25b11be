"""Packages of payments: opened, filled, mended, checked, posted whole. One function, one transaction.

Belongs here: the commands about packages, and what they answer. Does not belong here: the rules
(`sql/package_drafts.sql`, `sql/package_posting.sql`), files (`package_files`), posted payments that turn out wrong
(`corrections`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from psycopg.rows import class_row

from operational_db.command_session import command_session
from operational_db.connections import Role, connect
from operational_db.refusal import Refusal
from operational_db.refused import refusals
from operational_db.settings import Settings


@dataclass(frozen=True)
class ToldPayment:
    """A payment as the register tells it.

    Without a day it is of the package's day, without a channel id it gets the number of its row; without an article it
    pays the oldest debt. `source_row` is its row in a file.
    """

    account: str | None
    amount_minor: int
    external_id: str | None = None
    paid_on: date | None = None
    article: str | None = None
    payer: str | None = None
    source_row: int = 0


@dataclass(frozen=True)
class Package:
    """A package as it stands: `state` is draft or posted; what is found is what its payments make."""

    package_no: str
    state: str
    channel_code: str
    paid_on: date
    booked_month: date | None
    unit_code: str | None
    declared_count: int
    declared_minor: int
    found_count: int
    found_minor: int


@dataclass(frozen=True)
class PackagePayment:
    """A payment of a package; `standing` says in a word or two what it is: clear, unrecognised, posted, moved ..."""

    row_no: int
    external_id: str
    account_text: str | None
    account_no: str | None
    paid_on: date
    amount_minor: int
    article_code: str | None
    payer_text: str | None
    standing: str


@dataclass(frozen=True)
class Obstacle:
    """Why a package cannot be posted; without a row it is about the package as a whole."""

    row_no: int | None
    sentence: str


@dataclass(frozen=True)
class PostedPackage:
    """What was posted, or would be."""

    package_no: str
    is_dry_run: bool
    booked_month: date
    payment_count: int
    amount_minor: int
    unrecognised_count: int


def open_package(
    settings: Settings,
    package_no: str,
    channel_code: str,
    *,
    paid_on: date,
    declared_count: int,
    declared_minor: int,
    unit_code: str,
    by: str,
    month: date | None = None,
) -> None:
    """Open a package with what its cover sheet declares.

    Args:
        unit_code: its payments belong to RES of this unit.
        month: into which it will be posted; that of its day unless told.

    Raises:
        Refusal: an unknown channel or unit, a number that is used already, no right.
    """
    arguments = {
        "package": package_no, "channel": channel_code, "paid_on": paid_on, "month": month, "unit": unit_code,
        "count": declared_count, "sum_minor": declared_minor,
    }  # fmt: skip
    with command_session(settings, "open_package", arguments, by=by) as (session, source_id):
        session.execute(
            "SELECT ops.open_package(%s, %s, %s, %s, %s, %s, %s, %s)",
            [
                package_no, channel_code, paid_on, month, unit_code, declared_count, declared_minor, source_id,
            ],
        )  # fmt: skip


def declare_package(
    settings: Settings,
    package_no: str,
    *,
    by: str,
    channel_code: str | None = None,
    paid_on: date | None = None,
    month: date | None = None,
    declared_count: int | None = None,
    declared_minor: int | None = None,
) -> None:
    """Put right what was taken from the cover sheet; what is not told stays.

    Raises:
        Refusal: no such draft, an unknown channel, no right.
    """
    arguments = {
        "package": package_no, "channel": channel_code, "paid_on": paid_on, "month": month, "count": declared_count,
        "sum_minor": declared_minor,
    }  # fmt: skip
    with command_session(settings, "declare_package", arguments, by=by) as (session, _):
        session.execute(
            "SELECT ops.declare_package(%s, %s, %s, %s, %s, %s)",
            [package_no, channel_code, paid_on, month, declared_count, declared_minor],
        )


def add_payments(
    settings: Settings,
    package_no: str,
    payments: Sequence[ToldPayment],
    *,
    by: str,
    origin: Mapping[str, object] | None = None,
) -> list[int]:
    """Add payments to a draft, all or none; returns the numbers of their rows.

    Args:
        origin: what is recorded of the file they come from, such as its name and fingerprint.

    Raises:
        Refusal: no such draft, an unknown article, no right.
    """
    if not payments:
        return []
    arguments = {"package": package_no, "count": len(payments), **(origin or {})}
    with command_session(settings, "add_payments", arguments, by=by) as (session, source_id):
        return session.execute(
            "SELECT ops.add_draft_payments(%s, %s::text[], %s::text[], %s::date[], %s::bigint[], %s::text[],"
            "  %s::text[], %s::integer[], %s)",
            [
                package_no,
                [payment.external_id for payment in payments],
                [payment.account for payment in payments],
                [payment.paid_on for payment in payments],
                [payment.amount_minor for payment in payments],
                [payment.article for payment in payments],
                [payment.payer for payment in payments],
                [payment.source_row for payment in payments],
                source_id,
            ],
        ).fetchone()[0]


def change_payment(
    settings: Settings,
    package_no: str,
    row_no: int,
    *,
    by: str,
    account: str | None = None,
    amount_minor: int | None = None,
    external_id: str | None = None,
    paid_on: date | None = None,
    article: str | None = None,
    payer: str | None = None,
    pool_res: str | None = None,
) -> None:
    """Change one payment of a draft; what is not told stays, an empty article or payer is taken out.

    Args:
        pool_res: the payment becomes unrecognised money of this RES.

    Raises:
        Refusal: no such draft or row, an unknown article, a RES outside the package's unit, no right.
    """
    arguments = {
        "package": package_no, "row": row_no, "account": account, "amount_minor": amount_minor, "id": external_id,
        "paid_on": paid_on, "article": article, "payer": payer, "pool": pool_res,
    }  # fmt: skip
    with command_session(settings, "change_payment", arguments, by=by) as (session, source_id):
        session.execute(
            "SELECT ops.change_draft_payment(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                package_no, row_no, external_id, account, paid_on, amount_minor, article, payer, pool_res, source_id,
            ],
        )  # fmt: skip


def remove_payment(settings: Settings, package_no: str, row_no: int, *, by: str) -> None:
    """Take one payment out of a draft.

    Raises:
        Refusal: no such draft or row, no right.
    """
    with command_session(settings, "remove_payment", {"package": package_no, "row": row_no}, by=by) as (session, _):
        session.execute("SELECT ops.remove_draft_payment(%s, %s)", [package_no, row_no])


def discard_package(settings: Settings, package_no: str, *, by: str) -> None:
    """Throw a draft away with all its payments.

    Raises:
        Refusal: no such draft, no right.
    """
    with command_session(settings, "discard_package", {"package": package_no}, by=by) as (session, _):
        session.execute("SELECT ops.discard_package(%s)", [package_no])


def check_package(settings: Settings, package_no: str, *, by: str) -> list[Obstacle]:
    """What stops a draft from being posted; empty where nothing does.

    Raises:
        Refusal: no such draft, no right.
    """
    with connect(settings, Role.APP, user=by) as session, refusals():
        cursor = session.cursor(row_factory=class_row(Obstacle))
        return cursor.execute("SELECT row_no, obstacle AS sentence FROM ops.check_package(%s)", [package_no]).fetchall()


def post_package(
    settings: Settings, package_no: str, *, by: str, pool_res: str | None = None, dry_run: bool = False
) -> PostedPackage:
    """Post a draft whole; afterwards nothing of it can be changed.

    Args:
        pool_res: payments whose account is not clear become unrecognised money of this RES.

    Raises:
        Refusal: anything stops it (`check_package`), no such draft, no right; then nothing is posted.
    """
    arguments = {"package": package_no, "pool": pool_res}
    with command_session(settings, "post_package", arguments, by=by, dry_run=dry_run) as (session, source_id):
        if pool_res is not None:
            session.execute("SELECT ops.unclear_rows_to_pool(%s, %s)", [package_no, pool_res])
        posted = session.execute(
            "SELECT booked_month, payment_count, amount_minor, unrecognised_count FROM ops.post_package(%s, %s)",
            [package_no, source_id],
        ).fetchone()
    return PostedPackage(package_no, dry_run, *posted)


def list_packages(settings: Settings, *, by: str, state: str | None = None, limit: int = 50) -> list[Package]:
    """Drafts that the user may mend, then posted packages, newest first.

    Args:
        state: draft or posted; both unless told.
        limit: so many posted ones at most.
    """
    with connect(settings, Role.APP, user=by) as session, refusals():
        drafts = session.cursor(row_factory=class_row(Package)).execute(f"{_DRAFTS} ORDER BY d.package_no").fetchall()
        posted = session.cursor(row_factory=class_row(Package)).execute(
            f"{_POSTED} ORDER BY p.payment_package_id DESC LIMIT %s", [limit]
        ).fetchall()  # fmt: skip
    return [*(drafts if state != "posted" else []), *(posted if state != "draft" else [])]


def show_package(settings: Settings, package_no: str, *, by: str) -> tuple[Package, list[PackagePayment]]:
    """A package with its payments, those of a posted one as far as the user may see them.

    Raises:
        Refusal: there is none of that number among those that the user may see.
    """
    with connect(settings, Role.APP, user=by) as session, refusals():
        heads = session.cursor(row_factory=class_row(Package))
        rows = session.cursor(row_factory=class_row(PackagePayment))
        draft = heads.execute(f"{_DRAFTS} WHERE d.package_no = %s", [package_no]).fetchone()
        if draft is not None:
            return draft, rows.execute(_DRAFT_PAYMENTS, [package_no]).fetchall()
        posted = heads.execute(f"{_POSTED} WHERE p.package_no = %s", [package_no]).fetchone()
        if posted is None:
            raise Refusal(f'There is no package "{package_no}" among those you may see; list them to find its number.')
        return posted, rows.execute(_POSTED_PAYMENTS, [package_no]).fetchall()


_DRAFTS = """
SELECT d.package_no, 'draft' AS state, d.channel_code, d.paid_on, d.booked_month, u.code AS unit_code,
    d.declared_count, d.declared_minor, w.found_count, w.found_minor
FROM ops.payment_package_draft AS d
INNER JOIN ops.unit AS u ON u.unit_id = d.unit_id
CROSS JOIN LATERAL (
    SELECT count(*) AS found_count, coalesce(sum(p.amount_minor), 0)::bigint AS found_minor
    FROM ops.payment_draft AS p WHERE p.payment_package_draft_id = d.payment_package_draft_id
) AS w
"""

# Of a posted package the totals are those it declares: it was posted because they are the same.
_POSTED = """
SELECT p.package_no, 'posted' AS state, p.channel_code, p.paid_on, NULL::date AS booked_month,
    NULL::text AS unit_code, p.declared_count, p.declared_minor, p.declared_count AS found_count,
    p.declared_minor AS found_minor
FROM ops.payment_package AS p
"""

_DRAFT_PAYMENTS = """
SELECT r.row_no, r.external_id, r.account_text, r.account_no, r.paid_on, r.amount_minor, r.article_code, r.payer_text,
    CASE
        WHEN r.is_unrecognised THEN 'unrecognised money of ' || u.code
        WHEN r.account_id IS NOT NULL THEN 'clear'
        WHEN r.account_count > 1 THEN 'several accounts'
        ELSE 'account not found'
    END AS standing
FROM ops.payment_package_draft AS d
CROSS JOIN LATERAL ops.package_rows(d.payment_package_draft_id) AS r
LEFT JOIN ops.unit AS u ON u.unit_id = r.res_id
WHERE d.package_no = %s
ORDER BY r.row_no
"""

_POSTED_PAYMENTS = """
SELECT row_number() OVER (ORDER BY p.source_row, p.payment_no)::integer AS row_no, p.external_id,
    NULL::text AS account_text, a.account_no, p.paid_on, p.amount_minor, p.article_code, p.payer_text,
    CASE
        WHEN r.account_id IS NULL AND a.kind = 'technical' THEN 'unrecognised'
        WHEN r.account_id IS NULL THEN 'posted'
        WHEN r.right_account_id IS NULL THEN 'taken back'
        ELSE 'moved'
    END AS standing
FROM ops.payment_package AS k
INNER JOIN ops.payment AS p ON p.payment_package_id = k.payment_package_id
INNER JOIN ops.account AS a ON a.account_id = p.account_id
LEFT JOIN ops.payment_reversal AS r
    ON r.account_id = p.account_id AND r.booked_month = p.booked_month AND r.payment_no = p.payment_no
WHERE k.package_no = %s
ORDER BY 1
"""
