"""`wattbook losses`: what an element has to lose, with the arithmetic, by the SQL that the marts use."""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.command_line.arguments import AsJson, number_of

if TYPE_CHECKING:
    from operational_db.grid.imbalance import MeasuringComplex
    from operational_db.grid.technical_losses import Losses

app = typer.Typer(help="Technical losses and imbalance: a formula's result with its arithmetic.", no_args_is_help=True)


def _needed(name: str, unit: str, meaning: str) -> typer.models.OptionInfo:
    return typer.Option(f"--{name}", parser=number_of, metavar=unit, help=meaning)


ActiveKwh = Annotated[Decimal, _needed("active-kwh", "KWH", "Active energy that passed in the span.")]
ReactiveKvarh = Annotated[Decimal, _needed("reactive-kvarh", "KVARH", "Reactive energy that passed in the span.")]
Hours = Annotated[Decimal, _needed("hours", "H", "Hours under load.")]
LengthM = Annotated[Decimal, _needed("length-m", "M", "Length.")]
VoltageKv = Annotated[Decimal, _needed("voltage-kv", "KV", "Nominal voltage.")]
FormFactorSq = Annotated[
    Decimal | None,
    _needed("form-factor-sq", "NUMBER", "Square of the form factor; without it 1.17. Give 1 in a feeder's balance."),
]


@app.command()
def transformer(
    no_load_kw: Annotated[Decimal, _needed("no-load-kw", "KW", "Losses of steel.")],
    load_kw: Annotated[Decimal, _needed("load-kw", "KW", "Losses of copper at full load.")],
    rated_kva: Annotated[Decimal, _needed("rated-kva", "KVA", "Rated power.")],
    active_kwh: ActiveKwh,
    reactive_kvarh: ReactiveKvarh,
    hours: Hours,
    hours_on: Annotated[
        Decimal | None, _needed("hours-on", "H", "Hours energised; without it the hours under load.")
    ] = None,
    form_factor_sq: FormFactorSq = None,
    as_json: AsJson = False,
) -> None:
    """Tell the no-load and load losses of a transformer.

    [dim]wattbook losses transformer --no-load-kw 0.95 --load-kw 5.5 --rated-kva 400 --active-kwh 60000
    --reactive-kvarh 36000 --hours 720[/]
    """
    from operational_db.grid.technical_losses import CONSUMER_FORM_FACTOR_SQ, transformer_loss
    from orchestration.command_line.surroundings import settings_with_database

    _show(
        transformer_loss(
            settings_with_database(),
            no_load_kw=no_load_kw,
            load_kw=load_kw,
            rated_kva=rated_kva,
            active_kwh=active_kwh,
            reactive_kvarh=reactive_kvarh,
            hours=hours,
            hours_on=hours if hours_on is None else hours_on,
            form_factor_sq=CONSUMER_FORM_FACTOR_SQ if form_factor_sq is None else form_factor_sq,
        ),
        as_json=as_json,
        not_given=_absent(hours_on=hours_on, form_factor_sq=form_factor_sq),
    )


@app.command()
def line(
    voltage_v: Annotated[Decimal, _needed("voltage-v", "V", "Nominal voltage.")],
    ohm_per_km: Annotated[Decimal, _needed("ohm-per-km", "OHM", "Resistance of a kilometre.")],
    length_m: LengthM,
    active_kwh: ActiveKwh,
    reactive_kvarh: ReactiveKvarh,
    hours: Hours,
    form_factor_sq: FormFactorSq = None,
    as_json: AsJson = False,
) -> None:
    """Tell the load losses of a line or cable."""
    from operational_db.grid.technical_losses import CONSUMER_FORM_FACTOR_SQ, line_loss
    from orchestration.command_line.surroundings import settings_with_database

    _show(
        line_loss(
            settings_with_database(),
            voltage_v=voltage_v,
            ohm_per_km=ohm_per_km,
            length_m=length_m,
            active_kwh=active_kwh,
            reactive_kvarh=reactive_kvarh,
            hours=hours,
            form_factor_sq=CONSUMER_FORM_FACTOR_SQ if form_factor_sq is None else form_factor_sq,
        ),
        as_json=as_json,
        not_given=_absent(form_factor_sq=form_factor_sq),
    )


@app.command("low-voltage")
def low_voltage(
    energy_mwh: Annotated[Decimal, _needed("energy-mwh", "MWH", "Energy that entered the network.")],
    lines: Annotated[Decimal, _needed("lines", "COUNT", "Lines that leave the busbars.")],
    section_mm2: Annotated[Decimal, _needed("section-mm2", "MM2", "Section of the wires at the head.")],
    main_m: Annotated[Decimal, _needed("main-m", "M", "Length of the mains.")],
    three_phase_m: Annotated[Decimal, _needed("three-phase-m", "M", "Length of three-phase branches.")],
    single_phase_m: Annotated[Decimal, _needed("single-phase-m", "M", "Length of single-phase branches.")],
    household_share: Annotated[Decimal, _needed("household-share", "SHARE", "Part of households in the energy.")],
    busbar_share: Annotated[Decimal, _needed("busbar-share", "SHARE", "Part that is used at the busbars.")],
    days: Annotated[Decimal, _needed("days", "DAYS", "Days of the span; not hours.")],
    tan_phi: Annotated[Decimal | None, _needed("tan-phi", "NUMBER", "Reactive for active energy; else 0.6.")] = None,
    load_factor: Annotated[Decimal | None, _needed("load-factor", "SHARE", "Mean for greatest load; else 0.5.")] = None,
    order_326: Annotated[bool, typer.Option("--order-326", help="The factor of the Russian order 326.")] = False,
    as_json: AsJson = False,
) -> None:
    """Tell the losses of a 0.4 kV network whose lines are known by length."""
    from operational_db.grid.technical_losses import USUAL_LOAD_FACTOR, USUAL_TAN_PHI, low_voltage_loss
    from orchestration.command_line.surroundings import settings_with_database

    _show(
        low_voltage_loss(
            settings_with_database(),
            energy_mwh=energy_mwh,
            lines=lines,
            section_mm2=section_mm2,
            main_m=main_m,
            three_phase_m=three_phase_m,
            single_phase_m=single_phase_m,
            household_share=household_share,
            busbar_share=busbar_share,
            days=days,
            tan_phi=USUAL_TAN_PHI if tan_phi is None else tan_phi,
            load_factor=USUAL_LOAD_FACTOR if load_factor is None else load_factor,
            is_order_326=order_326,
        ),
        as_json=as_json,
        not_given=_absent(tan_phi=tan_phi, load_factor=load_factor),
    )


@app.command()
def leakage(
    voltage_kv: VoltageKv,
    weather_group: Annotated[int, typer.Option(help="1 dry to 3 wet.")],
    length_m: LengthM,
    hours: Hours,
    as_json: AsJson = False,
) -> None:
    """Tell what leaks over the insulators of an overhead line."""
    from operational_db.grid.technical_losses import insulation_leakage
    from orchestration.command_line.surroundings import settings_with_database

    _show(
        insulation_leakage(
            settings_with_database(),
            voltage_kv=voltage_kv,
            weather_group=weather_group,
            length_m=length_m,
            hours=hours,
        ),
        as_json=as_json,
    )


@app.command()
def dielectric(
    voltage_kv: VoltageKv,
    section_mm2: Annotated[Decimal, _needed("section-mm2", "MM2", "Section of the cable.")],
    length_m: LengthM,
    hours: Hours,
    as_json: AsJson = False,
) -> None:
    """Tell what is lost in the insulation of a cable."""
    from operational_db.grid.technical_losses import cable_dielectric
    from orchestration.command_line.surroundings import settings_with_database

    _show(
        cable_dielectric(
            settings_with_database(), voltage_kv=voltage_kv, section_mm2=section_mm2, length_m=length_m, hours=hours
        ),
        as_json=as_json,
    )


@app.command()
def tau(
    max_hours: Annotated[Decimal, _needed("max-hours", "H", "Hours of full use in a year.")], as_json: AsJson = False
) -> None:
    """Tell the hours of full loss in a year.

    [dim]wattbook losses tau --max-hours 5435.53[/]
    """
    from operational_db.grid.technical_losses import loss_hours
    from orchestration.command_line.surroundings import settings_with_database

    _show(loss_hours(settings_with_database(), max_hours=max_hours), as_json=as_json)


@app.command()
def imbalance(
    variant: Annotated[str, typer.Option(help="How errors of a complex are combined: quadratic or classic.")],
    inputs: Annotated[
        list[str] | None,
        typer.Option("--input", metavar="share=,ct=,vt=,meter=,line=", help="A complex where energy enters; for each."),
    ] = None,
    outputs: Annotated[
        list[str] | None,
        typer.Option("--output", metavar="share=,ct=,vt=,meter=,line=", help="One where energy leaves; for each."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell the permissible imbalance.

    [dim]wattbook losses imbalance --variant classic --input share=1,ct=0.5,vt=0.5,meter=0.5,line=0.25
    --output share=1,ct=0.5,vt=0.5,meter=1,line=0.25[/]
    """
    from operational_db.grid.imbalance import permissible_imbalance
    from orchestration.command_line.surroundings import settings_with_database

    entering, leaving = ([_complex_of(text) for text in texts or []] for texts in (inputs, outputs))
    _show(permissible_imbalance(settings_with_database(), variant, entering, leaving), as_json=as_json)


def _complex_of(text: str) -> "MeasuringComplex":
    """share=0.6,ct=0.5,vt=0.5,meter=0.5,line=0.25; a missing part is named, for nothing holds in its place."""
    from operational_db.grid.imbalance import MeasuringComplex

    parts = dict(part.partition("=")[::2] for part in text.split(","))
    names = ("share", "ct", "vt", "meter", "line")
    missing = [name for name in names if not parts.get(name)]
    unknown = [name for name in parts if name not in names]
    if missing or unknown:
        wrong = f"lacks {', '.join(missing)}" if missing else f"has {', '.join(unknown)}, which nobody knows"
        raise typer.BadParameter(f'"{text}" {wrong}; write it as share=0.6,ct=0.5,vt=0.5,meter=0.5,line=0.25')
    return MeasuringComplex(*(number_of(parts[name]) for name in names))


def _absent(**given: Decimal | None) -> tuple[str, ...]:
    """The names of options that were left to the rules."""
    return tuple(name for name, value in given.items() if value is None)


def _show(losses: "Losses", *, as_json: bool, not_given: tuple[str, ...] = ()) -> None:
    from orchestration.answers import say, show_json

    if as_json:
        show_json(
            {
                **losses.figures,
                "method": losses.method,
                "inputs": losses.inputs,
                "not_given": not_given,
                "arithmetic": losses.arithmetic,
            }
        )
        return
    say(losses.method)
    for sentence in losses.arithmetic:
        say(sentence)
    for name, value in losses.figures.items():
        say(f"{name}: {value}")
    say("Inputs: " + ", ".join(f"{name} {value}" for name, value in losses.inputs.items()) + ".")
    if not_given:
        say(f"Not given, so the rule's own value holds: {', '.join(not_given)}.")
