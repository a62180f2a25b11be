"""Coefficients of technical losses"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "insulation_leakage",
        sa.Column("voltage_kv", sa.Numeric(precision=8, scale=3), nullable=False),
        sa.Column("weather_group", sa.SmallInteger(), autoincrement=False, nullable=False, comment="1 dry to 3 wet"),
        sa.Column("leakage_kw_per_km", sa.Numeric(precision=9, scale=6), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint("leakage_kw_per_km >= 0", name=op.f("insulation_leakage_leakage_ck")),
        sa.PrimaryKeyConstraint("voltage_kv", "weather_group", name=op.f("insulation_leakage_pk")),
        schema="ops",
        comment="One row per voltage and weather group: what leaks over the insulators of an overhead line.",
    )
    op.create_table(
        "cable_charging",
        sa.Column("voltage_kv", sa.Numeric(precision=8, scale=3), nullable=False),
        sa.Column("section_mm2", sa.Numeric(precision=8, scale=2), nullable=False),
        sa.Column("charging_kvar_per_km", sa.Numeric(precision=9, scale=4), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint("charging_kvar_per_km >= 0", name=op.f("cable_charging_charging_ck")),
        sa.PrimaryKeyConstraint("voltage_kv", "section_mm2", name=op.f("cable_charging_pk")),
        schema="ops",
        comment="One row per voltage and section of cable: its charging power.",
    )


def downgrade() -> None:
    op.drop_table("cable_charging", schema="ops")
    op.drop_table("insulation_leakage", schema="ops")
