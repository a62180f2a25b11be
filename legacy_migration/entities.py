"""Which kinds of fact can a legacy row tell?

Belongs here: per kind of fact its table, its key, what makes two rows the same, what it depends on, what is at stake.
Does not belong here: how a cell becomes a value (`canonical_rules`), the order of judging (`verdicts`).
"""

from dataclasses import dataclass

from sqlalchemy import Table

from operational_db.exchange import migration_tables as tables


@dataclass(frozen=True)
class Parent:
    """A row falls with its parent: the column must be found in standing rows of another entity, or in ops."""

    column: str
    standing: tuple[str, ...]  # "entity.column"
    reason: str
    also_in: str | None = None  # a query of one column
    is_optional: bool = False


@dataclass(frozen=True)
class Entity:
    """One kind of fact."""

    table: Table
    key: tuple[str, ...]  # two standing rows may not share it
    required: tuple[str, ...]  # fields that a profile must map
    repeat_reason: str = "DUP_ROW"
    parents: tuple[Parent, ...] = ()
    legacy_key: tuple[str, ...] = ()  # how people call the row; the key unless given
    energy: str | None = None
    money: tuple[str, ...] = ()
    is_published: bool = True

    @property
    def name(self) -> str:
        return self.table.name

    @property
    def fields(self) -> dict[str, object]:
        """Canonical fields and their column types."""
        return {column.name: column.type for column in self.table.columns if column.name not in tables.SERVICE_COLUMNS}

    @property
    def shown_key(self) -> tuple[str, ...]:
        return self.legacy_key or self.key

    @property
    def shown_key_sql(self) -> str:
        """The key of a row `t` as one text."""
        return "concat_ws(' ', " + ", ".join(f"t.{column}" for column in self.shown_key) + ")"


_UNITS_OF_BOOK = "SELECT u.code FROM ops.unit AS u"
_RES_OF_BOOK = "SELECT u.code FROM ops.unit AS u WHERE u.level = 'res'"


def _unit(column: str = "unit_code", *, is_optional: bool = False) -> Parent:
    return Parent(column, ("unit.code",), "NO_UNIT", _UNITS_OF_BOOK, is_optional)


_RES = Parent("res_code", ("unit.code",), "NO_UNIT", _RES_OF_BOOK)
_ACCOUNT = Parent("account_no", ("account.account_no",), "NO_ACCOUNT")
_POINT = Parent("point_code", ("metering_point.point_code",), "NO_ACCOUNT")

ENTITIES: dict[str, Entity] = {
    entity.name: entity
    for entity in (
        Entity(
            tables.unit,
            ("code",),
            ("code", "level"),
            repeat_reason="DUP_UNIT",
            parents=(_unit("parent_code", is_optional=True),),
        ),
        Entity(tables.conductor, ("code",), ("code",)),
        Entity(tables.transformer, ("unit_code", "code"), ("unit_code", "code", "rated_kva"), parents=(_unit(),)),
        Entity(
            tables.line_section,
            ("kind", "unit_code", "code"),
            ("unit_code", "code", "kind", "from_node", "to_node", "length_m"),
            parents=(_unit(),),
        ),
        Entity(tables.grid_meter, ("code",), ("code", "unit_code", "digits"), parents=(_unit(),)),
        Entity(
            tables.grid_reading,
            ("meter_code", "read_on"),
            ("meter_code", "read_on", "value_kwh"),
            repeat_reason="DUP_READING",
            parents=(Parent("meter_code", ("grid_meter.code",), "NO_METER"),),
        ),
        Entity(
            tables.grid_energy,
            ("meter_code", "service_month"),
            ("meter_code", "service_month", "energy_kwh"),
            parents=(Parent("meter_code", ("grid_meter.code",), "NO_METER"),),
            energy="energy_kwh",
        ),
        Entity(
            tables.declared_loss,
            ("unit_code", "loss_kind", "span_from"),
            ("unit_code", "loss_kind", "span_from", "span_months", "energy_kwh"),
            parents=(_unit(),),
            energy="energy_kwh",
        ),
        Entity(
            tables.street,
            ("res_code", "street_code"),
            ("res_code", "street_code", "locality", "street_name"),
            parents=(_RES,),
        ),
        Entity(
            tables.account,
            ("account_no",),
            ("account_no", "kind", "res_code", "full_name"),
            repeat_reason="DUP_ACCOUNT",
            parents=(_RES,),
        ),
        Entity(
            tables.metering_point,
            ("point_code",),
            ("point_code", "account_no", "res_code"),
            repeat_reason="DUP_ACCOUNT",
            parents=(_ACCOUNT,),
        ),
        Entity(
            tables.meter,
            ("point_code", "serial_no", "installed_on"),
            ("point_code", "serial_no", "meter_type_code", "digits", "installed_on"),
            parents=(_POINT,),
            legacy_key=("point_code", "serial_no"),
        ),
        Entity(
            tables.reading,
            ("point_code", "serial_no", "read_on", "value_kwh"),
            ("point_code", "serial_no", "read_on", "value_kwh", "kind", "is_opening"),
            parents=(_POINT,),
            legacy_key=("point_code", "serial_no", "read_on"),
        ),
        Entity(
            tables.half_hours,
            ("point_code", "channel", "measured_on"),
            ("point_code", "channel", "measured_on", "half_hours", "status", "energy_kwh"),
            repeat_reason="DUP_READING",
            parents=(Parent("point_code", ("metering_point.amr_code", "grid_meter.amr_code"), "NO_METER"),),
            energy="energy_kwh",
        ),
        Entity(
            tables.consumed,
            (),
            ("point_code", "direction", "service_month", "energy_kwh"),
            parents=(_POINT,),
            legacy_key=("point_code", "direction", "service_month"),
            energy="energy_kwh",
        ),
        Entity(
            tables.charge,
            ("account_no", "service_month"),
            ("account_no", "service_month", "energy_kwh", "charge_minor", "paid_minor", "balance_minor"),
            parents=(_ACCOUNT,),
            energy="energy_kwh",
            money=("charge_minor",),
            is_published=False,
        ),
        Entity(
            tables.opening_balance,
            ("account_no", "year_of_origin"),
            ("account_no", "year_of_origin", "debit_minor", "credit_minor"),
            parents=(_ACCOUNT,),
            money=("debit_minor", "credit_minor"),
        ),
        Entity(
            tables.payment_package,
            ("package_no",),
            ("package_no", "channel_code", "file_name", "paid_on", "declared_count", "declared_minor"),
        ),
        Entity(
            tables.payment,
            ("channel_code", "external_id"),
            ("file_name", "channel_code", "paid_on", "amount_minor", "external_id"),
            repeat_reason="DUP_PAYMENT",
            parents=(Parent("file_name", ("payment_package.file_name",), "NO_PACKAGE"),),
            legacy_key=("channel_code", "external_id"),
            money=("amount_minor",),
        ),
        Entity(tables.code_entry, ("list_code", "entry_code"), ("list_code", "entry_code"), is_published=False),
    )
}
"""In the order of judging: what others depend on comes first."""
