"""Indexes for withdrawals: each removed row asks who points to it and whether its load is being withdrawn"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

POINTING = (
    ("account_subscriber", "account_id"),
    ("account_premises", "account_id"),
    ("family_size", "account_id"),
    ("contract_status", "contract_id"),
    ("metering_point", "premises_id"),
    ("metering_point_placement", "metering_point_id"),
    ("metering_point_tariff", "metering_point_id"),
    ("meter_installation", "metering_point_id"),
    ("meter_installation", "meter_id"),
)


def upgrade() -> None:
    for table, column in POINTING:
        op.create_index(f"{table}_{column}_ix", table, [column], unique=False, schema="ops")
    op.create_index(
        "source_withdrawn_load_ix",
        "source",
        [sa.literal_column("(arguments ->> 'load_id')")],
        unique=False,
        schema="ops",
        postgresql_where=sa.text("kind = 'command' AND name = 'withdraw'"),
    )


def downgrade() -> None:
    op.drop_index("source_withdrawn_load_ix", table_name="source", schema="ops")
    for table, column in reversed(POINTING):
        op.drop_index(f"{table}_{column}_ix", table_name=table, schema="ops")
