"""Every setting of Wattbook, read once from the environment and handed on.

Nothing else in the repository reads environment variables. Constants of the business (tariffs, norms, units)
are not settings: they are dated reference data in the database.
"""

from pathlib import Path
from typing import Self

from psycopg.conninfo import conninfo_to_dict
from psycopg.errors import ProgrammingError
from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from operational_db.refusal import Refusal

REPOSITORY_DIR = Path(__file__).resolve().parent.parent
ENVIRONMENT_PREFIX = "WATTBOOK_"


class Settings(BaseSettings):
    """One frozen object for the whole run; `load_settings` makes it, everything else receives it."""

    model_config = SettingsConfigDict(env_prefix=ENVIRONMENT_PREFIX, frozen=True, extra="ignore")

    database_url: str | None = Field(
        None, description="a real PostgreSQL server (15 or later) instead of the embedded one"
    )
    database_name: str = Field("wattbook", min_length=1, max_length=63, description="the database of this supplier")
    var_dir: Path = Field(REPOSITORY_DIR / "var", description="everything that Wattbook writes on this machine")
    postgres_bin_dir: Path | None = Field(None, description="a directory with initdb, postgres and pg_dump to prefer")
    server_memory_mb: int | None = Field(
        None,
        ge=16,
        description="shared buffers of the embedded server; else a quarter of the machine, at most 4096",
    )
    server_durable: bool = Field(
        True,
        description="whether the embedded server survives a power cut; false for throw-away servers",
    )

    bill_in_parts_from: int = Field(
        20_000,
        ge=0,
        description="from how many accounts on a month is billed by several sessions at once",
    )

    country: str = Field("UZ", pattern="^[A-Z]{2}$")
    currency: str = Field("UZS", pattern="^[A-Z]{3}$")
    time_zone: str = "Asia/Tashkent"

    @model_validator(mode="before")
    @classmethod
    def _take_the_database_name_from_the_address(cls, values: dict[str, object]) -> dict[str, object]:
        address = values.get("database_url")
        if not isinstance(address, str) or not address:
            return {**values, "database_url": None}
        try:
            parts = conninfo_to_dict(address)
        except ProgrammingError as error:
            # The address may hold a password, so it is not repeated here.
            raise ValueError(f"it is not a PostgreSQL address ({str(error).strip()})") from error
        named = parts.get("dbname")
        return {"database_name": named, **values} if named else values

    @model_validator(mode="after")
    def _make_paths_absolute(self) -> Self:
        for name in ("var_dir", "postgres_bin_dir"):
            path: Path | None = getattr(self, name)
            if path is not None:
                object.__setattr__(self, name, path.expanduser().absolute())
        return self

    @property
    def is_embedded(self) -> bool:
        return self.database_url is None

    def as_environment(self) -> dict[str, str]:
        """The variables that make another process load these same settings."""
        values = self.model_dump(exclude_none=True)
        return {f"{ENVIRONMENT_PREFIX}{name.upper()}": str(value) for name, value in values.items()}


def load_settings() -> Settings:
    """Settings from the environment; a wrong variable is refused by name."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = first["loc"][0] if first["loc"] else "database_url"
        reason = first["msg"].removeprefix("Value error, ")
        raise Refusal(
            f"The environment variable {ENVIRONMENT_PREFIX}{str(name).upper()} is wrong: {reason}; correct "
            "it or unset it."
        ) from error
