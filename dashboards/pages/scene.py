"""What every page about a place needs before its own figures: the place, the month, the comparison, the top line.

Decides when something else must be shown instead: nothing built, no figures, no right for the place.
"""

from dataclasses import dataclass
from datetime import date

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboards.addresses import Comparison, months_earlier
from dashboards.pages.asking import Asking
from dashboards.pages.states import state
from dashboards.queries.periods import PeriodState, month_to_show_first, months_with_figures, period_states
from dashboards.queries.places import Place, Unit, find_place, home_codes
from dashboards.reading import NothingBuilt
from dashboards.words.amounts import month_name, month_short

MONTHS_SHOWN = 13


class ShownInstead(Exception):
    """The page has no figures to show, and this state says why and where to go."""

    def __init__(self, title: str, body: Component) -> None:
        super().__init__(title)
        self.title = title
        self.body = body


@dataclass(frozen=True)
class Scene:
    place: Place
    month: date
    base_month: date
    months: list[date]
    """Months that can be chosen, the newest first."""
    periods: dict[date, PeriodState]

    @property
    def shown_months(self) -> list[date]:
        return [months_earlier(self.month, back) for back in reversed(range(MONTHS_SHOWN))]

    @property
    def provisional(self) -> list[bool]:
        return [self.is_provisional(month) for month in self.shown_months]

    def is_provisional(self, month: date) -> bool:
        period = self.periods.get(month)
        return period is not None and period.is_provisional


def set_scene(asking: Asking, *, months_known: int = MONTHS_SHOWN) -> Scene:
    """Read place and month of the address, and refuse or explain what cannot be shown.

    Args:
        months_known: of how many months back the page must know whether they are still open.
    """
    reader, address = asking.reader, asking.address
    place = find_place(reader, address.steps[-1] if address.steps else asking.top_code)
    if not place.unit.is_permitted:
        raise _no_right(asking, place)
    months = months_with_figures(reader)
    month = address.month or month_to_show_first(reader, months)
    if month is None:
        raise NothingBuilt
    if month not in months:
        raise _no_figures(asking, place, month, months)
    base_month = address.comparison.month_before(month)
    first_month = months_earlier(month, months_known - 1)
    return Scene(place, month, base_month, months, period_states(reader, place, first_month, month))


def top_line(asking: Asking, scene: Scene) -> Component:
    """Breadcrumb, the mark of the month, month and comparison to choose."""
    return html.Div(
        [
            html.Div([_breadcrumb(asking, scene.place), _period_mark(asking, scene)], className="top-line-place"),
            html.Div(
                [
                    dmc.Select(
                        id="month",
                        value=f"{scene.month:%Y-%m}",
                        data=[
                            {"value": f"{month:%Y-%m}", "label": month_name(asking.words, month)}
                            for month in scene.months
                        ],
                        allowDeselect=False,
                        size="sm",
                        w=170,
                        inputProps={"aria-label": asking.text("Month")},
                    ),
                    html.Span(asking.text("compared with"), className="choice-label"),
                    dmc.Select(
                        id="comparison",
                        value=asking.address.comparison.value,
                        data=[
                            {"value": Comparison.PREVIOUS_MONTH.value, "label": asking.text("month before")},
                            {"value": Comparison.LAST_YEAR.value, "label": asking.text("year before")},
                        ],
                        allowDeselect=False,
                        size="sm",
                        w=170,
                        inputProps={"aria-label": asking.text("Comparison")},
                    ),
                    html.Span(f"{scene.month:%Y-%m}", id="month-shown", hidden=True),
                ],
                className="top-line-choices",
            ),
        ],
        className="top-line",
    )


def span_text(asking: Asking, scene: Scene, first_month: date) -> str:
    """The third line of a picture's title: when, and what is provisional."""
    span = f"{month_short(asking.words, first_month)} – {month_short(asking.words, scene.month)}"
    return span + (
        ", " + asking.text("hatched: month still open")
        if any(scene.is_provisional(month) for month in scene.periods if month >= first_month)
        else ""
    )


def level_name(asking: Asking, level: str) -> str:
    return {
        "republic": asking.text("Republic"),
        "region": asking.text("Region"),
        "ptpp": asking.text("PTPP"),
        "res": asking.text("RES"),
        "substation": asking.text("Substation"),
        "feeder": asking.text("Feeder"),
        "transformer_point": asking.text("Transformer point"),
    }[level]


def _breadcrumb(asking: Asking, place: Place) -> Component:
    crumbs: list[Component] = []
    for position, unit in enumerate(place.units):
        name = unit.name(asking.words.locale)
        title = f"{level_name(asking, unit.level)} {unit.code}"
        if unit is place.unit:
            crumbs.append(dmc.Text(name, span=True, fw=600, className="crumb crumb-here", id="place-name"))
        elif unit.is_permitted:
            href = asking.address.at(*place.steps_to(position, asking.top_code)).href
            crumbs.append(dmc.Anchor(name, href=href, className="crumb", anchorProps={"title": title}))
        else:
            crumbs.append(dmc.Text(name, span=True, c="dimmed", className="crumb"))
    return dmc.Breadcrumbs(crumbs, separator="/", id="breadcrumb", separatorMargin=6)


def _period_mark(asking: Asking, scene: Scene) -> Component:
    period = scene.periods.get(scene.month)
    if period is None or period.opened_count == 0:
        words, tip = asking.text("taken over"), asking.text("The month was billed before Wattbook.")
    elif period.is_closed:
        words, tip = asking.text("closed"), asking.text("The month is closed; its figures are final.")
    else:
        words = asking.text("provisional")
        tip = asking.text(
            "The month is still open in {open} of {all} RES; its figures may change.",
            open=period.opened_count - period.closed_count,
            all=period.opened_count,
        )
    look = "mark mark-provisional" if scene.is_provisional(scene.month) else "mark"
    return html.Span(words, className=look, title=tip, id="period-mark")


def _no_right(asking: Asking, place: Place) -> ShownInstead:
    own = [find_place(asking.reader, code) for code in home_codes(asking.reader)]
    links = [
        (unit.name(asking.words.locale), asking.address.at(*home.steps(asking.top_code)).href)
        for home, unit in ((home, home.unit) for home in own)
    ]
    sentence = (
        asking.text("Your rights do not cover the whole of {place}. These are yours:", place=_name(asking, place.unit))
        if links
        else asking.text(
            "Your rights do not cover {place}, nor any other unit; ask an administrator for the right to see one.",
            place=_name(asking, place.unit),
        )
    )
    return ShownInstead(_name(asking, place.unit), state(asking.text("No right here"), sentence, links))


def _no_figures(asking: Asking, place: Place, month: date, months: list[date]) -> ShownInstead:
    sentence = asking.text(
        "There are no figures for {month}. Bill the month and run `wattbook build`, or choose another:",
        month=month_name(asking.words, month),
    )
    links = [
        (
            month_name(asking.words, other),
            f"{asking.address.at(*asking.address.steps).href.split('?')[0]}?month={other:%Y-%m}",
        )
        for other in months[:MONTHS_SHOWN]
    ]
    return ShownInstead(_name(asking, place.unit), state(asking.text("Nothing here yet"), sentence, links))


def _name(asking: Asking, unit: Unit) -> str:
    return unit.name(asking.words.locale)
