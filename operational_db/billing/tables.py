"""Periods, bill runs, bills and their lines."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import BIT

from operational_db.schema.metadata import ENERGY, MONEY, OPERATIONAL, metadata, monthly, posted_provenance
from operational_db.tariffs.tables import PRICE

billing_period = Table(
    "billing_period",
    metadata,
    Column("res_id", Integer, ForeignKey("ops.unit.unit_id"), primary_key=True, autoincrement=False),
    Column("booked_month", Date, primary_key=True),
    Column("opened_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    CheckConstraint("extract(day FROM booked_month) = 1", name="first_of_month"),
    schema=OPERATIONAL,
    comment="One row per RES and month that has been opened for posting.",
)

period_close = Table(
    "period_close",
    metadata,
    Column("res_id", Integer, primary_key=True, autoincrement=False),
    Column("booked_month", Date, primary_key=True),
    Column("closed_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
    Column("content_hash", Text, nullable=False, comment="SHA-256 over the canonical posted rows of the RES and month"),
    Column("chain_hash", Text, nullable=False, comment="SHA-256 over the content hash and the chain hash before"),
    Column("bill_count", BigInteger, nullable=False),
    Column("energy_kwh", ENERGY, nullable=False),
    Column("charge_minor", MONEY, nullable=False),
    Column("paid_minor", MONEY, nullable=False),
    *posted_provenance(),
    schema=OPERATIONAL,
    comment="One row per closed RES and month; where a row is, nothing can be posted any more.",
)

bill_run = Table(
    "bill_run",
    metadata,
    Column("bill_run_id", BigInteger, Identity(), primary_key=True),
    Column("booked_month", Date, nullable=False),
    Column("unit_id", Integer, ForeignKey("ops.unit.unit_id"), comment="Empty for a run over one account"),
    Column("account_id", BigInteger, ForeignKey("ops.account.account_id")),
    Column("bill_count", BigInteger, nullable=False),
    Column("line_count", BigInteger, nullable=False),
    Column("energy_kwh", ENERGY, nullable=False),
    Column("charge_minor", MONEY, nullable=False),
    Column("posted_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
    *posted_provenance(),
    schema=OPERATIONAL,
    comment="One row per run that posted bills.",
)

bill = monthly(
    Table(
        "bill",
        metadata,
        Column("account_id", BigInteger, ForeignKey("ops.account.account_id"), primary_key=True, autoincrement=False),
        Column("booked_month", Date, primary_key=True),
        Column(
            "bill_no", Integer, primary_key=True, autoincrement=False, comment="1, 2 ... within the account and month"
        ),
        Column("kind", Text, nullable=False, comment="normal, reversing, correction ..."),
        Column("res_id", Integer, nullable=False),
        Column("energy_kwh", ENERGY, nullable=False),
        Column("charge_minor", MONEY, nullable=False, comment="To pay, VAT included"),
        Column("vat_minor", MONEY, nullable=False, comment="VAT within the charge"),
        Column("reverses_month", Date, comment="With reverses_bill_no: the bill that this one takes back"),
        Column("reverses_bill_no", Integer),
        *posted_provenance(),
        Index("bill_res_id_ix", "res_id"),
        schema=OPERATIONAL,
        postgresql_partition_by="RANGE (booked_month)",
        comment="One row per bill.",
    )
)

bill_line = monthly(
    Table(
        "bill_line",
        metadata,
        Column("account_id", BigInteger, primary_key=True, autoincrement=False),
        Column("booked_month", Date, primary_key=True),
        Column("bill_no", Integer, primary_key=True, autoincrement=False),
        Column("line_no", SmallInteger, primary_key=True, autoincrement=False),
        Column("metering_point_id", BigInteger, nullable=False),
        Column("service_month", Date, nullable=False, comment="First day of the month in which the energy was used"),
        Column("span_from", Date, nullable=False),
        Column("span_to", Date, nullable=False, comment="First day after the span"),
        Column("zone_code", Text, nullable=False),
        Column("tariff_version_id", Integer, nullable=False),
        Column("step_no", SmallInteger, nullable=False),
        Column("energy_kwh", ENERGY, nullable=False),
        Column("price_minor", PRICE, nullable=False, comment="Smallest coins per kWh, as in the tariff"),
        Column(
            "charge_minor", MONEY, nullable=False, comment="round(energy x price), half away from zero, VAT included"
        ),
        Column("vat_minor", MONEY, nullable=False),
        Column("opening_month", Date, comment="Booked month of the opening reading"),
        Column("opening_reading_id", BigInteger, comment="Empty where the energy came as such (half-hours)"),
        Column("closing_month", Date),
        Column("closing_reading_id", BigInteger),
        Column("res_id", Integer, nullable=False),
        Column(
            "component",
            Text,
            nullable=False,
            server_default=text("'energy'"),
            comment="energy, power or reactive: what the price is asked for",
        ),
        Column(
            "energy_basis",
            Text,
            nullable=False,
            server_default=text("'readings'"),
            comment="How the energy is known: readings, half_hours, declared, by_average ...",
        ),
        Column(
            "variant_code",
            Text,
            nullable=False,
            server_default=text("'all'"),
            comment="Price list of the tariff version that was used",
        ),
        Column(
            "volume_from",
            ENERGY,
            nullable=False,
            server_default=text("0"),
            comment="The month's volume before this line's energy, which its step is found by",
        ),
        Column("bound_factor", Numeric(24, 12), comment="By what the steps' bounds are multiplied; empty is 1"),
        Column("price_numerator", SmallInteger, comment="Zone's factor of the price; empty is 1 to 1"),
        Column("price_denominator", SmallInteger),
        Column("power_kw", Numeric(12, 3), comment="Ordered power of a line for power"),
        CheckConstraint("component IN ('energy', 'power', 'reactive')", name="component"),
        CheckConstraint(
            "(price_numerator IS NULL) = (price_denominator IS NULL) AND price_denominator > 0", name="price_factor"
        ),
        Index("bill_line_res_id_ix", "res_id"),
        schema=OPERATIONAL,
        postgresql_partition_by="RANGE (booked_month)",
        comment="One row per metering point, span, zone and step of a bill, with what it was computed from.",
    )
)

billed_days = Table(
    "billed_days",
    metadata,
    Column("metering_point_id", BigInteger, primary_key=True, autoincrement=False),
    Column("service_month", Date, primary_key=True),
    Column("zone_code", Text, primary_key=True),
    Column("day_mask", BIT(31), nullable=False, comment="A one for each day of the month that stands billed"),
    schema=OPERATIONAL,
    postgresql_partition_by="RANGE (service_month)",
    info={"monthly": True},
    comment="One row per metering point, zone and month of use: a day is billed or not, so it cannot be billed twice.",
)
