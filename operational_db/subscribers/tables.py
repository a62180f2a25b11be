"""Who is supplied and where: subscribers, addresses, premises, accounts, contracts."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Integer,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
)

from operational_db.schema.metadata import (
    OPERATIONAL,
    known_range,
    metadata,
    no_overlap,
    provenance,
    valid_range,
)

street = Table(
    "street",
    metadata,
    Column("street_id", BigInteger, Identity(), primary_key=True),
    Column("res_id", Integer, ForeignKey("ops.unit.unit_id"), nullable=False),
    Column("locality", Text, nullable=False),
    Column("street_name", Text, nullable=False),
    *provenance(),
    UniqueConstraint("res_id", "locality", "street_name"),
    schema=OPERATIONAL,
    comment="One row per verified street of a RES.",
)

address = Table(
    "address",
    metadata,
    Column("address_id", BigInteger, Identity(), primary_key=True),
    Column("street_id", BigInteger, ForeignKey("ops.street.street_id"), index=True),
    Column("house", Text, nullable=False, server_default=""),
    Column("house_letter", Text, nullable=False, server_default=""),
    Column("building", Text, nullable=False, server_default="", comment="Corpus"),
    Column("flat", Text, nullable=False, server_default=""),
    *provenance(),
    UniqueConstraint(
        "street_id",
        "house",
        "house_letter",
        "building",
        "flat",
        name="address_place_uq",
        postgresql_nulls_not_distinct=False,
    ),
    schema=OPERATIONAL,
    comment="One row per address.",
)

premises = Table(
    "premises",
    metadata,
    Column("premises_id", BigInteger, Identity(), primary_key=True),
    Column(
        "address_id",
        BigInteger,
        ForeignKey("ops.address.address_id"),
        index=True,
        comment="Empty where the legacy address could not be resolved",
    ),
    Column("kind", Text, nullable=False, comment="flat, house, dacha, garage, business"),
    Column("living_area_m2", Numeric(10, 2)),
    Column("latitude", Numeric(9, 6)),
    Column("longitude", Numeric(9, 6)),
    *provenance(),
    schema=OPERATIONAL,
    comment="One row per place that is supplied.",
)

subscriber = Table(
    "subscriber",
    metadata,
    Column("subscriber_id", BigInteger, Identity(), primary_key=True),
    Column("kind", Text, nullable=False, comment="person or organisation"),
    Column("full_name", Text, nullable=False),
    Column("tax_number", Text),
    Column("passport_number", Text),
    Column("phone", Text),
    *provenance(),
    CheckConstraint("kind IN ('person', 'organisation')", name="kind"),
    schema=OPERATIONAL,
    comment="One row per person or organisation that holds accounts.",
)

account = Table(
    "account",
    metadata,
    Column("account_id", BigInteger, Identity(), primary_key=True),
    Column("account_no", Text, nullable=False, unique=True, comment="Number printed on the bill"),
    Column("kind", Text, nullable=False, comment="household, legal, or technical (unrecognised money of a RES)"),
    Column(
        "res_id",
        Integer,
        ForeignKey("ops.unit.unit_id"),
        nullable=False,
        index=True,
        comment="RES that bills the account; posted rows keep the one of their day",
    ),
    Column("opened_on", Date, nullable=False),
    Column("closed_on", Date),
    *provenance(),
    CheckConstraint("kind IN ('household', 'legal', 'technical')", name="kind"),
    CheckConstraint("closed_on IS NULL OR closed_on >= opened_on", name="closed_after_opened"),
    schema=OPERATIONAL,
    comment="One row per personal account.",
)

account_number_alias = Table(
    "account_number_alias",
    metadata,
    Column("alias", Text, primary_key=True, comment="Number in an old system, with the RES code before it"),
    Column("account_id", BigInteger, ForeignKey("ops.account.account_id"), nullable=False, index=True),
    *provenance(),
    schema=OPERATIONAL,
    comment="One row per former number of an account.",
)

account_subscriber = Table(
    "account_subscriber",
    metadata,
    Column("account_subscriber_id", BigInteger, Identity(), primary_key=True),
    Column("account_id", BigInteger, ForeignKey("ops.account.account_id"), nullable=False, index=True),
    Column("subscriber_id", BigInteger, ForeignKey("ops.subscriber.subscriber_id"), nullable=False, index=True),
    *valid_range(),
    *known_range(),
    *provenance(),
    no_overlap("account_subscriber", "account_id", versioned=True),
    schema=OPERATIONAL,
    comment="One row per account, span of days and version: who holds it.",
)

account_premises = Table(
    "account_premises",
    metadata,
    Column("account_premises_id", BigInteger, Identity(), primary_key=True),
    Column("account_id", BigInteger, ForeignKey("ops.account.account_id"), nullable=False, index=True),
    Column("premises_id", BigInteger, ForeignKey("ops.premises.premises_id"), nullable=False, index=True),
    *valid_range(),
    *known_range(),
    *provenance(),
    no_overlap("account_premises", "account_id", "premises_id", versioned=True),
    schema=OPERATIONAL,
    comment="One row per account, premises, span of days and version.",
)

family_size = Table(
    "family_size",
    metadata,
    Column("family_size_id", BigInteger, Identity(), primary_key=True),
    Column("account_id", BigInteger, ForeignKey("ops.account.account_id"), nullable=False, index=True),
    Column("persons", Integer, nullable=False),
    *valid_range(),
    *known_range(),
    *provenance(),
    no_overlap("family_size", "account_id", versioned=True),
    CheckConstraint("persons >= 0", name="persons"),
    schema=OPERATIONAL,
    comment="One row per account, span of days and version: how many persons live there.",
)

contract = Table(
    "contract",
    metadata,
    Column("contract_id", BigInteger, Identity(), primary_key=True),
    Column("account_id", BigInteger, ForeignKey("ops.account.account_id"), nullable=False, index=True),
    Column("contract_no", Text, nullable=False),
    Column("signed_on", Date),
    *provenance(),
    schema=OPERATIONAL,
    comment="One row per contract of an account.",
)

contract_status = Table(
    "contract_status",
    metadata,
    Column("contract_status_id", BigInteger, Identity(), primary_key=True),
    Column("contract_id", BigInteger, ForeignKey("ops.contract.contract_id"), nullable=False, index=True),
    Column("status", Text, nullable=False, comment="not_signed, signed or terminated"),
    *valid_range(),
    *known_range(),
    *provenance(),
    no_overlap("contract_status", "contract_id", versioned=True),
    CheckConstraint("status IN ('not_signed', 'signed', 'terminated')", name="status"),
    schema=OPERATIONAL,
    comment="One row per contract, span of days and version: its status.",
)
