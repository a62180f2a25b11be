"""Energy that consumers have paid for in advance: credits unwound into kWh at the price list of their day."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, ForeignKey, Index, Integer, Table, Text

from operational_db.schema.metadata import ENERGY, MONEY, OPERATIONAL, metadata, monthly, posted_provenance

prepaid_energy = monthly(
    Table(
        "prepaid_energy",
        metadata,
        Column("account_id", BigInteger, ForeignKey("ops.account.account_id"), primary_key=True, autoincrement=False),
        Column("booked_month", Date, primary_key=True),
        Column(
            "prepaid_no", Integer, primary_key=True, autoincrement=False, comment="1, 2 ... within account and month"
        ),
        Column("kind", Text, nullable=False, comment="unwound or reversing"),
        Column("metering_point_id", BigInteger, nullable=False, comment="Whose price list was used"),
        Column("priced_on", Date, nullable=False, comment="Day whose price list and season held"),
        Column("tariff_version_id", Integer, nullable=False),
        Column("variant_code", Text, nullable=False),
        Column("credit_minor", MONEY, nullable=False, comment="What was in advance; negative in a reversing row"),
        Column("energy_kwh", ENERGY, nullable=False, comment="Whole kWh of one month that the credit pays for"),
        Column("charge_minor", MONEY, nullable=False, comment="What they cost; the rest of the credit stays money"),
        Column("reverses_month", Date, comment="With reverses_prepaid_no: the row that this one takes back"),
        Column("reverses_prepaid_no", Integer),
        Column("res_id", Integer, nullable=False),
        *posted_provenance(),
        CheckConstraint("kind IN ('unwound', 'reversing')", name="kind"),
        CheckConstraint(
            "(kind = 'reversing') = (reverses_month IS NOT NULL AND reverses_prepaid_no IS NOT NULL)", name="reverses"
        ),
        Index("prepaid_energy_res_id_ix", "res_id"),
        schema=OPERATIONAL,
        postgresql_partition_by="RANGE (booked_month)",
        comment="One row per account and credit that was unwound into energy; the one that stands is what is prepaid.",
    )
)
