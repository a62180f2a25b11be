"""Benefits as they were counted on bills: posted rows, beside the lines of bills, which stay at the full price.

Does not belong here: categories, norms and grants (`tables.py`), and the money in the ledger (`accounting`).
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    Table,
    Text,
)

from operational_db.schema.metadata import ENERGY, MONEY, OPERATIONAL, metadata, monthly, posted_provenance

benefit_line = monthly(
    Table(
        "benefit_line",
        metadata,
        Column("account_id", BigInteger, ForeignKey("ops.account.account_id"), primary_key=True, autoincrement=False),
        Column("booked_month", Date, primary_key=True),
        Column("bill_no", Integer, primary_key=True, autoincrement=False),
        Column("line_no", SmallInteger, primary_key=True, autoincrement=False),
        Column("grant_no", BigInteger, primary_key=True, autoincrement=False),
        Column(
            "days_from",
            Date,
            primary_key=True,
            comment="First of the days of the month over which the point's benefits are the same",
        ),
        Column("days_to", Date, nullable=False, comment="First day after them; the norm's part is counted by them"),
        Column("metering_point_id", BigInteger, nullable=False),
        Column("service_month", Date, nullable=False, comment="First day of the month in which the energy was used"),
        Column("category_code", Text, nullable=False),
        Column("entitled_persons", Integer, nullable=False),
        Column("share", Numeric(5, 4), nullable=False, comment="Part of the price that the budget pays"),
        Column("norm_kwh", ENERGY, comment="Norm of a whole month; empty where all consumption is covered"),
        Column("energy_kwh", ENERGY, nullable=False, comment="At the benefit; negative in a reversing bill"),
        Column("full_minor", MONEY, nullable=False, comment="What this energy costs at the full price, VAT included"),
        Column("benefit_minor", MONEY, nullable=False, comment="round(share x energy x price), half away from zero"),
        Column("financing_source", Text, nullable=False),
        Column("report_row", Text, nullable=False),
        Column("res_id", Integer, nullable=False),
        *posted_provenance(),
        CheckConstraint("days_to > days_from", name="days"),
        Index("benefit_line_res_id_ix", "res_id"),
        schema=OPERATIONAL,
        postgresql_partition_by="RANGE (booked_month)",
        comment="One row per line of a bill, grant and days with the same benefits: its energy that has the benefit.",
    )
)
