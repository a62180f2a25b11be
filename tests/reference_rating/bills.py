"""Bills of one account, run by run, as the reference works them out."""

from collections import defaultdict
from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby

from tests.reference_rating.consumers import Account, Point
from tests.reference_rating.rounding import compute_exactly
from tests.reference_rating.spans import Part, Span, parts_of, spans_of_power, spans_of_run
from tests.reference_rating.steps import Charge, bound_factor, charges, place, power_charge
from tests.reference_rating.tariffs import TariffBook


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """One line of a bill; `point_no` counts the points of the account from 0, `version_from` names the price list."""

    service_month: date
    point_no: int
    span_from: date
    zone: str
    step_no: int
    span_to: date
    tariff_code: str
    version_from: date
    variant: str
    energy_kwh: Decimal
    price_minor: Decimal
    charge_minor: int
    vat_minor: int


@dataclass(frozen=True, slots=True)
class Run:
    """What one run bills of an account, and the spans that it leaves out."""

    lines: tuple[Line, ...]
    left_out: tuple[Span, ...]


class AccountBook:
    """What stands billed of an account, and what the next run over a month bills."""

    def __init__(self, account: Account, tariffs: TariffBook) -> None:
        self.account = account
        self._tariffs = tariffs
        self._billed: dict[int, set[object]] = defaultdict(set)
        self._power_billed: set[tuple[int, date]] = set()
        self._month_kwh: dict[tuple[int, date], Decimal] = defaultdict(Decimal)

    def bill(self, month: date, set_aside: Set[int]) -> Run:
        """One run over a booked month, without the readings (by entry_no) that are set aside."""
        compute_exactly()
        lines: list[Line] = []
        left_out: list[Span] = []
        for point_no, point in enumerate(self.account.points):
            spans = spans_of_run(point, month, billed=self._billed[point_no], set_aside=set_aside)
            billed, without = self._bill_point(point_no, point, spans)
            lines += billed
            left_out += without
            if (point_no, month) not in self._power_billed:
                billed, without = self._bill_power(point_no, point, month)
                lines += billed
                left_out += without
        return Run(tuple(sorted(lines)), tuple(left_out))

    def _bill_point(self, point_no: int, point: Point, spans: list[Span]) -> tuple[list[Line], list[Span]]:
        whole = {span: parts_of(self.account, point, span, self._tariffs) for span in spans}
        left_out = [span for span in spans if whole[span] is None]
        standing = [span for span in spans if whole[span] is not None]
        while True:
            # A span without a known price is left out, and then the others stand on the month without it.
            parts = [part for span in standing for part in whole[span]]
            priced = [(part, charge) for part, slot in self._placed(point_no, parts) for charge in
                      charges(part.version, part.version.steps(part.tariff.variant, part.part_from.month), slot,
                              part.vat_rate)]  # fmt: skip
            unpriced = {_key(part.span) for part, charge in priced if charge.price_minor is None}
            if not unpriced:
                break
            left_out += [span for span in standing if _key(span) in unpriced]
            standing = [span for span in standing if _key(span) not in unpriced]
        for span in standing:
            self._billed[point_no].add(span.closing or span.told)
        for part in parts:
            self._month_kwh[point_no, part.month] += part.energy_kwh
        return [_line(point_no, part, charge) for part, charge in priced], left_out

    def _placed(self, point_no: int, parts: list[Part]) -> Iterator[tuple[Part, object]]:
        """Each part beside its slot on the volume of the month."""
        for month, of_month in groupby(sorted(parts, key=_order), key=lambda part: part.month):
            before = self._month_kwh[point_no, month]
            in_order = list(of_month)
            month_kwh = before + sum(part.energy_kwh for part in in_order)
            for _, zones in groupby(in_order, key=lambda part: (part.part_from, part.part_to)):
                together = list(zones)
                slice_kwh = sum(part.energy_kwh for part in together)
                for part in together:
                    version = part.version
                    yield part, place(
                        version, part.energy_kwh,
                        bound_factor(
                            version, part.part_from, part.part_to, part.persons, part.tariff.contracted_kwh
                        ),
                        slice_kwh=slice_kwh, before_kwh=before, month_kwh=month_kwh,
                        fraction=version.fraction(part.span.zones_of_meter or frozenset(), part.span.zone),
                    )  # fmt: skip
                before += slice_kwh

    def _bill_power(self, point_no: int, point: Point, month: date) -> tuple[list[Line], list[Span]]:
        lines, left_out = [], []
        for span in spans_of_power(point, month, self._tariffs):
            parts = parts_of(self.account, point, span, self._tariffs)
            priced = [
                (part, power_charge(part.version, part.tariff.variant, part.part_from, part.part_to, span.power_kw,
                                    part.vat_rate))
                for part in parts or () if part.tariff.variant in part.version.power_prices
            ]  # fmt: skip
            if parts is None or any(charge.price_minor is None for _, charge in priced):
                left_out.append(span)
            else:
                lines += [_line(point_no, part, charge) for part, charge in priced]
                self._power_billed.add((point_no, month))
        return lines, left_out


def _key(span: Span) -> object:
    """A span by what it rests on: half-hours are told in zones, and are left out together."""
    return span.told or span.closing


def _order(part: Part) -> tuple:
    return part.part_from, part.part_to, part.span.zone


def _line(point_no: int, part: Part, charge: Charge) -> Line:
    return Line(
        part.month, point_no, part.part_from, part.span.zone, charge.step_no, part.part_to, part.version.tariff_code,
        part.version.valid_from, part.tariff.variant, charge.energy_kwh, charge.price_minor, charge.charge_minor,
        charge.vat_minor,
    )  # fmt: skip
