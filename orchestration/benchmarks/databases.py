"""Databases that are made for a measurement, copied so that each way starts from the same book, and dropped."""

import psycopg
from psycopg import sql

from operational_db.connections import connect_as_admin
from operational_db.settings import Settings


def copy_of(book: Settings) -> Settings:
    """A fresh copy of a database; an older copy is dropped."""
    copy = book.model_copy(update={"database_name": f"{book.database_name}_copy"})
    drop(copy)
    with maintenance(book) as session:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        session.execute(statement.format(sql.Identifier(copy.database_name), sql.Identifier(book.database_name)))
        # What the copying left to write is not what is measured either, whichever way comes next.
        session.execute("CHECKPOINT")
    # The first sessions of a copy fill the catalogue caches; that is not what is measured.
    with connect_as_admin(copy) as session:
        session.execute("SELECT count(*) FROM ops.reading")
    return copy


def drop(book: Settings) -> None:
    """Drop a database, whoever is connected, if it is there."""
    with maintenance(book) as session:
        session.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(book.database_name)))


def maintenance(book: Settings) -> psycopg.Connection:
    """A session in the database that is there before all others."""
    return connect_as_admin(book.model_copy(update={"database_name": "postgres"}), autocommit=True)
