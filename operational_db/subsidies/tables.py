"""Subsidies of households: what social security awarded an account, and what its bills took of it.

Does not belong here: benefits, which are a right to a price (`benefits`), and the money in the ledger (`accounting`).
"""

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, ForeignKey, Index, Integer, Table, Text

from operational_db.schema.metadata import MONEY, OPERATIONAL, metadata, monthly, posted_provenance

subsidy_accrual = monthly(
    Table(
        "subsidy_accrual",
        metadata,
        Column("account_id", BigInteger, ForeignKey("ops.account.account_id"), primary_key=True, autoincrement=False),
        Column("booked_month", Date, primary_key=True),
        Column(
            "accrual_no", Integer, primary_key=True, autoincrement=False, comment="1, 2 ... within account and month"
        ),
        Column("kind", Text, nullable=False, comment="award, recalculation or reversing"),
        Column("for_month", Date, nullable=False, comment="Month that it was awarded for; it serves from then on"),
        Column("amount_minor", MONEY, nullable=False, comment="A recalculation is the difference, plus or minus"),
        Column("decision", Text, nullable=False, comment="Document of social security"),
        Column("decided_on", Date),
        Column("note", Text, comment="A remark, or why it is taken back"),
        Column("reverses_month", Date, comment="With reverses_accrual_no: the row that this one takes back"),
        Column("reverses_accrual_no", Integer),
        Column("res_id", Integer, nullable=False),
        *posted_provenance(),
        CheckConstraint("kind IN ('award', 'recalculation', 'reversing')", name="kind"),
        CheckConstraint("amount_minor <> 0 AND (kind <> 'award' OR amount_minor > 0)", name="amount"),
        CheckConstraint("extract(day FROM for_month) = 1", name="for_month"),
        CheckConstraint(
            "(kind = 'reversing') = (reverses_month IS NOT NULL AND reverses_accrual_no IS NOT NULL)", name="reverses"
        ),
        Index("subsidy_accrual_res_id_ix", "res_id"),
        schema=OPERATIONAL,
        postgresql_partition_by="RANGE (booked_month)",
        comment="One row per account, month of award and decision: what social security gave; no money has moved yet.",
    )
)

subsidy_use = monthly(
    Table(
        "subsidy_use",
        metadata,
        Column("account_id", BigInteger, ForeignKey("ops.account.account_id"), primary_key=True, autoincrement=False),
        Column("booked_month", Date, primary_key=True),
        Column(
            "use_no",
            Integer,
            primary_key=True,
            autoincrement=False,
            comment="1, 2 ... within account and month; the number of its document in the ledger",
        ),
        Column("kind", Text, nullable=False, comment="used or reversing"),
        Column("charged_minor", MONEY, nullable=False, comment="Bills of electricity of the month, when it was used"),
        Column("benefit_minor", MONEY, nullable=False, comment="Of it paid by benefits"),
        Column("available_minor", MONEY, nullable=False, comment="Awarded up to the month and not used before it"),
        Column("used_minor", MONEY, nullable=False, comment="Negative in a reversing row, as the three before it"),
        Column("reverses_use_no", Integer, comment="The row of the same month that this one takes back"),
        Column("res_id", Integer, nullable=False),
        *posted_provenance(),
        CheckConstraint("kind IN ('used', 'reversing')", name="kind"),
        CheckConstraint("(kind = 'reversing') = (reverses_use_no IS NOT NULL)", name="reverses"),
        CheckConstraint(
            "kind <> 'used' OR used_minor > 0 AND used_minor <= available_minor "
            "AND used_minor <= charged_minor - benefit_minor",
            name="used",
        ),
        Index("subsidy_use_res_id_ix", "res_id"),
        schema=OPERATIONAL,
        postgresql_partition_by="RANGE (booked_month)",
        comment="One row per account and month that took of a subsidy, with the figures that it follows from.",
    )
)
