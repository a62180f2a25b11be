"""Readings: how each kind is made, why one stands in quarantine, what was refused, estimates without a meter"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ENERGY_KINDS = "'half_hours', 'declared', 'gap', 'average', 'contract', 'group', 'legacy_billed'"
ENERGY_KINDS_BEFORE = "'half_hours', 'declared', 'gap', 'legacy_billed'"
ENERGY_KIND_COMMENT = (
    "half_hours, declared, gap (days without a meter), average, contract or group (estimated where no meter "
    "hangs), or legacy_billed (billed before Wattbook was)"
)
ENERGY_KIND_COMMENT_BEFORE = (
    "half_hours, declared, gap (days without a meter), or legacy_billed (billed before Wattbook was)"
)


def upgrade() -> None:
    op.add_column(
        "reading_kind",
        sa.Column(
            "made_by",
            sa.Text(),
            nullable=True,
            comment="entry (told to Wattbook), operation (on a meter), estimate, or book (set by Wattbook)",
        ),
        schema="ops",
    )
    op.execute(
        "UPDATE ops.reading_kind SET made_by = CASE WHEN kind IN ('opening', 'removal') THEN 'operation'"
        " WHEN kind IN ('average', 'contract') THEN 'estimate' WHEN kind = 'automatic' THEN 'book'"
        " ELSE 'entry' END"
    )
    op.alter_column("reading_kind", "made_by", nullable=False, schema="ops")
    op.create_check_constraint(
        op.f("reading_kind_made_by_ck"),
        "reading_kind",
        "made_by IN ('entry', 'operation', 'estimate', 'book')",
        schema="ops",
    )
    op.add_column(
        "reading_event",
        sa.Column(
            "rule", sa.Text(), nullable=True, comment="Rule of the judge that asked for it; empty where a person did"
        ),
        schema="ops",
    )
    op.create_table(
        "refused_reading",
        sa.Column("refused_reading_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("res_id", sa.Integer(), nullable=True, comment="Empty where no point was found"),
        sa.Column(
            "told",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="The reading as it was told: place, meter, scale, day, value, kind",
        ),
        sa.Column("rule", sa.Text(), nullable=False, comment="Rule that it breaks"),
        sa.Column("reason", sa.Text(), nullable=False, comment="A sentence for the clerk"),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="File or command that brought the row"),
        sa.Column(
            "source_row",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Row in the source file, 0 for a command",
        ),
        sa.ForeignKeyConstraint(["res_id"], ["ops.unit.unit_id"], name=op.f("refused_reading_res_id_fk")),
        sa.ForeignKeyConstraint(["source_id"], ["ops.source.source_id"], name=op.f("refused_reading_source_id_fk")),
        sa.PrimaryKeyConstraint("refused_reading_id", name=op.f("refused_reading_pk")),
        schema="ops",
        comment="One row per reading that was left out when the rest of its batch was entered.",
    )
    op.create_index(op.f("refused_reading_res_id_ix"), "refused_reading", ["res_id"], unique=False, schema="ops")
    _kinds_of_measured_energy(ENERGY_KINDS, ENERGY_KIND_COMMENT, ENERGY_KIND_COMMENT_BEFORE)


def downgrade() -> None:
    # Estimates without a meter stay told, without the word for it.
    op.execute("UPDATE ops.measured_energy SET kind = 'declared' WHERE kind IN ('average', 'contract', 'group')")
    _kinds_of_measured_energy(ENERGY_KINDS_BEFORE, ENERGY_KIND_COMMENT_BEFORE, ENERGY_KIND_COMMENT)
    op.drop_index(op.f("refused_reading_res_id_ix"), table_name="refused_reading", schema="ops")
    op.drop_table("refused_reading", schema="ops")
    op.drop_column("reading_event", "rule", schema="ops")
    op.drop_constraint(op.f("reading_kind_made_by_ck"), "reading_kind", schema="ops")
    op.drop_column("reading_kind", "made_by", schema="ops")
    op.execute("DELETE FROM ops.reading_kind WHERE kind = 'group'")


def _kinds_of_measured_energy(kinds: str, comment: str, comment_before: str) -> None:
    op.drop_constraint(op.f("measured_energy_kind_ck"), "measured_energy", schema="ops")
    op.create_check_constraint(op.f("measured_energy_kind_ck"), "measured_energy", f"kind IN ({kinds})", schema="ops")
    op.alter_column(
        "measured_energy",
        "kind",
        existing_type=sa.TEXT(),
        comment=comment,
        existing_comment=comment_before,
        existing_nullable=False,
        schema="ops",
    )
