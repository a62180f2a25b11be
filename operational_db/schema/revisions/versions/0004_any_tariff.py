"""Any tariff: variants, zones, ordered power, contracted volume; lines that say what they were computed from"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ENERGY = sa.Numeric(18, 6)
PRICE = sa.Numeric(18, 6)


def line_columns() -> tuple[sa.Column, ...]:
    return (
        sa.Column(
            "component",
            sa.Text(),
            server_default=sa.text("'energy'"),
            nullable=False,
            comment="energy, power or reactive: what the price is asked for",
        ),
        sa.Column(
            "energy_basis",
            sa.Text(),
            server_default=sa.text("'readings'"),
            nullable=False,
            comment="How the energy is known: readings, half_hours, declared, by_average ...",
        ),
        sa.Column(
            "variant_code",
            sa.Text(),
            server_default=sa.text("'all'"),
            nullable=False,
            comment="Price list of the tariff version that was used",
        ),
        sa.Column(
            "volume_from",
            ENERGY,
            server_default=sa.text("0"),
            nullable=False,
            comment="The month's volume before this line's energy, which its step is found by",
        ),
        sa.Column(
            "bound_factor",
            sa.Numeric(24, 12),
            nullable=True,
            comment="By what the steps' bounds are multiplied; empty is 1",
        ),
        sa.Column(
            "price_numerator", sa.SmallInteger(), nullable=True, comment="Zone's factor of the price; empty is 1 to 1"
        ),
        sa.Column("price_denominator", sa.SmallInteger(), nullable=True),
        sa.Column("power_kw", sa.Numeric(12, 3), nullable=True, comment="Ordered power of a line for power"),
    )


def upgrade() -> None:
    op.create_table(
        "zone_set",
        sa.Column("zone_set", sa.Text(), nullable=False, comment="two_zone, three_zone"),
        sa.Column("zone_code", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["zone_code"], ["ops.zone.zone_code"], name=op.f("zone_set_zone_code_fk")),
        sa.PrimaryKeyConstraint("zone_set", "zone_code", name=op.f("zone_set_pk")),
        schema="ops",
        comment="One row per set of zones and zone of it: the scales that one meter has together.",
    )
    op.create_table(
        "tariff_power_price",
        sa.Column("tariff_version_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("variant_code", sa.Text(), server_default=sa.text("'all'"), nullable=False),
        sa.Column(
            "price_minor_per_kw_year",
            PRICE,
            nullable=True,
            comment="Smallest coins per kW of ordered power and year; empty where no price is known",
        ),
        sa.Column("is_verified", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint("price_minor_per_kw_year >= 0", name=op.f("tariff_power_price_price_ck")),
        sa.ForeignKeyConstraint(
            ["tariff_version_id"],
            ["ops.tariff_version.tariff_version_id"],
            name=op.f("tariff_power_price_tariff_version_id_fk"),
        ),
        sa.PrimaryKeyConstraint("tariff_version_id", "variant_code", name=op.f("tariff_power_price_pk")),
        schema="ops",
        comment="One row per tariff version and variant that charges ordered power: a twelfth of it each month.",
    )
    op.add_column(
        "tariff_version",
        sa.Column(
            "step_mode",
            sa.Text(),
            server_default=sa.text("'excess'"),
            nullable=False,
            comment="excess: each step's energy at its own price; whole: all energy at the price of the step it ends in",
        ),
        schema="ops",
    )
    op.create_check_constraint("step_mode", "tariff_version", "step_mode IN ('excess', 'whole')", schema="ops")
    op.drop_constraint(op.f("tariff_version_step_basis_ck"), "tariff_version", schema="ops")
    op.create_check_constraint(
        "step_basis",
        "tariff_version",
        "step_basis IN ('calendar_month', 'resident_month', 'thirty_days', 'month_days', 'contract_month')",
        schema="ops",
    )
    op.alter_column(
        "tariff_version",
        "step_basis",
        schema="ops",
        comment="What a step's bounds are counted over: calendar_month, resident_month (times residents), thirty_days and "
        "month_days (times days), contract_month (shares of the contracted volume)",
        existing_comment="What a step's bounds are counted over: calendar_month, resident_month or thirty_days",
    )
    op.add_column(
        "tariff_zone",
        sa.Column("is_verified", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        schema="ops",
    )
    op.add_column(
        "tariff_step",
        sa.Column(
            "variant_code",
            sa.Text(),
            server_default=sa.text("'all'"),
            nullable=False,
            comment="Price list within the version, such as estove or class_1",
        ),
        schema="ops",
    )
    op.drop_constraint(op.f("tariff_step_pk"), "tariff_step", schema="ops")
    op.create_primary_key(
        op.f("tariff_step_pk"),
        "tariff_step",
        ["tariff_version_id", "variant_code", "season_code", "step_no"],
        schema="ops",
    )
    op.alter_column(
        "tariff_step",
        "price_minor",
        nullable=True,
        schema="ops",
        comment="Smallest coins per kWh, as published; empty where no price is known",
        existing_comment="Smallest coins per kWh, as published",
    )
    op.add_column(
        "metering_point_tariff",
        sa.Column(
            "variant_code",
            sa.Text(),
            server_default=sa.text("'all'"),
            nullable=False,
            comment="Price list of the tariff that the point falls under",
        ),
        schema="ops",
    )
    op.add_column(
        "metering_point_tariff",
        sa.Column("contracted_kwh_per_month", ENERGY, nullable=True, comment="Volume of the contract; empty for none"),
        schema="ops",
    )
    op.add_column(
        "metering_point_tariff",
        sa.Column("ordered_power_kw", sa.Numeric(12, 3), nullable=True, comment="Power ordered in the system's peak"),
        schema="ops",
    )
    for name, condition in (
        ("contracted_volume", "contracted_kwh_per_month >= 0"),
        ("ordered_power", "ordered_power_kw >= 0"),
    ):
        op.create_check_constraint(name, "metering_point_tariff", condition, schema="ops")
    op.create_index(
        "metering_point_tariff_ordered_power_ix",
        "metering_point_tariff",
        ["metering_point_id"],
        schema="ops",
        postgresql_where=sa.text("ordered_power_kw IS NOT NULL"),
    )
    for column in line_columns():
        op.add_column("bill_line", column, schema="ops")
    op.create_check_constraint("component", "bill_line", "component IN ('energy', 'power', 'reactive')", schema="ops")
    op.create_check_constraint(
        "price_factor",
        "bill_line",
        "(price_numerator IS NULL) = (price_denominator IS NULL) AND price_denominator > 0",
        schema="ops",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("bill_line_price_factor_ck"), "bill_line", schema="ops")
    op.drop_constraint(op.f("bill_line_component_ck"), "bill_line", schema="ops")
    for column in reversed(line_columns()):
        op.drop_column("bill_line", column.name, schema="ops")
    op.drop_index("metering_point_tariff_ordered_power_ix", table_name="metering_point_tariff", schema="ops")
    op.drop_constraint(op.f("metering_point_tariff_ordered_power_ck"), "metering_point_tariff", schema="ops")
    op.drop_constraint(op.f("metering_point_tariff_contracted_volume_ck"), "metering_point_tariff", schema="ops")
    for name in ("ordered_power_kw", "contracted_kwh_per_month", "variant_code"):
        op.drop_column("metering_point_tariff", name, schema="ops")
    op.execute("DELETE FROM ops.tariff_step WHERE variant_code <> 'all' OR price_minor IS NULL")
    op.alter_column(
        "tariff_step",
        "price_minor",
        nullable=False,
        schema="ops",
        comment="Smallest coins per kWh, as published",
        existing_comment="Smallest coins per kWh, as published; empty where no price is known",
    )
    op.drop_constraint(op.f("tariff_step_pk"), "tariff_step", schema="ops")
    op.create_primary_key(
        op.f("tariff_step_pk"), "tariff_step", ["tariff_version_id", "season_code", "step_no"], schema="ops"
    )
    op.drop_column("tariff_step", "variant_code", schema="ops")
    op.drop_column("tariff_zone", "is_verified", schema="ops")
    op.drop_constraint(op.f("tariff_version_step_basis_ck"), "tariff_version", schema="ops")
    op.execute(
        "UPDATE ops.tariff_version SET step_basis = 'calendar_month'"
        " WHERE step_basis NOT IN ('calendar_month', 'resident_month', 'thirty_days')"
    )
    op.create_check_constraint(
        "step_basis",
        "tariff_version",
        "step_basis IN ('calendar_month', 'resident_month', 'thirty_days')",
        schema="ops",
    )
    op.alter_column(
        "tariff_version",
        "step_basis",
        schema="ops",
        comment="What a step's bounds are counted over: calendar_month, resident_month or thirty_days",
        existing_comment=None,
    )
    op.drop_constraint(op.f("tariff_version_step_mode_ck"), "tariff_version", schema="ops")
    op.drop_column("tariff_version", "step_mode", schema="ops")
    op.drop_table("tariff_power_price", schema="ops")
    op.drop_table("zone_set", schema="ops")
