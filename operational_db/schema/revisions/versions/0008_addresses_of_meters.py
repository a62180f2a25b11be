"""Addresses of meters: the few that are not those of the premises are found without walking through all installations"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "meter_installation_address_id_ix",
        "meter_installation",
        ["address_id"],
        schema="ops",
        postgresql_where=sa.text("address_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("meter_installation_address_id_ix", table_name="meter_installation", schema="ops")
