"""What has an element of the network to lose? The result of a formula with its method, its inputs and its arithmetic.

Belongs here: asking the database and putting the arithmetic into words. Does not belong here: the formulas
(`sql/technical_losses.sql`), imbalance (`imbalance`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from operational_db.connections import Role, connect
from operational_db.refusal import Refusal
from operational_db.refused import refusals
from operational_db.settings import Settings

CONSUMER_FORM_FACTOR_SQ = Decimal("1.17")
"""Squared form factor from a consumer's meter to the border of ownership; it holds where none is given."""

USUAL_TAN_PHI, USUAL_LOAD_FACTOR = Decimal("0.6"), Decimal("0.5")
"""Of a 0.4 kV network, where nobody measured them."""

_SHOWN_DIGITS = 4


@dataclass(frozen=True)
class Losses:
    """A result: `figures` by name with their units, of which the first is the one that was asked for.

    `inputs` are all that went into it; `arithmetic` tells each step in a sentence.
    """

    method: str
    inputs: Mapping[str, Decimal | str]
    figures: Mapping[str, Decimal]
    arithmetic: tuple[str, ...]


def transformer_loss(
    settings: Settings,
    *,
    no_load_kw: Decimal,
    load_kw: Decimal,
    rated_kva: Decimal,
    active_kwh: Decimal,
    reactive_kvarh: Decimal,
    hours: Decimal,
    hours_on: Decimal,
    form_factor_sq: Decimal,
) -> Losses:
    """Losses of steel and copper over a span, each in whole kWh.

    Raises:
        Refusal: an input is below zero, or rated power or hours are zero.
    """
    inputs = {
        "no_load_kw": no_load_kw, "load_kw": load_kw, "rated_kva": rated_kva, "active_kwh": active_kwh,
        "reactive_kvarh": reactive_kvarh, "hours": hours, "hours_on": hours_on, "form_factor_sq": form_factor_sq,
    }  # fmt: skip
    _require_sound(inputs, above_zero=("rated_kva", "hours"))
    no_load, load, exact_load = _ask(
        settings,
        "SELECT ops.whole_kwh(ops.transformer_no_load_kwh(%(no_load_kw)s, %(hours_on)s, 1)), ops.whole_kwh(n.load), "
        "n.load FROM (SELECT ops.transformer_load_kwh(%(load_kw)s, %(rated_kva)s, %(active_kwh)s, %(reactive_kvarh)s, "
        "%(hours)s, %(form_factor_sq)s) AS load) AS n",
        inputs,
    )
    return Losses(
        "No-load losses by the hours energised, load losses by the mean square of the load.",
        inputs,
        {"loss_kwh": no_load + load, "no_load_kwh": no_load, "load_kwh": load, "exact_load_kwh": _shown(exact_load)},
        (
            f"No-load: {no_load_kw} kW x {hours_on} h = {no_load} kWh.",
            (
                f"Load: {form_factor_sq} x ({active_kwh}² + {reactive_kvarh}²) / ({rated_kva}² x {hours}) x "
                f"{load_kw} kW = {_shown(exact_load)}, in whole kWh {load}."
            ),
        ),
    )


def line_loss(
    settings: Settings,
    *,
    voltage_v: Decimal,
    ohm_per_km: Decimal,
    length_m: Decimal,
    active_kwh: Decimal,
    reactive_kvarh: Decimal,
    hours: Decimal,
    form_factor_sq: Decimal,
) -> Losses:
    """Losses in the resistance of a line over a span, in whole kWh.

    Raises:
        Refusal: an input is below zero, or voltage or hours are zero.
    """
    inputs = {
        "voltage_v": voltage_v, "ohm_per_km": ohm_per_km, "length_m": length_m, "active_kwh": active_kwh,
        "reactive_kvarh": reactive_kvarh, "hours": hours, "form_factor_sq": form_factor_sq,
    }  # fmt: skip
    _require_sound(inputs, above_zero=("voltage_v", "hours"))
    whole, exact = _ask(
        settings,
        "SELECT ops.whole_kwh(n.loss), n.loss FROM (SELECT ops.line_loss_kwh(%(voltage_v)s, %(ohm_per_km)s, "
        "%(length_m)s, %(active_kwh)s, %(reactive_kvarh)s, %(hours)s, %(form_factor_sq)s) AS loss) AS n",
        inputs,
    )
    return Losses(
        "Load losses of a line by the mean square of the load.",
        inputs,
        {"loss_kwh": whole, "exact_kwh": _shown(exact)},
        (
            (
                f"{form_factor_sq} x ({active_kwh}² + {reactive_kvarh}²) / ({voltage_v}² x {hours}) x "
                f"{ohm_per_km} Ohm/km x {length_m} m = {_shown(exact)}, in whole kWh {whole}."
            ),
        ),
    )


def low_voltage_loss(
    settings: Settings,
    *,
    energy_mwh: Decimal,
    lines: Decimal,
    section_mm2: Decimal,
    main_m: Decimal,
    three_phase_m: Decimal,
    single_phase_m: Decimal,
    household_share: Decimal,
    busbar_share: Decimal,
    days: Decimal,
    tan_phi: Decimal,
    load_factor: Decimal,
    is_order_326: bool,
) -> Losses:
    """Losses of a 0.4 kV network whose lines are known by length, over so many days, in whole kWh.

    Raises:
        Refusal: an input is below zero, a share is above one, or lines, section, days or load factor are zero.
    """
    inputs = {
        "energy_mwh": energy_mwh, "lines": lines, "section_mm2": section_mm2, "main_m": main_m,
        "three_phase_m": three_phase_m, "single_phase_m": single_phase_m, "household_share": household_share,
        "busbar_share": busbar_share, "days": days, "tan_phi": tan_phi, "load_factor": load_factor,
    }  # fmt: skip
    _require_sound(
        inputs,
        above_zero=("lines", "section_mm2", "days", "load_factor"),
        shares=("household_share", "busbar_share", "load_factor"),
    )
    whole, exact, factor, length_m, form_factor_sq = _ask(
        settings,
        "SELECT ops.whole_kwh(n.loss), n.loss, ops.low_voltage_factor(%(household_share)s, %(is_order_326)s), "
        "%(main_m)s::numeric + 0.44 * %(three_phase_m)s + 0.22 * %(single_phase_m)s, "
        "ops.form_factor_sq(%(load_factor)s) FROM (SELECT ops.low_voltage_loss_kwh(%(energy_mwh)s, %(lines)s, "
        "%(section_mm2)s, %(main_m)s, %(three_phase_m)s, %(single_phase_m)s, %(household_share)s, %(busbar_share)s, "
        "%(days)s, %(tan_phi)s, %(load_factor)s, %(is_order_326)s) AS loss) AS n",
        {**inputs, "is_order_326": is_order_326},
    )
    rule = "the Russian order 326" if is_order_326 else "the rules from 1 October 2009"
    return Losses(
        f"0.4 kV network by the lengths of its lines, factor of {rule}.",
        inputs,
        {"loss_kwh": whole, "exact_kwh": _shown(exact)},
        (
            f"Factor for a household share of {household_share}: {_shown(factor)}.",
            f"Length: {main_m} + 0.44 x {three_phase_m} + 0.22 x {single_phase_m} = {_shown(length_m)} m.",
            f"Form factor squared for a load factor of {load_factor}: {_shown(form_factor_sq)}.",
            (
                f"{_shown(factor)} x ({energy_mwh} MWh / {lines})² x (1 - {busbar_share})² x (1 + {tan_phi}²) x "
                f"{_shown(length_m)} / ({section_mm2} x {days} days) x {_shown(form_factor_sq)} = {_shown(exact)}, "
                f"in whole kWh {whole}."
            ),
        ),
    )


def insulation_leakage(
    settings: Settings, *, voltage_kv: Decimal, weather_group: int, length_m: Decimal, hours: Decimal
) -> Losses:
    """What leaks over the insulators of an overhead line, in whole kWh.

    Raises:
        Refusal: an input is below zero, or no coefficient is known for the voltage and weather.
    """
    inputs = {"voltage_kv": voltage_kv, "weather_group": weather_group, "length_m": length_m, "hours": hours}
    return _by_coefficient(
        settings,
        inputs,
        "SELECT t.leakage_kw_per_km, ops.insulation_leakage_kwh(t.leakage_kw_per_km, %(length_m)s, %(hours)s), "
        "t.source FROM ops.insulation_leakage AS t "
        "WHERE t.voltage_kv = %(voltage_kv)s AND t.weather_group = %(weather_group)s",
        f"{voltage_kv} kV and weather group {weather_group}",
        "SELECT string_agg(format('%%s kV group %%s', trim_scale(t.voltage_kv), t.weather_group), ', ' ORDER BY "
        "t.voltage_kv, t.weather_group) FROM ops.insulation_leakage AS t",
        "Leakage over insulators by voltage and weather group.",
        "{coefficient} kW/km x {length_m} m x {hours} h / 1000",
    )


def cable_dielectric(
    settings: Settings, *, voltage_kv: Decimal, section_mm2: Decimal, length_m: Decimal, hours: Decimal
) -> Losses:
    """What is lost in the insulation of a cable, in whole kWh.

    Raises:
        Refusal: an input is below zero, or no charging power is known for the voltage and section.
    """
    inputs = {"voltage_kv": voltage_kv, "section_mm2": section_mm2, "length_m": length_m, "hours": hours}
    return _by_coefficient(
        settings,
        inputs,
        "SELECT t.charging_kvar_per_km, ops.cable_dielectric_kwh(t.charging_kvar_per_km, %(length_m)s, %(hours)s), "
        "t.source FROM ops.cable_charging AS t "
        "WHERE t.voltage_kv = %(voltage_kv)s AND t.section_mm2 = %(section_mm2)s",
        f"a cable of {section_mm2} mm² at {voltage_kv} kV",
        "SELECT string_agg(format('%%s mm² at %%s kV', trim_scale(t.section_mm2), trim_scale(t.voltage_kv)), ', ' "
        "ORDER BY t.voltage_kv, t.section_mm2) FROM ops.cable_charging AS t",
        "Dielectric loss of a cable: 2 % of its charging power.",
        "{coefficient} kvar/km x 0.02 x {length_m} m x {hours} h / 1000",
    )


def loss_hours(settings: Settings, *, max_hours: Decimal) -> Losses:
    """Hours of full loss in a year, by the hours of full use.

    Raises:
        Refusal: the hours are below zero, or more than a year has.
    """
    inputs = {"max_hours": max_hours}
    _require_sound(inputs)
    if max_hours > 8784:
        raise Refusal(f"A year has no {max_hours} hours; give the hours of full use of one year.")
    (tau,) = _ask(settings, "SELECT round(ops.loss_hours(%(max_hours)s), 2)", inputs)
    return Losses(
        "Hours of full loss by the hours of full use.",
        inputs,
        {"tau_h": tau},
        (f"(0.124 + {max_hours} / 10000)² x 8760 h = {tau} h.",),
    )


def _by_coefficient(
    settings: Settings,
    inputs: Mapping[str, Decimal | int],
    query: str,
    what: str,
    known_query: str,
    method: str,
    arithmetic: str,
) -> Losses:
    _require_sound(inputs)
    with connect(settings, Role.APP) as session, refusals():
        found = session.execute(query, inputs).fetchone()
        if found is None:
            (known,) = session.execute(known_query, {}).fetchone()
            raise Refusal(f"No coefficient is known for {what}; known are {known}.")
        coefficient, exact, source = found
        (whole,) = session.execute("SELECT ops.whole_kwh(%s)", [exact]).fetchone()
    coefficient = _shown(coefficient)
    told = arithmetic.format(coefficient=coefficient, **inputs)
    return Losses(
        method,
        {**inputs, "coefficient": coefficient, "source": source},
        {"loss_kwh": whole, "exact_kwh": _shown(exact)},
        (f"{told} = {_shown(exact)}, in whole kWh {whole}.",),
    )


def _require_sound(
    inputs: Mapping[str, Decimal | int], *, above_zero: tuple[str, ...] = (), shares: tuple[str, ...] = ()
) -> None:
    for name, value in inputs.items():
        told = name.replace("_", "-")
        if value < 0:
            raise Refusal(f"--{told} is {value}, below zero; check it.")
        if name in above_zero and not value:
            raise Refusal(f"--{told} is 0, so there is nothing to divide by; give the true figure.")
        if name in shares and value > 1:
            raise Refusal(f"--{told} is {value}; a share is between 0 and 1.")


def _ask(settings: Settings, query: str, inputs: Mapping[str, object]) -> tuple:
    with connect(settings, Role.APP) as session, refusals():
        row: tuple = session.execute(query, inputs).fetchone() or ()
    return row


def _shown(value: Decimal) -> Decimal:
    """With as many digits as tell something."""
    return round(value, _SHOWN_DIGITS).normalize() + 0 if value != value.to_integral() else value.to_integral()
