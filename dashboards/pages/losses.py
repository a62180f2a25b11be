"""Losses: every feeder under a place with its balance in a month; for one feeder, month after month."""

from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboards.figures.losses_by_feeder import height_pixels, largest_losses
from dashboards.figures.losses_by_feeder import losses_by_feeder as bars_by_feeder
from dashboards.pages.asking import Asking
from dashboards.pages.balance import balance_picture
from dashboards.pages.grids import Column, Row, grid
from dashboards.pages.pictures import picture
from dashboards.pages.scene import Scene, ShownInstead, set_scene, top_line
from dashboards.pages.states import state
from dashboards.queries.balance import figures_by_month
from dashboards.queries.losses import BY_LOSS, FeederLosses, losses_by_feeder, losses_by_month
from dashboards.queries.places import LEVELS
from dashboards.words.amounts import (
    Scale,
    amount,
    energy_scale,
    month_name,
    month_short,
    number,
    points_scale,
    share_scale,
)

_ENERGY_COLUMNS = ("intake_kwh", "generation_kwh", "useful_supply_kwh", "loss_kwh", "declared_non_technical_kwh")


def losses_page(asking: Asking) -> tuple[str, list[Component]]:
    scene = set_scene(asking)
    name = scene.place.unit.name(asking.words.locale)
    title = f"{name} · {asking.text('Losses')}"
    if scene.place.unit.level == "transformer_point":
        raise _no_losses_so_deep(asking, scene)
    if scene.place.unit.level == "feeder":
        return title, _one_feeder(asking, scene, name)
    return title, _many_feeders(asking, scene, name)


def _many_feeders(asking: Asking, scene: Scene, name: str) -> list[Component]:
    words = asking.words
    found = losses_by_feeder(
        asking.reader, scene.place, scene.month, scene.base_month, asking.address.sort, words.locale
    )
    if not found.rows:
        sentence = asking.text("No feeder is known under {place} in {month}.", place=name,
                               month=month_name(words, scene.month))  # fmt: skip
        return [top_line(asking, scene), state(asking.text("Nothing here yet"), sentence)]
    energy = energy_scale(words, (row[column] for row in found.rows for column in _ENERGY_COLUMNS))
    # A table that shows only a part, in another order, need not hold the largest losses.
    by_loss = (
        found
        if found.is_whole
        else losses_by_feeder(asking.reader, scene.place, scene.month, scene.base_month, BY_LOSS, words.locale)
    )
    losing = [
        (row, ", ".join(filter(None, (row[f"name_{words.locale}"] or row["code"], _where(scene, row, words.locale)))))
        for row in largest_losses(by_loss.rows)
    ]
    return [
        top_line(asking, scene),
        html.P(_message(asking, scene, name, found), id="message"),
        picture(
            bars_by_feeder(words, losing, energy),
            height_pixels(len(losing)),
            whose=name,
            what=words.text("Largest losses by feeder, {unit} and share of the energy received", unit=energy.unit),
            when=month_name(words, scene.month),
        )
        if losing
        else None,
        _feeder_table(asking, scene, found, energy),
    ]


def _message(asking: Asking, scene: Scene, name: str, found: FeederLosses) -> str:
    words = asking.words
    figures = {
        "place": name,
        "month": month_name(words, scene.month),
        "stated": number(words, found.stated_feeder_count),
        "all": number(words, found.feeder_count),
    }
    sentences = [words.text("{place}, {month}: a loss is stated for {stated} of {all} feeders.", **figures)]
    if found.total_loss_share is not None:
        energy = energy_scale(words, (found.total_loss_kwh,))
        lost = f"{amount(words, found.total_loss_kwh, energy)} {energy.unit}"
        share = f"{amount(words, found.total_loss_share, share_scale())} %"
        sentences.append(words.text("They lost {energy}, {share} of what they received.", energy=lost, share=share))
    if 0 < found.first_half_count < found.stated_feeder_count:
        sentences.append(
            words.count(
                "Half of the loss is in {count} feeder.",
                "Half of the loss is in {count} feeders.",
                found.first_half_count,
            )
        )
    if not found.is_whole:
        sentences.append(
            words.text(
                "The first {count} in the chosen order are shown; choose a smaller unit to see the rest.",
                count=number(words, len(found.rows)),
            )
        )
    return " ".join(sentences)


def _feeder_table(asking: Asking, scene: Scene, found: FeederLosses, energy: Scale) -> Component:
    words, locale = asking.words, asking.words.locale
    base = month_short(words, scene.base_month)
    columns = [
        Column("name", words.text("Feeder"), width=180),
        *_balance_columns(asking, energy),
        Column("loss_change_kwh", words.text("Loss change on {month}", month=base), energy, is_change=True,
               good_when_lower=True, width=110),
        Column("loss_share_change", words.text("Share change on {month}", month=base), points_scale(words),
               is_change=True, good_when_lower=True, width=110),
        Column("why", words.text("Why no loss is stated"), width=200),
    ]  # fmt: skip
    rows = [
        Row(
            {**row, "name": row[f"name_{locale}"] or row["code"], "why": _why_not_stated(asking, row)},
            href=asking.address.at(*scene.place.steps(asking.top_code), row["code"]).href,
            remark=_where(scene, row, locale),
        )
        for row in found.rows
    ]
    return grid(
        words,
        "feeders",
        _filled(columns, rows),
        rows,
        sort=asking.address.sort or BY_LOSS,
        is_whole=found.is_whole,
    )


def _one_feeder(asking: Asking, scene: Scene, name: str) -> list[Component]:
    words = asking.words
    by_month = figures_by_month(asking.reader, scene.place, scene.shown_months[0], scene.month)
    rows = losses_by_month(asking.reader, scene.place, scene.shown_months[0], scene.month)
    months = [by_month[month] for month in scene.shown_months]
    energy = energy_scale(words, (row[column] for row in rows for column in _ENERGY_COLUMNS))
    table_rows = [
        Row({**row, "name": month_name(words, row["month"])}, remark=_why_not_stated(asking, row)) for row in rows
    ]
    columns = [Column("name", words.text("Month"), width=150), *_balance_columns(asking, energy)]
    return [
        top_line(asking, scene),
        html.P(_feeder_message(asking, scene, name, rows), id="message"),
        balance_picture(asking, scene, months),
        grid(words, "months", _filled(columns, table_rows), table_rows),
    ]


def _feeder_message(asking: Asking, scene: Scene, name: str, rows: list[dict[str, Any]]) -> list[Any]:
    words, month = asking.words, month_name(asking.words, scene.month)
    shown = next((row for row in rows if row["month"] == scene.month), None)
    if shown is None:
        return [words.text("Nothing is known of {place} in {month}.", place=name, month=month)]
    if shown["loss_kwh"] is None:
        why = _why_not_stated(asking, shown)
        return [words.text("No loss can be stated for {place} in {month}: {why}.", place=name, month=month, why=why)]
    energy = energy_scale(words, (shown["loss_kwh"],))
    if shown["loss_kwh"] < 0:
        more = f"{amount(words, -shown['loss_kwh'], energy)} {energy.unit}"
        return [words.text("{place} supplied {energy} more than it received in {month}.", place=name, energy=more,
                           month=month)]  # fmt: skip
    lost = f"{amount(words, shown['loss_kwh'], energy)} {energy.unit}"
    if shown["loss_share"] is None:
        return [words.text("{place} lost {energy} in {month}.", place=name, energy=lost, month=month)]
    share = f"{amount(words, shown['loss_share'], share_scale())} %"
    return [
        words.text(
            "{place} lost {energy} in {month}, {share} of the energy received.",
            place=name, energy=lost, month=month, share=share,
        )
    ]  # fmt: skip


def _balance_columns(asking: Asking, energy: Scale) -> list[Column]:
    words = asking.words
    return [
        Column("loss_kwh", words.text("Loss"), energy),
        Column("loss_share", words.text("Loss share"), share_scale(), width=90),
        Column("intake_kwh", words.text("Intake"), energy, tip=words.text("By the meter at the feeder head")),
        Column("generation_kwh", words.text("Generation"), energy, tip=words.text("Injected by consumers")),
        Column("useful_supply_kwh", words.text("Useful supply"), energy),
        Column("declared_non_technical_kwh", words.text("Declared non-technical"), energy,
               tip=words.text("Non-technical loss that the utility itself declared")),
    ]  # fmt: skip


def _filled(columns: list[Column], rows: list[Row]) -> list[Column]:
    """Columns that nobody has a figure in say nothing, except the loss itself."""
    return [
        column
        for column in columns
        if column.field in ("name", "loss_kwh") or any(row.values[column.field] is not None for row in rows)
    ]


def _where(scene: Scene, row: dict[str, Any], locale: str) -> str | None:
    """Names of feeders repeat from one substation to the next, so the units between say which is meant."""
    between = LEVELS[LEVELS.index(scene.place.unit.level) + 1 :]
    names = [row[f"{level}_{locale}"] or row[f"{level}_code"] for level in ("substation", "res") if level in between]
    return ", ".join(name for name in names if name) or None


def _why_not_stated(asking: Asking, row: dict[str, Any]) -> str | None:
    why = row["why_not_stated"]
    in_words = {
        "no meter at the feeder head": asking.text("no meter at the feeder head"),
        "no energy of the feeder head is known for the month": asking.text("no energy of the feeder head is known"),
        "the feeder head was measured for a part of the month only": asking.text("measured for a part of the month"),
        "no useful supply of the month is booked yet": asking.text("no useful supply is booked yet"),
    }
    return in_words.get(why, why)


def _no_losses_so_deep(asking: Asking, scene: Scene) -> ShownInstead:
    unit, feeder = scene.place.unit, scene.place.units[-2]
    name, above = unit.name(asking.words.locale), feeder.name(asking.words.locale)
    steps = scene.place.steps_to(len(scene.place.units) - 2, asking.top_code)
    sentence = asking.text("A loss is stated by feeder, not for a transformer point such as {place}.", place=name)
    body = html.Div([top_line(asking, scene), state(name, sentence, [(above, asking.address.at(*steps).href)])])
    return ShownInstead(name, body)
