"""The whole schema in one place: every table of every subsystem, and the SQL files in the order they are installed.

Import `metadata` from here when all tables are wanted (Alembic, the data dictionary, drift tests).
"""

from pathlib import Path

from operational_db.access import tables as access
from operational_db.accounting import tables as accounting
from operational_db.benefits import posted_tables as counted_benefits
from operational_db.benefits import tables as benefits
from operational_db.billing import adjustment_tables as adjustments
from operational_db.billing import amendment_tables as amendments
from operational_db.billing import prepaid_tables as prepaid
from operational_db.billing import tables as billing
from operational_db.debt import penalty_tables as penalties
from operational_db.exchange import expectation_tables as expectations
from operational_db.exchange import landing_tables as landing
from operational_db.exchange import migration_tables as migration
from operational_db.exchange import pilot_tables as pilot
from operational_db.exchange import readiness_tables as readiness
from operational_db.exchange import reconciliation_tables as reconciliation
from operational_db.exchange import shadow_tables as shadow
from operational_db.exchange import signing_tables as signing
from operational_db.exchange import tables as exchange
from operational_db.grid import tables as grid
from operational_db.metering import operation_tables as meter_operations
from operational_db.metering import tables as metering
from operational_db.organisation import tables as organisation
from operational_db.payments import draft_tables as payment_drafts
from operational_db.payments import service_tables as paid_services
from operational_db.payments import tables as payments
from operational_db.plans import tables as plans
from operational_db.schema.metadata import metadata
from operational_db.subscribers import tables as subscribers
from operational_db.subsidies import tables as subsidies
from operational_db.tariffs import tables as tariffs

ROOM = Path(__file__).resolve().parents[1]

SUBSYSTEMS = (
    organisation,
    access,
    exchange,
    subscribers,
    metering,
    meter_operations,
    tariffs,
    billing,
    amendments,
    adjustments,
    prepaid,
    accounting,
    payments,
    payment_drafts,
    paid_services,
    penalties,
    benefits,
    counted_benefits,
    subsidies,
    plans,
    grid,
    landing,
    migration,
    signing,
    shadow,
    readiness,
    pilot,
    expectations,
    reconciliation,
)

SQL_FILES = tuple(
    ROOM / name
    for name in (
        "schema/sql/refusal.sql",
        "schema/sql/monthly_partitions.sql",
        "access/sql/rights.sql",
        "exchange/sql/rows_of_loads.sql",
        "organisation/sql/hierarchy.sql",
        "subscribers/sql/walking_order.sql",
        "subscribers/sql/addressee.sql",
        "tariffs/sql/rating.sql",
        "tariffs/sql/price.sql",
        "tariffs/sql/rate_months.sql",
        "tariffs/sql/energy_for_money.sql",
        "billing/sql/periods.sql",
        "billing/sql/consumption.sql",
        "metering/sql/measured_energy_events.sql",
        "metering/sql/rollover.sql",
        "metering/sql/entered_values.sql",
        "metering/sql/expected_use.sql",
        "metering/sql/reading_registers.sql",
        "metering/sql/reading_sentences.sql",
        "metering/sql/usual_use.sql",
        "metering/sql/reading_judge.sql",
        "metering/sql/reading_entry.sql",
        "metering/sql/meter_whereabouts.sql",
        "metering/sql/meter_stock.sql",
        "metering/sql/seals.sql",
        "metering/sql/work_orders.sql",
        "metering/sql/operated_points.sql",
        "metering/sql/operation_readings.sql",
        "metering/sql/contract_use.sql",
        "metering/sql/automatic_reading.sql",
        "metering/sql/energy_of_gap.sql",
        "metering/sql/readings_of_month.sql",
        "metering/sql/group_use.sql",
        "metering/sql/reading_estimates.sql",
        "metering/sql/round_sheet.sql",
        "metering/sql/meter_stays.sql",
        "metering/sql/meter_operations.sql",
        "metering/sql/meter_settings.sql",
        "metering/sql/meter_undo.sql",
        "metering/sql/operation_bills.sql",
        "metering/sql/meter_history.sql",
        "billing/sql/segments.sql",
        "billing/sql/volumes.sql",
        "billing/sql/second_engine_ladder.sql",
        "billing/sql/second_engine_energy.sql",
        "billing/sql/second_engine.sql",
        "billing/sql/consumption_adjustments.sql",
        "billing/sql/spans.sql",
        "billing/sql/billed_days.sql",
        "billing/sql/amendments.sql",
        "metering/sql/reading_states.sql",
        "metering/sql/reading_decisions.sql",
        "benefits/sql/benefits_in_days.sql",
        "benefits/sql/benefits_of_lines.sql",
        "benefits/sql/post_benefits.sql",
        "benefits/sql/second_count.sql",
        "billing/sql/rate_run.sql",
        "billing/sql/attach.sql",
        "billing/sql/post_bills.sql",
        "billing/sql/prepared_bills.sql",
        "billing/sql/preview.sql",
        "billing/sql/close_month.sql",
        "billing/sql/bill_explanation.sql",
        "billing/sql/bill_routes.sql",
        "billing/sql/bill_to_come.sql",
        "benefits/sql/benefits_to_come.sql",
        "benefits/sql/explained_benefits.sql",
        "accounting/sql/ledger_movements.sql",
        "accounting/sql/account_balance.sql",
        "accounting/sql/origin_of_debt.sql",
        "accounting/sql/debt_ages.sql",
        "subsidies/sql/subsidies_of_month.sql",
        "accounting/sql/account_statement.sql",
        "payments/sql/payers.sql",
        "payments/sql/allocation.sql",
        "payments/sql/post_payments.sql",
        "payments/sql/package_drafts.sql",
        "payments/sql/package_posting.sql",
        "payments/sql/payment_corrections.sql",
        "payments/sql/payer_suggestions.sql",
        "payments/sql/services.sql",
        "accounting/sql/trial_balance.sql",
        "accounting/sql/handed_entries.sql",
        "billing/sql/waiting_work.sql",
        "billing/sql/close_money.sql",
        "billing/sql/verify_closes.sql",
        "billing/sql/kept_prices.sql",
        "billing/sql/unwinding.sql",
        "debt/sql/overdue_debt.sql",
        "debt/sql/reference_figures.sql",
        "debt/sql/penalty_arithmetic.sql",
        "debt/sql/charge_penalties.sql",
        "benefits/sql/benefit_norms.sql",
        "benefits/sql/benefit_recalculation.sql",
        "benefits/sql/benefit_holders.sql",
        "benefits/sql/benefit_grants.sql",
        "benefits/sql/benefit_categories.sql",
        "benefits/sql/benefit_directory.sql",
        "benefits/sql/benefit_reassignment.sql",
        "subscribers/sql/family_sizes.sql",
        "subscribers/sql/contracts.sql",
        "subscribers/sql/consumer_card.sql",
        "subsidies/sql/accrue_subsidies.sql",
        "subsidies/sql/use_subsidies.sql",
        "plans/sql/collection_targets.sql",
        "exchange/sql/kept_history.sql",
        "exchange/sql/decisions.sql",
        "schema/sql/posted_rows.sql",
        "exchange/sql/signatures.sql",
        "schema/sql/audit_trail.sql",
        "schema/sql/row_level_security.sql",
        "schema/sql/grants.sql",
    )
)
"""Functions, triggers, policies and grants: idempotent, installed again after every upgrade to head."""

__all__ = ["ROOM", "SQL_FILES", "SUBSYSTEMS", "metadata"]
