"""Automatic readings: of a point without a meter"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

METER_COMMENT = "Empty for an automatic reading, of a point without a meter"


def upgrade() -> None:
    op.alter_column(
        "reading", "meter_id", existing_type=sa.BigInteger(), nullable=True, comment=METER_COMMENT, schema="ops"
    )
    op.create_check_constraint(
        op.f("reading_meter_ck"), "reading", "meter_id IS NOT NULL OR kind = 'automatic'", schema="ops"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("reading_meter_ck"), "reading", type_="check", schema="ops")
    op.alter_column(
        "reading",
        "meter_id",
        existing_type=sa.BigInteger(),
        nullable=False,
        comment=None,
        existing_comment=METER_COMMENT,
        schema="ops",
    )
