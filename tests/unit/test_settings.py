"""Settings: read once, frozen, handed on whole."""

from pathlib import Path

import pydantic
import pytest

from operational_db.refusal import Refusal
from operational_db.settings import REPOSITORY_DIR, Settings, load_settings


@pytest.fixture(autouse=True)
def without_wattbook_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"WATTBOOK_{name.upper()}", raising=False)


def test_the_defaults_are_an_embedded_server_in_the_checkout() -> None:
    settings = load_settings()
    assert settings.is_embedded
    assert settings.var_dir == REPOSITORY_DIR / "var"
    assert (settings.country, settings.currency, settings.time_zone) == ("UZ", "UZS", "Asia/Tashkent")


def test_an_address_names_its_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATTBOOK_DATABASE_URL", "postgresql://clerk@db.example:5433/supplier")
    assert load_settings().database_name == "supplier"
    assert not load_settings().is_embedded
    monkeypatch.setenv("WATTBOOK_DATABASE_NAME", "another")
    assert load_settings().database_name == "another"


def test_an_empty_address_means_the_embedded_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATTBOOK_DATABASE_URL", "")
    assert load_settings().is_embedded


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("WATTBOOK_DATABASE_URL", "http://db.example/supplier"),
        ("WATTBOOK_CURRENCY", "soum"),
        ("WATTBOOK_SERVER_MEMORY_MB", "much"),
    ],
)
def test_a_wrong_variable_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(
        Refusal, match=f"The environment variable {variable} is wrong: .*; correct it or unset it"
    ) as no:
        load_settings()
    assert "\n" not in no.value.sentence


def test_settings_cannot_change_under_a_run() -> None:
    with pytest.raises(pydantic.ValidationError):
        load_settings().currency = "KZT"  # type: ignore[misc]


def test_settings_travel_to_another_process_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = Settings(database_name="two words", var_dir=tmp_path, server_memory_mb=64, server_durable=False)
    for name, value in settings.as_environment().items():
        monkeypatch.setenv(name, value)
    assert load_settings() == settings
