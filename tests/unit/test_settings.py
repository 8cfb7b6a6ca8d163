"""Settings: what is wrong is refused by name, before anything starts."""

import pytest

from hub.errors import ConfigurationError
from hub.settings import Settings, table


def test_defaults_need_nothing() -> None:
    assert Settings.from_env({"PATH": "/bin"}).port == 8080


def test_values_come_from_the_environment_and_overrides_win() -> None:
    settings = Settings.from_env({"HUB_PORT": "1", "HUB_IDLE_TIMEOUT": "2.5"}, port=3, host=None)
    assert (settings.port, settings.idle_timeout, settings.host) == (3, 2.5, "127.0.0.1")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HUB_PORT", "70000"),
        ("HUB_PORT", "http"),
        ("HUB_DURABILITY", "sometimes"),
        ("HUB_IDLE_TIMEOUT", "0"),
        ("HUB_RING", "-1"),
        ("HUB_LOG_FORMAT", "xml"),
        ("HUB_PROT", "8080"),
        ("HUB_port", "8080"),
    ],
)
def test_what_is_wrong_is_named(variable: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=variable):
        Settings.from_env({variable: value})


def test_origins_are_split() -> None:
    settings = Settings.from_env({"HUB_CORS_ORIGINS": "https://a.example, https://b.example,"})
    assert settings.origins == ("https://a.example", "https://b.example")


def test_every_setting_is_described() -> None:
    assert [row[0] for row in table()] == [f"HUB_{name.upper()}" for name in Settings.__struct_fields__]
    assert all(description for _name, _default, description in table())
