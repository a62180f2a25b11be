"""Benefits: categories, norms by dwelling, holders and grants"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "benefit_norm",
        sa.Column("dwelling_code", sa.Text(), nullable=False),
        sa.Column(
            "valid_from", sa.Date(), nullable=False, comment="First day; the norm holds until the next one begins"
        ),
        sa.Column("meaning", sa.Text(), nullable=False),
        sa.Column("first_person_kwh", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("next_person_kwh", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("cap_kwh", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("source_note", sa.Text(), nullable=False),
        sa.Column("is_verified", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("dwelling_code", "valid_from", name=op.f("benefit_norm_pk")),
        schema="ops",
        comment="One row per equipment of a dwelling and day from which its monthly norm holds.",
    )
    op.create_table(
        "benefit_category",
        sa.Column("category_code", sa.Text(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="File or command that brought the row"),
        sa.Column(
            "source_row",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Row in the source file, 0 for a command",
        ),
        sa.ForeignKeyConstraint(["source_id"], ["ops.source.source_id"], name=op.f("benefit_category_source_id_fk")),
        sa.PrimaryKeyConstraint("category_code", name=op.f("benefit_category_pk")),
        schema="ops",
        comment="One row per category of benefit.",
    )
    op.create_table(
        "benefit_category_version",
        sa.Column("benefit_category_version_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("category_code", sa.Text(), nullable=False),
        sa.Column("category_name", sa.Text(), nullable=False),
        sa.Column(
            "share", sa.Numeric(precision=5, scale=4), nullable=False, comment="Part of the price that the budget pays"
        ),
        sa.Column(
            "norm_kind", sa.Text(), nullable=False, comment="dwelling, fixed (by profession) or none (all consumption)"
        ),
        sa.Column(
            "fixed_norm_kwh",
            sa.Numeric(precision=18, scale=6),
            nullable=True,
            comment="Monthly norm of a profession, whatever the family",
        ),
        sa.Column("financing_source", sa.Text(), nullable=False),
        sa.Column("report_row", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="First day on which the fact holds"),
        sa.Column(
            "valid_to",
            sa.Date(),
            nullable=True,
            comment="First day on which it no longer holds; empty while it goes on",
        ),
        sa.Column(
            "known_from",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When this version was entered",
        ),
        sa.Column(
            "known_to",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When a later version replaced it; empty while it stands",
        ),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="File or command that brought the row"),
        sa.Column(
            "source_row",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Row in the source file, 0 for a command",
        ),
        postgresql.ExcludeConstraint(
            (sa.column("category_code"), "="),
            (sa.text("daterange(valid_from, valid_to)"), "&&"),
            where=sa.text("known_to IS NULL"),
            using="gist",
            name="benefit_category_version_overlap_ex",
        ),
        sa.CheckConstraint(
            "(norm_kind = 'fixed') = (fixed_norm_kwh IS NOT NULL)", name=op.f("benefit_category_version_fixed_norm_ck")
        ),
        sa.CheckConstraint(
            "norm_kind IN ('dwelling', 'fixed', 'none')", name=op.f("benefit_category_version_norm_kind_ck")
        ),
        sa.CheckConstraint("share > 0 AND share <= 1", name=op.f("benefit_category_version_share_ck")),
        sa.ForeignKeyConstraint(
            ["category_code"],
            ["ops.benefit_category.category_code"],
            name=op.f("benefit_category_version_category_code_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["ops.source.source_id"], name=op.f("benefit_category_version_source_id_fk")
        ),
        sa.PrimaryKeyConstraint("benefit_category_version_id", name=op.f("benefit_category_version_pk")),
        schema="ops",
        comment="One row per category, span of days and version: what the category gives.",
    )
    op.create_index(
        op.f("benefit_category_version_category_code_ix"),
        "benefit_category_version",
        ["category_code"],
        unique=False,
        schema="ops",
    )
    op.create_table(
        "benefit_category_closing",
        sa.Column("benefit_category_closing_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("category_code", sa.Text(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=False, comment="First day on which the category is not valid"),
        sa.Column(
            "known_from",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When this version was entered",
        ),
        sa.Column(
            "known_to",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When a later version replaced it; empty while it stands",
        ),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="File or command that brought the row"),
        sa.Column(
            "source_row",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Row in the source file, 0 for a command",
        ),
        sa.ForeignKeyConstraint(
            ["category_code"],
            ["ops.benefit_category.category_code"],
            name=op.f("benefit_category_closing_category_code_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["ops.source.source_id"], name=op.f("benefit_category_closing_source_id_fk")
        ),
        sa.PrimaryKeyConstraint("benefit_category_closing_id", name=op.f("benefit_category_closing_pk")),
        schema="ops",
        comment="One row per closing of a category; known_to is when the category was made valid again.",
    )
    op.create_index(
        "benefit_category_closing_once_uq",
        "benefit_category_closing",
        ["category_code"],
        unique=True,
        schema="ops",
        postgresql_where=sa.text("known_to IS NULL"),
    )
    op.create_table(
        "benefit_holder",
        sa.Column("benefit_holder_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("tax_id", sa.Text(), nullable=True),
        sa.Column("document", sa.Text(), nullable=True, comment="Paper that the right rests on"),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="File or command that brought the row"),
        sa.Column(
            "source_row",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Row in the source file, 0 for a command",
        ),
        sa.ForeignKeyConstraint(["account_id"], ["ops.account.account_id"], name=op.f("benefit_holder_account_id_fk")),
        sa.ForeignKeyConstraint(["source_id"], ["ops.source.source_id"], name=op.f("benefit_holder_source_id_fk")),
        sa.PrimaryKeyConstraint("benefit_holder_id", name=op.f("benefit_holder_pk")),
        schema="ops",
        comment="One row per person who holds benefits at an account.",
    )
    op.create_index(op.f("benefit_holder_account_id_ix"), "benefit_holder", ["account_id"], unique=False, schema="ops")
    op.create_table(
        "benefit_grant",
        sa.Column("benefit_grant_version_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("grant_no", sa.BigInteger(), nullable=False, comment="The same in all versions of a grant"),
        sa.Column("metering_point_id", sa.BigInteger(), nullable=False),
        sa.Column("benefit_holder_id", sa.BigInteger(), nullable=False),
        sa.Column("category_code", sa.Text(), nullable=False),
        sa.Column(
            "dwelling_code",
            sa.Text(),
            nullable=True,
            comment="Equipment of the dwelling, where the category's norm depends on it",
        ),
        sa.Column("entitled_persons", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="First day on which the fact holds"),
        sa.Column(
            "valid_to",
            sa.Date(),
            nullable=True,
            comment="First day on which it no longer holds; empty while it goes on",
        ),
        sa.Column(
            "known_from",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When this version was entered",
        ),
        sa.Column(
            "known_to",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When a later version replaced it; empty while it stands",
        ),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="File or command that brought the row"),
        sa.Column(
            "source_row",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Row in the source file, 0 for a command",
        ),
        postgresql.ExcludeConstraint(
            (sa.column("metering_point_id"), "="),
            (sa.column("category_code"), "="),
            (sa.text("daterange(valid_from, valid_to)"), "&&"),
            where=sa.text("known_to IS NULL"),
            using="gist",
            name="benefit_grant_overlap_ex",
        ),
        sa.CheckConstraint("entitled_persons > 0", name=op.f("benefit_grant_entitled_persons_ck")),
        sa.CheckConstraint("valid_to >= valid_from", name=op.f("benefit_grant_span_ck")),
        sa.ForeignKeyConstraint(
            ["benefit_holder_id"],
            ["ops.benefit_holder.benefit_holder_id"],
            name=op.f("benefit_grant_benefit_holder_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["category_code"], ["ops.benefit_category.category_code"], name=op.f("benefit_grant_category_code_fk")
        ),
        sa.ForeignKeyConstraint(
            ["metering_point_id"],
            ["ops.metering_point.metering_point_id"],
            name=op.f("benefit_grant_metering_point_id_fk"),
        ),
        sa.ForeignKeyConstraint(["source_id"], ["ops.source.source_id"], name=op.f("benefit_grant_source_id_fk")),
        sa.PrimaryKeyConstraint("benefit_grant_version_id", name=op.f("benefit_grant_pk")),
        schema="ops",
        comment="One row per grant of a category at a metering point and version; end = start is a cancelled grant.",
    )
    op.create_index(
        op.f("benefit_grant_category_code_ix"), "benefit_grant", ["category_code"], unique=False, schema="ops"
    )
    op.create_index(op.f("benefit_grant_grant_no_ix"), "benefit_grant", ["grant_no"], unique=False, schema="ops")
    op.create_index(
        op.f("benefit_grant_metering_point_id_ix"), "benefit_grant", ["metering_point_id"], unique=False, schema="ops"
    )


def downgrade() -> None:
    op.drop_table("benefit_grant", schema="ops")
    op.drop_table("benefit_holder", schema="ops")
    op.drop_table("benefit_category_closing", schema="ops")
    op.drop_table("benefit_category_version", schema="ops")
    op.drop_table("benefit_category", schema="ops")
    op.drop_table("benefit_norm", schema="ops")
