"""What lies on top of the bills of a route? A list of them in their order, what they come to, and who has none and why.

Belongs here: which word and which number stands where. Does not belong here: any figure
(`operational_db.billing.routes`), or writing files (`batch`).
"""

from collections.abc import Iterator
from datetime import date

from dashboards.bills.page import Money, address_line, framed, house_line, rendered_bills, street_line, template
from dashboards.bills.sentences import in_language
from dashboards.bills.words import BillWords
from dashboards.words.amounts import day, exact, month_name, number
from operational_db.billing.routes import LeftOut, RoutePart


def render_route(part: RoutePart, words: BillWords, printed_on: date, printed_by: str) -> str:
    """The page of a part of a route: its list, then its bills."""
    title = f"{words.text('bills_of', month=month_name(words, part.month))}, {route_name(part, words)}"
    listed = rendered_list(part, words, printed_on, printed_by)
    return framed(words, title, [listed, *rendered_bills(part.bills, words, printed_on)])


def route_name(part: RoutePart, words: BillWords) -> str:
    return part.route.book or f"{part.route.res_code}, {words.text('no_book')}"


def rendered_list(part: RoutePart, words: BillWords, printed_on: date, printed_by: str) -> str:
    """The list as a piece of a page."""
    money = Money(words, part.minor_per_major)
    route = part.route
    sums = [(words.text("sum_of_file" if part.part_count > 1 else "sum_of_route"), part)]
    if part.part_count > 1:
        sums.append((words.text("sum_of_route"), route))
    return template("list.html.j2").render(
        w=words,
        currency=part.currency,
        supplier=part.unit_path[0] if part.unit_path else "",
        unit=" › ".join(part.unit_path[1:]),
        route=route_name(part, words),
        title=words.text("bills_of", month=month_name(words, part.month)),
        charge=money(part.charge_minor),
        vat=money(part.vat_minor),
        energy=exact(words, part.energy_kwh),
        count=number(words, len(part.bills)),
        account_count=number(words, len({bill.head.account_id for bill in part.bills})),
        file_part=_file_part(part, words),
        rows=list(_rows(part, words, money)),
        sums=[
            (told, exact(words, summed.energy_kwh), money(summed.charge_minor), money(summed.vat_minor))
            for told, summed in sums
        ],
        left_out=[_left_out(one, words) for one in part.left_out],
        left_out_count=words.text("left_out_count", count=number(words, len(part.left_out))),
        is_first=part.part_no == 1,
        printed=words.text("printed_by", when=day(words, printed_on), who=printed_by),
    )


def _file_part(part: RoutePart, words: BillWords) -> str:
    if part.part_count == 1:
        return ""
    last_no = part.first_no + len(part.bills) - 1
    return words.text(
        "file_part", part=part.part_no, parts=part.part_count, first=part.first_no, last=last_no,
        all=part.route.bill_count,
    )  # fmt: skip


def _rows(part: RoutePart, words: BillWords, money: Money) -> Iterator[dict[str, str]]:
    """A row a bill under its street; the second bill of an account does not say again who that is."""
    account_before, street_before = None, None
    for no, bill in enumerate(part.bills, start=part.first_no):
        head = bill.head
        is_new = head.account_id != account_before
        street = street_line(head) or words.text("no_address")
        yield {
            "no": str(no),
            "street": street if is_new and street != street_before else "",
            "house": house_line(head, words) if is_new else "",
            "account": head.account_no if is_new else "",
            "consumer": head.holder_name or "" if is_new else "",
            "bill": str(head.bill_no),
            "kind": "" if head.kind == "normal" else words.named("kind", head.kind),
            "energy": exact(words, head.energy_kwh),
            "charge": money(head.charge_minor),
        }
        account_before = head.account_id
        if is_new:
            street_before = street


def _left_out(one: LeftOut, words: BillWords) -> dict[str, str]:
    why = " ".join(in_language(words, reason) for reason in one.reasons)
    return {
        "account": one.account_no,
        # Where the account has a bill, it is one of its points that has none.
        "point": words.text("point_of", point=one.point_code) if one.has_bill else "",
        "consumer": one.holder_name or "",
        "address": address_line(one, words),
        "why": why,
    }
