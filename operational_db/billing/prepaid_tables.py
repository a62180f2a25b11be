"""Energy that consumers have paid for in advance: credits unwound into kWh at the price list of their day, and what it
costs less than its bills say because it keeps that price."""

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

kept_price = monthly(
    Table(
        "kept_price",
        metadata,
        Column("account_id", BigInteger, ForeignKey("ops.account.account_id"), primary_key=True, autoincrement=False),
        Column("booked_month", Date, primary_key=True),
        Column(
            "kept_price_no",
            Integer,
            primary_key=True,
            autoincrement=False,
            comment="1, 2 ... within account and month",
        ),
        Column("kind", Text, nullable=False, comment="kept or reversing"),
        Column("service_month", Date, nullable=False, comment="Month in which the energy was used"),
        Column("metering_point_id", BigInteger, nullable=False),
        Column("prepaid_month", Date, nullable=False, comment="With prepaid_no: the unwound credit that it draws on"),
        Column("prepaid_no", Integer, nullable=False),
        Column("energy_kwh", ENERGY, nullable=False, comment="That keeps the price; negative in a reversing row"),
        Column("full_minor", MONEY, nullable=False, comment="What it costs by its bill"),
        Column("kept_minor", MONEY, nullable=False, comment="What it costs by the price list that it was prepaid at"),
        Column("charge_minor", MONEY, nullable=False, comment="kept less full: what is taken off, below zero"),
        Column("vat_minor", MONEY, nullable=False, comment="VAT within the charge"),
        Column("reverses_month", Date, comment="With reverses_kept_price_no: the row that this one takes back"),
        Column("reverses_kept_price_no", Integer),
        Column("res_id", Integer, nullable=False),
        *posted_provenance(),
        CheckConstraint("kind IN ('kept', 'reversing')", name="kind"),
        CheckConstraint("charge_minor = kept_minor - full_minor", name="charge"),
        CheckConstraint(
            "(kind = 'reversing') = (reverses_month IS NOT NULL AND reverses_kept_price_no IS NOT NULL)",
            name="reverses",
        ),
        Index("kept_price_res_id_ix", "res_id"),
        schema=OPERATIONAL,
        postgresql_partition_by="RANGE (booked_month)",
        comment="One row per account and month of use in which prepaid energy keeps the price of an older list.",
    )
)
