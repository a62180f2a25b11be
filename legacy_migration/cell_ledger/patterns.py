"""Which pattern do the cells of a row make? Per kind of fact the expression of its number, and the text behind it.

Belongs here: which fact speaks for which column, states of fields as numbers and texts.
Does not belong here: what a sign means (`signs`), counting (`counts`).

A column that several facts read has an owner, the first of them: its pattern also says what became of the cell in all
of them together, so that the cells of rows that are loaded whole are counted at one place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from legacy_migration.cell_ledger.signs import (
    FieldCells,
    best,
    field_state,
    pattern_number_sql,
    states_of_pattern,
    text_of,
)
from legacy_migration.typed_rows import ChosenField, Fact

VARYING_MAX = 31
"""Fields whose two bits fit into a bigint; of a column that more read, those that fit speak."""


@dataclass
class PatternPlan:
    """How one fact's patterns are made."""

    width: int
    cells: list[FieldCells] = field(default_factory=list)
    extra_values: dict[str, str] = field(default_factory=dict)
    """Values of other facts that this one's pattern speaks of: name to expression."""
    own: dict[int, list[str]] = field(default_factory=dict)
    owned: dict[int, list[str]] = field(default_factory=dict)

    @property
    def number_sql(self) -> str:
        return pattern_number_sql(self.cells)

    def texts(self, number: int) -> tuple[str, str]:
        """The signs of this fact, and those of all facts of the row for the columns that it owns."""
        states = states_of_pattern(self.cells, number)
        signs = {cell.field: cell.sign(states[cell.field]) for cell in self.cells}
        return tuple(
            text_of({place: best([signs[name] for name in names]) for place, names in places.items()}, self.width)
            for places in (self.own, self.owned)
        )


def readers_of(facts: Sequence[Fact], width: int) -> dict[int, list[int]]:
    """Per column the facts that speak for it: those told of every row; else those that are told of some rows."""
    found: dict[int, list[int]] = {}
    for place in range(1, width + 1):
        reading = [number for number, fact in enumerate(facts) if place in fact.positions]
        always = [number for number in reading if facts[number].only_where is None]
        if reading:
            found[place] = always or reading
    return found


def plans(facts: Sequence[Fact], width: int) -> list[PatternPlan]:
    """The patterns of every fact of a file."""
    made = [PatternPlan(width) for _ in facts]
    known: list[dict[tuple, str]] = [{} for _ in facts]
    readers = readers_of(facts, width)
    for place, numbers in readers.items():
        for number in numbers:
            made[number].own[place] = [
                _add(made[number], known[number], facts[number], chosen, number, number)
                for chosen in facts[number].positions[place]
            ]
    for place, numbers in readers.items():
        owner = numbers[0]
        names = [
            _add(made[owner], known[owner], facts[number], chosen, number, owner)
            for number in numbers
            for chosen in facts[number].positions[place]
        ]
        made[owner].owned[place] = [name for name in names if name]
    return made


def _add(plan: PatternPlan, known: dict[tuple, str], fact: Fact, chosen: ChosenField, number: int, owner: int) -> str:
    """The name under which a field's state stands in the plan; the same reading of the same cell stands there once."""
    value = fact.values[chosen.name]
    identity = (chosen.rule_name, value, chosen.is_optional, chosen.leaves_empty)
    if identity in known:
        return known[identity]
    alias = f"v_{chosen.name}" if number == owner else f"x{number}_{chosen.name}"
    state = field_state(
        f"{number}.{chosen.name}",
        chosen.rule_name,
        alias,
        [fact.context.cell(column) for column in chosen.columns],
        chosen.rule.is_transformed(chosen.body, fact.context, alias),
        is_optional=chosen.is_optional,
        leaves_empty=chosen.leaves_empty,
    )
    if isinstance(state.state, str) and sum(isinstance(cell.state, str) for cell in plan.cells) == VARYING_MAX:
        return ""
    if number != owner and isinstance(state.state, str):
        plan.extra_values[alias] = value
    plan.cells.append(state)
    known[identity] = state.field
    return state.field


@dataclass(frozen=True)
class ColumnUse:
    """Why no rule reads a column, or reads it in some rows only."""

    rule: str | None
    is_partly_read: bool = False


def uses_of_columns(
    columns: Sequence[str], facts: Sequence[Fact], declared: Mapping[str, str], out_of_scope: str | None
) -> list[ColumnUse]:
    """Per column how it is used; `UNDECLARED` where no rule reads it and nobody said why."""
    if out_of_scope is not None:
        return [ColumnUse(f"out of scope: {out_of_scope}")] * len(columns)
    readers = readers_of(facts, len(columns))
    uses = []
    for place, name in enumerate(columns, start=1):
        if place not in readers:
            uses.append(ColumnUse(f"declared: {declared[name]}" if name in declared else UNDECLARED))
        elif (first := facts[readers[place][0]]).only_column:
            uses.append(ColumnUse(f"only in the rows with the smallest {first.only_column}", is_partly_read=True))
        else:
            uses.append(ColumnUse(None))
    return uses


UNDECLARED = "UNDECLARED"
