"""Users, groups and rights: who may do what, over which part of the hierarchy."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Identity, Integer, Table, Text, text

from operational_db.schema.metadata import OPERATIONAL, metadata, no_overlap, valid_range

function_right = Table(
    "function_right",
    metadata,
    Column("right_code", Text, primary_key=True),
    Column("meaning", Text, nullable=False),
    schema=OPERATIONAL,
    comment="One row per right to do something.",
)

user_group = Table(
    "user_group",
    metadata,
    Column("group_code", Text, primary_key=True),
    Column("meaning", Text, nullable=False),
    schema=OPERATIONAL,
    comment="One row per group of users with the same work.",
)

group_right = Table(
    "group_right",
    metadata,
    Column("group_code", Text, ForeignKey("ops.user_group.group_code"), primary_key=True),
    Column("right_code", Text, ForeignKey("ops.function_right.right_code"), primary_key=True),
    schema=OPERATIONAL,
    comment="One row per right of a group.",
)

app_user = Table(
    "app_user",
    metadata,
    Column("user_id", BigInteger, Identity(), primary_key=True),
    Column("login", Text, nullable=False, unique=True),
    Column("full_name", Text, nullable=False),
    Column("is_active", Boolean, nullable=False, server_default=text("true")),
    schema=OPERATIONAL,
    comment="One row per person who uses Wattbook.",
)

membership = Table(
    "membership",
    metadata,
    Column("membership_id", BigInteger, Identity(), primary_key=True),
    Column("user_id", BigInteger, ForeignKey("ops.app_user.user_id"), nullable=False, index=True),
    Column("group_code", Text, ForeignKey("ops.user_group.group_code"), nullable=False),
    Column(
        "unit_id",
        Integer,
        ForeignKey("ops.unit.unit_id"),
        nullable=False,
        comment="The rights hold in this unit and all that hangs under it",
    ),
    *valid_range(),
    no_overlap("membership", "user_id", "group_code", "unit_id", versioned=False),
    schema=OPERATIONAL,
    comment="One row per user, group, unit and span of days.",
)
