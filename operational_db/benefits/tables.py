"""Benefits of households: the directory of categories, norms by dwelling, holders and their grants.

Does not belong here: how many people live at an account (`subscribers`), and what a benefit is worth in money.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
    text,
)

from operational_db.schema.metadata import (
    ENERGY,
    OPERATIONAL,
    known_range,
    metadata,
    no_overlap,
    provenance,
    valid_range,
)

benefit_norm = Table(
    "benefit_norm",
    metadata,
    Column("dwelling_code", Text, primary_key=True),
    Column("valid_from", Date, primary_key=True, comment="First day; the norm holds until the next one begins"),
    Column("meaning", Text, nullable=False),
    Column("first_person_kwh", ENERGY, nullable=False),
    Column("next_person_kwh", ENERGY, nullable=False),
    Column("cap_kwh", ENERGY, nullable=False),
    Column("source_note", Text, nullable=False),
    Column("is_verified", Boolean, nullable=False),
    schema=OPERATIONAL,
    comment="One row per equipment of a dwelling and day from which its monthly norm holds.",
)

benefit_category = Table(
    "benefit_category",
    metadata,
    Column("category_code", Text, primary_key=True),
    *provenance(),
    schema=OPERATIONAL,
    comment="One row per category of benefit.",
)

benefit_category_version = Table(
    "benefit_category_version",
    metadata,
    Column("benefit_category_version_id", BigInteger, Identity(), primary_key=True),
    Column("category_code", Text, ForeignKey("ops.benefit_category.category_code"), nullable=False, index=True),
    Column("category_name", Text, nullable=False),
    Column("share", Numeric(5, 4), nullable=False, comment="Part of the price that the budget pays"),
    Column("norm_kind", Text, nullable=False, comment="dwelling, fixed (by profession) or none (all consumption)"),
    Column("fixed_norm_kwh", ENERGY, comment="Monthly norm of a profession, whatever the family"),
    Column("financing_source", Text, nullable=False),
    Column("report_row", Text, nullable=False),
    *valid_range(),
    *known_range(),
    *provenance(),
    no_overlap("benefit_category_version", "category_code", versioned=True),
    CheckConstraint("share > 0 AND share <= 1", name="share"),
    CheckConstraint("norm_kind IN ('dwelling', 'fixed', 'none')", name="norm_kind"),
    CheckConstraint("(norm_kind = 'fixed') = (fixed_norm_kwh IS NOT NULL)", name="fixed_norm"),
    schema=OPERATIONAL,
    comment="One row per category, span of days and version: what the category gives.",
)

benefit_category_closing = Table(
    "benefit_category_closing",
    metadata,
    Column("benefit_category_closing_id", BigInteger, Identity(), primary_key=True),
    Column("category_code", Text, ForeignKey("ops.benefit_category.category_code"), nullable=False),
    Column("closed_on", Date, nullable=False, comment="First day on which the category is not valid"),
    *known_range(),
    *provenance(),
    Index("benefit_category_closing_once_uq", "category_code", unique=True, postgresql_where=text("known_to IS NULL")),
    schema=OPERATIONAL,
    comment="One row per closing of a category; known_to is when the category was made valid again.",
)

benefit_holder = Table(
    "benefit_holder",
    metadata,
    Column("benefit_holder_id", BigInteger, Identity(), primary_key=True),
    Column("account_id", BigInteger, ForeignKey("ops.account.account_id"), nullable=False, index=True),
    Column("full_name", Text, nullable=False),
    Column("tax_id", Text),
    Column("document", Text, comment="Paper that the right rests on"),
    *provenance(),
    schema=OPERATIONAL,
    comment="One row per person who holds benefits at an account.",
)

benefit_grant = Table(
    "benefit_grant",
    metadata,
    Column("benefit_grant_version_id", BigInteger, Identity(), primary_key=True),
    Column("grant_no", BigInteger, nullable=False, index=True, comment="The same in all versions of a grant"),
    Column(
        "metering_point_id", BigInteger, ForeignKey("ops.metering_point.metering_point_id"), nullable=False, index=True
    ),
    Column("benefit_holder_id", BigInteger, ForeignKey("ops.benefit_holder.benefit_holder_id"), nullable=False),
    Column("category_code", Text, ForeignKey("ops.benefit_category.category_code"), nullable=False, index=True),
    Column("dwelling_code", Text, comment="Equipment of the dwelling, where the category's norm depends on it"),
    Column("entitled_persons", Integer, nullable=False),
    *valid_range(),
    *known_range(),
    *provenance(),
    Column("document", Text, comment="Paper that this grant rests on, where it is not the holder's first one"),
    no_overlap("benefit_grant", "metering_point_id", "category_code", versioned=True),
    CheckConstraint("entitled_persons > 0", name="entitled_persons"),
    CheckConstraint("valid_to >= valid_from", name="span"),
    schema=OPERATIONAL,
    comment="One row per grant of a category at a metering point and version; end = start is a cancelled grant.",
)
