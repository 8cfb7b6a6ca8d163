"""Settings: what is wrong is refused by name, before anything starts."""

import pytest

from hub.address import allowed
from hub.errors import ConfigurationError
from hub.settings import Settings, masked, table


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


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://host:6379/0", "redis://host:6379/0"),
        ("redis://ada@host/0?db=1", "redis://ada@host/0?db=1"),
        ("rediss://:secret@host:6379/0", "rediss://:***@host:6379/0"),
        ("redis://ada:secret@host", "redis://ada:***@host"),
        # Not escaped, and so no valid URL.
        ("redis://ada:/secret/?#@secret:@host:1", "redis://ada:***@host:1"),
        ("redis://ada:sec\nret@host", "redis://ada:***@host"),
        ("unix://ada:secret@/run/redis", "unix://ada:***@/run/redis"),
        ("unix:///run/redis?db=1&password=secret&x=1", "unix:///run/redis?db=1&password=***&x=1"),
        ("rediss://host?ssl_password=secret", "rediss://host?ssl_password=***"),
        ("", ""),
    ],
)
def test_the_address_of_the_redis_is_shown_without_passwords(url: str, shown: str) -> None:
    assert masked(url) == Settings.from_env({"HUB_REDIS_URL": url}).redis_address == shown


SUMMARY = {
    "HUB_SUMMARY_URL": "https://api.example.com/v1",
    "HUB_SUMMARY_MODEL": "small",
    "HUB_SUMMARY_KEY": "sk-secret",
}


def test_an_endpoint_for_summaries_is_said_whole() -> None:
    assert Settings.from_env(SUMMARY).summary_model == "small"
    for variable in SUMMARY:
        with pytest.raises(ConfigurationError, match=f"{variable} must be set") as refused:
            Settings.from_env({name: value for name, value in SUMMARY.items() if name != variable})
        assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HUB_SUMMARY_URL", "api.example.com"),
        ("HUB_SUMMARY_URL", "ftp://api.example.com"),
        ("HUB_SUMMARY_URL", "https://ada:secret@api.example.com"),
        ("HUB_SUMMARY_URL", "https://api.example.com/?key=secret"),
        ("HUB_SUMMARY_MODEL", "m" * 257),
        ("HUB_SUMMARY_KEY", "sk-secret\n"),
        ("HUB_SUMMARY_KEY", "sk-secret-ü"),
    ],
)
def test_what_is_wrong_with_it_is_named_but_not_quoted(variable: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=variable) as refused:
        Settings.from_env({**SUMMARY, variable: value})
    assert "secret" not in str(refused.value)


def test_what_files_may_be_fetched_from() -> None:
    may = Settings.from_env({"HUB_FETCH_ALLOW": " 10.0.0.0/8,, files.internal "}).fetchable
    assert may == allowed(["10.0.0.0/8", "files.internal"])
    with pytest.raises(ConfigurationError, match=r"HUB_FETCH_ALLOW='10\.0\.0\.1/8': "):
        Settings.from_env({"HUB_FETCH_ALLOW": "10.0.0.1/8"})
