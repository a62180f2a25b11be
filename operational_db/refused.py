"""Sentences that come from the database: a refusal raised in SQL reaches Python as the same Refusal."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from operational_db.refusal import Refusal

REFUSED_SQLSTATE = "WB001"
"""What ops.refuse raises."""


@contextmanager
def refusals() -> Iterator[None]:
    """Turn an error raised by ops.refuse inside the block into a Refusal with its sentence.

    So is the end of an operation that PostgreSQL took back because another one held what it waited for.
    """
    try:
        yield
    except psycopg.errors.DeadlockDetected as error:
        raise Refusal(
            "Another operation was writing to the same months at the same time, so nothing was done; try again."
        ) from error
    except psycopg.Error as error:
        if error.sqlstate != REFUSED_SQLSTATE:
            raise
        raise Refusal(error.diag.message_primary or str(error)) from error
