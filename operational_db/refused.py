"""Sentences that come from the database: a refusal raised in SQL reaches Python as the same Refusal."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from operational_db.refusal import Refusal

REFUSED_SQLSTATE = "WB001"
"""What ops.refuse raises."""


@contextmanager
def refusals() -> Iterator[None]:
    """Turn an error raised by ops.refuse inside the block into a Refusal with its sentence."""
    try:
        yield
    except psycopg.Error as error:
        if error.sqlstate != REFUSED_SQLSTATE:
            raise
        raise Refusal(error.diag.message_primary or str(error)) from error
