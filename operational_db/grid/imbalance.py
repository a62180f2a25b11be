"""How far may what enters and what leaves differ, by the errors of the meters and transformers that tell it?

Belongs here: asking the database and putting the arithmetic into words. Does not belong here: the formulas
(`sql/imbalance.sql`), the balance of a unit (marts).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from operational_db.connections import Role, connect
from operational_db.grid.technical_losses import Losses
from operational_db.refusal import Refusal
from operational_db.refused import refusals
from operational_db.settings import Settings

VARIANTS = ("quadratic", "classic")

_TOLERANCE_OF_SHARES = Decimal("0.001")


@dataclass(frozen=True)
class MeasuringComplex:
    """Meter, transformers and circuit of an input or output: share of the energy, errors in per cent.

    `line_percent` is the voltage drop in the circuit of the voltage transformer; only the classic variant counts it.
    """

    share: Decimal
    current_transformer_percent: Decimal
    voltage_transformer_percent: Decimal
    meter_percent: Decimal
    line_percent: Decimal


def permissible_imbalance(
    settings: Settings, variant: str, inputs: Sequence[MeasuringComplex], outputs: Sequence[MeasuringComplex]
) -> Losses:
    """The permissible imbalance in per cent of what enters.

    Raises:
        Refusal: an unknown variant, no input or no output, a share or an error below zero, shares of inputs or of
            outputs that are not one together.
    """
    if variant not in VARIANTS:
        raise Refusal(f'There is no variant "{variant}"; known are {", ".join(VARIANTS)}.')
    for name, complexes in (("--input", inputs), ("--output", outputs)):
        if not complexes:
            raise Refusal(
                f"No {name} is given; give one for each, such as {name} share=1,ct=0.5,vt=0.5,meter=0.5,line=0.25."
            )
        if any(value < 0 for one in complexes for value in vars(one).values()):
            raise Refusal(f"An {name} has a share or an error below zero; check it.")
        together = sum(one.share for one in complexes)
        if abs(together - 1) > _TOLERANCE_OF_SHARES:
            raise Refusal(f"The shares of all {name} are {together} together and should be 1; check them.")
    with connect(settings, Role.APP) as session, refusals():
        errors = [
            session.execute(
                "SELECT ops.complex_error_percent(%s, %s, %s, %s, %s)",
                [
                    variant, one.current_transformer_percent, one.voltage_transformer_percent, one.meter_percent,
                    one.line_percent,
                ],
            ).fetchone()[0]
            for one in (*inputs, *outputs)
        ]  # fmt: skip
        (permissible,) = session.execute(
            "SELECT round(ops.permissible_imbalance_percent(%s::numeric[], %s::numeric[]), 3)",
            [[one.share for one in (*inputs, *outputs)], errors],
        ).fetchone()
    told = [
        f"{kind} {number}: share {one.share}, error of the complex {error:.4f} %."
        for (kind, number, one), error in zip(
            [
                *(("Input", n, one) for n, one in enumerate(inputs, 1)),
                *(("Output", n, one) for n, one in enumerate(outputs, 1)),
            ],
            errors,
            strict=True,
        )
    ]
    squares = " + ".join(
        f"({one.share} x {error:.4f})²" for one, error in zip((*inputs, *outputs), errors, strict=True)
    )
    return Losses(
        f"Permissible imbalance, errors of a complex combined by the {variant} variant.",
        {"variant": variant, "input_count": Decimal(len(inputs)), "output_count": Decimal(len(outputs))},
        {"permissible_percent": permissible},
        (*told, f"√({squares}) = {permissible} %."),
    )
