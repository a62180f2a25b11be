"""How the address of a server is written: as a URL, which psycopg, SQLAlchemy, Dagster and psql all read."""

from urllib.parse import quote, urlencode

from psycopg.conninfo import conninfo_to_dict

ConnectionParameter = str | int | None


def as_url(**parts: ConnectionParameter) -> str:
    """A libpq URL; what is None is left out."""
    given = {name: str(value) for name, value in parts.items() if value is not None}
    login = quote(given.pop("user", ""), safe="")
    if "password" in given:
        login += ":" + quote(given.pop("password"), safe="")
    # A socket directory stands where a host does, with its slashes escaped.
    host = quote(given.pop("host", ""), safe=":[]")
    port = ":" + given.pop("port") if "port" in given else ""
    database = quote(given.pop("dbname", ""), safe="")
    rest = "?" + urlencode(given, quote_via=quote) if given else ""
    return f"postgresql://{login}{'@' if login else ''}{host}{port}/{database}{rest}"


def with_parts(address: str, **parts: ConnectionParameter) -> str:
    """The same address with some parts set, or left out where the value is None."""
    return as_url(**(conninfo_to_dict(address) | parts))


def without_password(address: str) -> str:
    """The same address, fit to be shown."""
    return with_parts(address, password=None)
