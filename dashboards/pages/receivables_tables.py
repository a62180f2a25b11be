"""The tables of the receivables page: places under a place, articles, ages and years of debt, means of payment."""

from collections.abc import Iterable, Sequence
from typing import Any

from dash.development.base_component import Component

from dashboards.pages.asking import Asking
from dashboards.pages.grids import Column, Row, grid
from dashboards.pages.scene import Scene, level_name
from dashboards.queries.currency import currency
from dashboards.queries.receivables import ChildMoney, MonthOfMoney
from dashboards.words.amounts import Amount, Scale, money_scale, month_short, points_scale, share_scale

_AGES = (
    "current_minor", "days_1_30_minor", "days_31_90_minor", "days_91_365_minor", "years_1_3_minor",
    "over_3_years_minor",
)  # fmt: skip


def money_scale_of(asking: Asking, minor: Iterable[Amount]) -> Scale:
    money = currency(asking.reader)
    return money_scale(asking.words, minor, money.code, money.minor_per_major)


def child_href(asking: Asking, scene: Scene, child: ChildMoney) -> str:
    return asking.address.at(*scene.place.steps(asking.top_code), child.unit.code).href


def children_table(
    asking: Asking, scene: Scene, total: MonthOfMoney, base: MonthOfMoney | None, children: Sequence[ChildMoney]
) -> Component:
    words = asking.words
    levels = {child.unit.level for child in children}
    coins = money_scale_of(asking, (total.uncollected_minor, total.charged_minor, total.paid_minor, total.debt_minor))
    columns = [
        Column("name", level_name(asking, levels.pop()) if len(levels) == 1 else words.text("Unit"), width=220),
        Column("uncollected_minor", words.text("Not collected"), coins, width=104,
               tip=words.text("Charged in the month less paid in it")),
        Column("collection_share", words.text("Collected"), share_scale(), width=88,
               tip=words.text("Paid as a share of what was charged")),
        Column("target_share", words.text("Target"), share_scale(), width=76,
               tip=words.text("Its own, else that of the nearest unit above")),
        Column("above_target_share", words.text("Above target"), points_scale(words), is_change=True, width=92),
        Column(
            "collection_share_change", words.text("Change on {month}", month=month_short(words, scene.base_month)),
            points_scale(words), is_change=True, width=100,
        ),
        Column("charged_minor", words.text("Charged"), coins, width=104),
        Column("paid_minor", words.text("Paid"), coins, width=104),
        Column("debt_minor", words.text("Debt"), coins, width=144),
        Column("debt_growth_minor", words.text("Debt growth"), coins, is_change=True, good_when_lower=True, width=104,
               tip=words.text("Debt at the end of the month less debt at its start")),
        Column("overpaid_minor", words.text("In advance"), coins, width=104),
    ]  # fmt: skip
    rows = [
        Row(
            {**child.figures, "name": child.unit.name(words.locale)},
            href=child_href(asking, scene, child),
            remark=None if child.unit.is_verified else words.text("not verified"),
        )
        for child in children
    ]
    is_compared = base is not None and None not in (total.collection_share, base.collection_share)
    change = total.collection_share - base.collection_share if is_compared else None
    total_row = Row({**vars(total), "name": words.text("Total"), "collection_share_change": change})
    return grid(words, "children", _filled(columns, rows), rows, total=total_row, sort=asking.address.sort)


def article_table(asking: Asking, total: MonthOfMoney, articles: Sequence[dict[str, Any]]) -> Component:
    words = asking.words
    coins = money_scale_of(asking, (total.opening_minor, total.charged_minor, total.paid_minor, total.debt_minor))
    columns = [
        Column("name", words.text("Article"), width=170),
        Column("opening_minor", words.text("Opening balance"), coins),
        Column("charged_minor", words.text("Charged"), coins),
        Column("other_minor", words.text("Other changes"), coins,
               tip=words.text("Benefits and the like, which are neither charged nor paid")),
        Column("paid_minor", words.text("Paid"), coins),
        Column("collection_share", words.text("Collected"), share_scale(), width=90),
        Column("closing_minor", words.text("Closing balance"), coins,
               tip=words.text("Opening balance, charged and other changes, less paid")),
        Column("debt_minor", words.text("Debt"), coins, width=144),
        Column("debt_growth_minor", words.text("Debt growth"), coins, is_change=True, good_when_lower=True),
        Column("overpaid_minor", words.text("In advance"), coins),
    ]  # fmt: skip
    rows = [Row({**article, "name": article_name(asking, article["article_code"])}) for article in articles]
    total_row = Row({**vars(total), "name": words.text("Total")})
    kept = [column for column in columns if column.field != "other_minor" or any(a["other_minor"] for a in articles)]
    return grid(words, "articles", _filled(kept, rows), rows, total=total_row)


def debt_table(asking: Asking, debts: Sequence[dict[str, Any]]) -> Component:
    """The first of the rows is all articles together; an article is followed by its years, so rows stay in order."""
    words, total = asking.words, debts[0]
    coins = money_scale_of(asking, (total["owed_minor"], total["advance_minor"]))
    heads = (
        words.text("Of the month itself"), words.text("1–30 days"), words.text("31–90 days"),
        words.text("91–365 days"), words.text("1–3 years"), words.text("Over 3 years"),
    )  # fmt: skip
    columns = [
        Column("name", words.text("Article and year of origin"), width=200),
        Column("owed_minor", words.text("Debt"), coins, width=144),
        *(
            Column(age, head, coins, tip=words.text("Days from the end of the month that the debt is of"))
            for age, head in zip(_AGES, heads, strict=True)
        ),
        Column("advance_minor", words.text("In advance"), coins),
    ]
    rows = [
        Row(
            {
                **debt,
                # What is in advance has no year: nothing is said of it in the row of one.
                "advance_minor": debt["advance_minor"] if debt["year_of_origin"] is None else None,
                "name": article_name(asking, debt["article_code"])
                if debt["year_of_origin"] is None
                else f"\N{EM SPACE}{debt['year_of_origin']}",
            }
        )
        for debt in debts[1:]
    ]
    return grid(
        words, "debts", columns, rows, total=Row({**total, "name": words.text("Total")}), is_sortable=False
    )  # fmt: skip


def channel_table(
    asking: Asking, scene: Scene, total: MonthOfMoney, base: MonthOfMoney | None, channels: Sequence[dict[str, Any]]
) -> Component:
    words = asking.words
    coins = money_scale_of(asking, (total.paid_minor, *(channel["paid_minor"] for channel in channels)))
    columns = [
        Column("name", words.text("Means of payment"), width=200),
        Column("paid_minor", words.text("Paid"), coins),
        Column("paid_share", words.text("Share"), share_scale(), tip=words.text("Of all that was paid in the month")),
        Column("base_paid_minor", words.text("Paid in {month}", month=month_short(words, scene.base_month)), coins),
    ]
    rows = [Row({**channel, "name": channel_name(asking, channel["channel_code"])}) for channel in channels]
    total_row = Row(
        {"name": words.text("Total"), "paid_minor": total.paid_minor, "base_paid_minor": base and base.paid_minor}
    )
    return grid(words, "channels", columns, rows, total=total_row)


def article_name(asking: Asking, code: str) -> str:
    return {
        "electricity": asking.text("Electricity"),
        "acts": asking.text("Acts"),
        "services": asking.text("Services"),
        "penalty": asking.text("Penalties"),
    }.get(code, code)


def channel_name(asking: Asking, code: str) -> str:
    return {
        "bank": asking.text("Bank"),
        "post": asking.text("Post office"),
        "paynet": asking.text("PAYNET terminal"),
        "sms": asking.text("Mobile payment"),
        "cash": asking.text("Cash desk"),
    }.get(code, code)


def _filled(columns: list[Column], rows: list[Row]) -> list[Column]:
    """Columns that no row has a figure in say nothing."""
    return [
        column
        for column in columns
        if column.field == "name" or any(row.values.get(column.field) is not None for row in rows)
    ]
