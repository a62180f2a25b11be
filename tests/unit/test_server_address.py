"""The address of a server survives being written and read, whatever its parts hold."""

import hypothesis.strategies as st
from hypothesis import given
from psycopg.conninfo import conninfo_to_dict

from operational_db.server.address import as_url, with_parts, without_password

WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=0x4FF, exclude_categories=["C"]), min_size=1)


@given(user=WORDS, password=WORDS, dbname=WORDS, passfile=WORDS)
def test_every_part_survives(user: str, password: str, dbname: str, passfile: str) -> None:
    parts = {
        "host": "127.0.0.1",
        "port": "5432",
        "user": user,
        "password": password,
        "dbname": dbname,
        "passfile": passfile,
    }
    assert conninfo_to_dict(as_url(**parts)) == parts


def test_a_socket_directory_stands_where_a_host_does() -> None:
    address = as_url(host="/var/run/postgresql", dbname="supplier")
    assert conninfo_to_dict(address) == {"host": "/var/run/postgresql", "dbname": "supplier"}


def test_the_other_form_of_an_address_is_read_too() -> None:
    assert with_parts("host=db.example user=clerk", dbname="supplier") == "postgresql://clerk@db.example/supplier"


def test_the_password_is_not_shown() -> None:
    assert without_password("postgresql://clerk:secret@db.example/supplier") == "postgresql://clerk@db.example/supplier"
