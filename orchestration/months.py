"""The months that the graph knows: partitions of everything that is done once a month."""

from datetime import date

import dagster as dg

# Booked months may lie ahead of the calendar: made-up utilities have readings of any year.
MONTHS = dg.MonthlyPartitionsDefinition(start_date="2020-01-01", end_offset=24)


def month_of_partition(partition_key: str) -> date:
    return date.fromisoformat(partition_key)


def partition_of_month(month: date) -> str:
    return month.replace(day=1).isoformat()


def month_before(day: date) -> date:
    """The calendar month that ended last before the day's own."""
    return date(day.year - (day.month == 1), (day.month - 2) % 12 + 1, 1)
