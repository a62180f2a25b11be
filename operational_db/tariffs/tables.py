"""What a kilowatt-hour costs, by dates: tariffs, versions, seasons, steps, zones, VAT."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
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
    valid_range,
)

PRICE = Numeric(18, 6)
"""Price in the smallest coin per kWh, exact."""

vat_rate = Table(
    "vat_rate",
    metadata,
    Column("vat_rate_id", Integer, Identity(), primary_key=True),
    Column("country", Text, nullable=False),
    Column("rate", Numeric(6, 4), nullable=False, comment="0.12 is 12 %"),
    Column("source", Text, nullable=False),
    Column("is_verified", Boolean, nullable=False),
    *valid_range(),
    no_overlap("vat_rate", "country", versioned=False),
    CheckConstraint("rate >= 0 AND rate < 1", name="rate"),
    schema=OPERATIONAL,
    comment="One row per country and span of days.",
)

tariff = Table(
    "tariff",
    metadata,
    Column("tariff_code", Text, primary_key=True, comment="uz.household, uz.legal ..."),
    Column("country", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("minor_per_major", Integer, nullable=False, comment="Smallest coins in one unit of the currency"),
    Column("resource_code", Text, ForeignKey("ops.resource.resource_code"), nullable=False),
    Column("consumer_kind", Text, nullable=False, comment="household or legal"),
    Column("consumer_group", Text, nullable=False, comment="Group under which forms show it"),
    Column("meaning", Text, nullable=False),
    schema=OPERATIONAL,
    comment="One row per tariff.",
)

tariff_version = Table(
    "tariff_version",
    metadata,
    Column("tariff_version_id", Integer, Identity(), primary_key=True),
    Column("tariff_code", Text, ForeignKey("ops.tariff.tariff_code"), nullable=False),
    Column("price_includes_vat", Boolean, nullable=False),
    Column(
        "step_basis",
        Text,
        nullable=False,
        server_default=text("'calendar_month'"),
        comment="What a step's bounds are counted over: calendar_month, resident_month (times residents), thirty_days "
        "and month_days (times days), contract_month (shares of the contracted volume)",
    ),
    Column("source", Text, nullable=False),
    Column("is_verified", Boolean, nullable=False),
    *valid_range(),
    *known_range(),
    Column(
        "step_mode",
        Text,
        nullable=False,
        server_default=text("'excess'"),
        comment="excess: each step's energy at its own price; whole: all energy at the price of the step it ends in",
    ),
    no_overlap("tariff_version", "tariff_code", versioned=True),
    CheckConstraint(
        "step_basis IN ('calendar_month', 'resident_month', 'thirty_days', 'month_days', 'contract_month')",
        name="step_basis",
    ),
    CheckConstraint("step_mode IN ('excess', 'whole')", name="step_mode"),
    schema=OPERATIONAL,
    comment="One row per tariff, span of days in force and version.",
)

tariff_season = Table(
    "tariff_season",
    metadata,
    Column(
        "tariff_version_id",
        Integer,
        ForeignKey("ops.tariff_version.tariff_version_id"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("month_of_year", Integer, primary_key=True, autoincrement=False),
    Column("season_code", Text, nullable=False),
    CheckConstraint("month_of_year BETWEEN 1 AND 12", name="month_of_year"),
    schema=OPERATIONAL,
    comment="One row per tariff version and month that is not in the season 'all'.",
)

tariff_step = Table(
    "tariff_step",
    metadata,
    Column(
        "tariff_version_id",
        Integer,
        ForeignKey("ops.tariff_version.tariff_version_id"),
        nullable=False,
        autoincrement=False,
    ),
    Column("season_code", Text, nullable=False, server_default=text("'all'")),
    Column("step_no", Integer, nullable=False, autoincrement=False),
    Column("over_kwh", ENERGY, nullable=False, comment="The step holds energy above this volume"),
    Column("up_to_kwh", ENERGY, comment="and up to this one; empty for the last step"),
    Column("price_minor", PRICE, comment="Smallest coins per kWh, as published; empty where no price is known"),
    Column("is_verified", Boolean, nullable=False, server_default=text("true")),
    Column(
        "variant_code",
        Text,
        nullable=False,
        server_default=text("'all'"),
        comment="Price list within the version, such as estove or class_1",
    ),
    PrimaryKeyConstraint("tariff_version_id", "variant_code", "season_code", "step_no"),
    CheckConstraint("up_to_kwh IS NULL OR up_to_kwh > over_kwh", name="bounds"),
    CheckConstraint("price_minor >= 0", name="price"),
    schema=OPERATIONAL,
    comment="One row per tariff version, season and step.",
)

tariff_power_price = Table(
    "tariff_power_price",
    metadata,
    Column(
        "tariff_version_id",
        Integer,
        ForeignKey("ops.tariff_version.tariff_version_id"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("variant_code", Text, primary_key=True, server_default=text("'all'")),
    Column(
        "price_minor_per_kw_year",
        PRICE,
        comment="Smallest coins per kW of ordered power and year; empty where no price is known",
    ),
    Column("is_verified", Boolean, nullable=False, server_default=text("true")),
    CheckConstraint("price_minor_per_kw_year >= 0", name="price"),
    schema=OPERATIONAL,
    comment="One row per tariff version and variant that charges ordered power: a twelfth of it each month.",
)

zone_set = Table(
    "zone_set",
    metadata,
    Column("zone_set", Text, primary_key=True, comment="two_zone, three_zone"),
    Column("zone_code", Text, ForeignKey("ops.zone.zone_code"), primary_key=True),
    schema=OPERATIONAL,
    comment="One row per set of zones and zone of it: the scales that one meter has together.",
)

tariff_zone = Table(
    "tariff_zone",
    metadata,
    Column(
        "tariff_version_id",
        Integer,
        ForeignKey("ops.tariff_version.tariff_version_id"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("zone_set", Text, primary_key=True, comment="two_zone, three_zone ..."),
    Column("zone_code", Text, ForeignKey("ops.zone.zone_code"), primary_key=True),
    Column("price_factor_numerator", BigInteger, nullable=False),
    Column("price_factor_denominator", BigInteger, nullable=False, comment="A fraction: divided by 1.5 stays exact"),
    Column("is_verified", Boolean, nullable=False, server_default=text("true")),
    CheckConstraint("price_factor_numerator >= 0 AND price_factor_denominator > 0", name="factor"),
    schema=OPERATIONAL,
    comment="One row per tariff version, set of zones and zone: by what the step price is multiplied.",
)

tariff_zone_hours = Table(
    "tariff_zone_hours",
    metadata,
    Column(
        "tariff_version_id",
        Integer,
        ForeignKey("ops.tariff_version.tariff_version_id"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("zone_set", Text, primary_key=True),
    Column("from_hour", Integer, primary_key=True, autoincrement=False),
    Column("zone_code", Text, ForeignKey("ops.zone.zone_code"), nullable=False),
    Column("to_hour", Integer, nullable=False),
    CheckConstraint("from_hour BETWEEN 0 AND 23 AND to_hour BETWEEN 1 AND 24 AND from_hour < to_hour", name="hours"),
    schema=OPERATIONAL,
    comment="One row per tariff version, set of zones and run of hours.",
)
