"""Money and debts that a test posts by the book's own procedures, as a cash desk and a legacy load do."""

import itertools
from collections.abc import Mapping
from datetime import date

from operational_db.connections import Role, connect
from operational_db.exchange.sources import record_command
from tests.small_book import Consumer, SmallBook

_payment_numbers = itertools.count(1)


def pay(
    book: SmallBook,
    consumer: Consumer,
    paid_on: date,
    amount_minor: int,
    *,
    booked: date | None = None,
    article: str = "electricity",
    channel: str = "bank",
) -> None:
    """Money received, booked in the month of its day unless told otherwise; negative takes money back."""
    with connect(book.settings, Role.LOADER) as session:
        session.execute(
            "CREATE TABLE work.paid AS SELECT %s::text AS channel_code, %s::text AS external_id,"
            " %s::bigint AS account_id, %s::date AS booked_month, NULL::bigint AS payment_package_id,"
            " %s::date AS paid_on, %s::bigint AS amount_minor, %s::text AS article_code, NULL::text AS payer_text,"
            " %s::integer AS res_id, %s::bigint AS source_id, 0 AS source_row",
            [
                channel, f"R{next(_payment_numbers)}", consumer.account_id, booked or paid_on.replace(day=1), paid_on,
                amount_minor, article, consumer.res_id, book.source_id,
            ],
        )  # fmt: skip
        session.execute("GRANT ALL ON work.paid TO wattbook_owner")
        session.execute("SELECT ops.post_payments('work.paid')")
        session.execute("DROP TABLE work.paid")


def take_over(
    book: SmallBook,
    consumer: Consumer,
    by_year: dict[int, int],
    month: date,
    *,
    article: str = "electricity",
) -> None:
    """Balances of the old program by year of origin; positive is owed."""
    take_over_articles(book, consumer, {(year, article): minor for year, minor in by_year.items()}, month)


def take_over_articles(
    book: SmallBook, consumer: Consumer, balances: Mapping[tuple[int, str], int], month: date
) -> None:
    """Balances of the old program by year of origin and article, taken over at once; positive is owed."""
    with connect(book.settings, Role.LOADER) as session:
        source_id = record_command(session, "opening balance", {}, user_id=None)
        session.execute(
            "CREATE TABLE work.taken AS SELECT %s::bigint AS account_id, %s::date AS booked_month, d.year_of_origin,"
            " d.balance_minor, d.article_code, %s::date AS posted_on, %s::integer AS res_id, %s::bigint AS source_id,"
            " 0 AS source_row"
            " FROM unnest(%s::integer[], %s::text[], %s::bigint[]) AS d (year_of_origin, article_code, balance_minor)",
            [
                consumer.account_id, month, month, consumer.res_id, source_id, [year for year, _ in balances],
                [article for _, article in balances], list(balances.values()),
            ],
        )  # fmt: skip
        session.execute("GRANT ALL ON work.taken TO wattbook_owner")
        session.execute("SELECT ops.post_opening_balances('work.taken')")
        session.execute("DROP TABLE work.taken")
