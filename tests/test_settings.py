"""Every setting: what is understood, what is refused, and that no refusal shows a secret."""

import re
from datetime import time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from bot.core.rpo import RpoPolicy, RpoRule
from bot.core.sessions import Verdict
from bot.errors import SettingsWrong
from bot.settings import EXAMPLES, Settings, check_fingerprint, list_unused, load_settings

PASSWORD = "pass-word-that-must-not-leak"
REQUIRED = {
    "SLACK_BOT_TOKEN": "xoxb-token-that-must-not-leak",
    "SLACK_APP_TOKEN": "xapp-token-that-must-not-leak",
    "VEEAM_URL": "https://em.example.com:9398",
    "VEEAM_USERNAME": "DOMAIN\\user",
    "VEEAM_PASSWORD": PASSWORD,
    "ALERT_CHANNEL": "C0123456789",
}
FINGERPRINT = "AB:" * 31 + "CD"


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (*Settings.model_fields, *(f"{each}_file" for each in Settings.model_fields)):
        monkeypatch.delenv(name.upper(), raising=False)


class Environment:
    """The environment of a bot that is about to start."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def load(self, *, without: str = "", **changed: str) -> Settings:
        of_bot = {**REQUIRED, **changed}
        of_bot.pop(without, None)
        with self._monkeypatch.context() as patch:
            for name, value in of_bot.items():
                patch.setenv(name, value)
            return load_settings(of_bot, Path(".env"))

    def problems(self, *, without: str = "", **changed: str) -> tuple[str, ...]:
        with pytest.raises(SettingsWrong) as caught:
            self.load(without=without, **changed)
        return caught.value.problems


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Environment:
    return Environment(monkeypatch)


def test_the_defaults_are_those_of_the_design(environment: Environment) -> None:
    settings = environment.load()
    found = settings.model_dump(exclude={name.lower() for name in REQUIRED})
    assert found == {
        "slack_signing_secret": None,
        "slack_api_url": "https://slack.com/api/",
        "veeam_operator_username": "",
        "veeam_operator_password": SecretStr(""),
        "veeam_ca_file": "",
        "veeam_fingerprint": "",
        "veeam_format": "json",
        "veeam_ui_url": "",
        "database_url": "sqlite+aiosqlite:///replica-bot.db",
        "alert_results": {Verdict.WARNING, Verdict.FAILED},
        "alert_fallback_channel": "",
        "alert_mention": "",
        "alert_retry_grace": timedelta(0),
        "alert_remind_after": timedelta(hours=24),
        "alert_group_over": 5,
        "rpo": {"rules": ()},
        "summary_channel": "",
        "summary_time": time(8, 0),
        "timezone": ZoneInfo("UTC"),
        "poll_interval": timedelta(seconds=60),
        "operators": frozenset(),
        "actions": True,
        "heartbeat_url": "",
        "http_host": "127.0.0.1",
        "http_port": 8080,
        "log_level": "INFO",
        "log_format": "auto",
    }
    assert settings.summarizing_channel == "C0123456789"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("POLL_INTERVAL", "100ms", timedelta(milliseconds=100)),
        ("POLL_INTERVAL", "1.5m", timedelta(seconds=90)),
        ("POLL_INTERVAL", " 1 H ", timedelta(hours=1)),
        ("SUMMARY_TIME", "7:05", time(7, 5)),
        ("TIMEZONE", "Europe/Berlin", ZoneInfo("Europe/Berlin")),
        ("ALERT_RESULTS", "failed", frozenset({Verdict.FAILED})),
        ("ALERT_RESULTS", "Failed, WARNING,", frozenset({Verdict.WARNING, Verdict.FAILED})),
        ("ALERT_GROUP_OVER", "12", 12),
        ("RPO", " AUTO ", RpoPolicy()),
        ("RPO", "26h", RpoPolicy((RpoRule(timedelta(hours=26)),))),
        (
            "RPO",
            "26h, SQL*=4h, server:vbr02 = 12h, Test*=off, a=b=auto",
            RpoPolicy(
                (
                    RpoRule(timedelta(hours=26)),
                    RpoRule(timedelta(hours=4), job="SQL*"),
                    RpoRule(timedelta(hours=12), server="vbr02"),
                    RpoRule(job="Test*", is_off=True),
                    RpoRule(job="a=b"),
                )
            ),
        ),
        ("ALERT_MENTION", "@here", "here"),
        ("ALERT_MENTION", "<!channel>", "channel"),
        ("ALERT_MENTION", "<@U0123ABCD|ana>", "U0123ABCD"),
        ("ALERT_MENTION", "<!subteam^S0123ABCD>", "S0123ABCD"),
        ("ALERT_MENTION", "S0123ABCD", "S0123ABCD"),
        ("ALERT_RETRY_GRACE", "30m", timedelta(minutes=30)),
        ("ALERT_RETRY_GRACE", "0", timedelta(0)),
        ("ALERT_RETRY_GRACE", "Auto", None),
        ("ALERT_REMIND_AFTER", "4h", timedelta(hours=4)),
        ("ALERT_REMIND_AFTER", "off", None),
        ("OPERATORS", "U0123ABCD, W0123;S0123ABCD", frozenset({"U0123ABCD", "W0123", "S0123ABCD"})),
        ("OPERATORS", "<@U0123ABCD|ana> <!subteam^S0123>", frozenset({"U0123ABCD", "S0123"})),
        ("OPERATORS", " , ", frozenset()),
        ("ACTIONS", "OFF", False),
        ("ACTIONS", "on", True),
        ("VEEAM_FORMAT", "XML", "xml"),
        ("VEEAM_URL", "http://127.0.0.1:9399", "http://127.0.0.1:9399"),
        ("VEEAM_FINGERPRINT", FINGERPRINT, "ab" * 31 + "cd"),
        ("SLACK_API_URL", "http://127.0.0.1:8/api", "http://127.0.0.1:8/api/"),
        ("DATABASE_URL", "sqlite:////var/lib/bot.db", "sqlite+aiosqlite:////var/lib/bot.db"),
        ("DATABASE_URL", "sqlite+aiosqlite:///b.db", "sqlite+aiosqlite:///b.db"),
        ("HTTP_PORT", "0", 0),
        ("LOG_LEVEL", "debug", "DEBUG"),
        ("LOG_FORMAT", "json", "json"),
        ("VEEAM_UI_URL", "https://em.example.com:9443", "https://em.example.com:9443"),
        ("HEARTBEAT_URL", "https://hc.example.com/1", "https://hc.example.com/1"),
        ("SUMMARY_CHANNEL", "C2", "C2"),
        ("SUMMARY_CHANNEL", "", ""),
    ],
)
def test_a_good_value_is_understood(
    environment: Environment, name: str, text: str, value: Any
) -> None:
    assert getattr(environment.load(**{name: text}), name.lower()) == value


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("SLACK_BOT_TOKEN", "xapp-1-secret", "is not a bot token"),
        ("SLACK_BOT_TOKEN", "xoxp-secret", "is not a bot token"),
        ("SLACK_APP_TOKEN", "xoxb-secret", "is not an app-level token"),
        ("SLACK_API_URL", "slack.com/api", "is not an http(s) address"),
        ("ALERT_MENTION", "@ana", "is nobody Slack can call"),
        ("RPO", "26", "is not a duration"),
        ("RPO", "=4h", "names no job or server"),
        ("RPO", "server:=4h", "names no job or server"),
        ("RPO", "SQL*=0s", "is a duration of nothing"),
        ("OPERATORS", "ana", "names something that is no id"),
        ("OPERATORS", "U0123ABCD,@bob", "names something that is no id"),
        ("ACTIONS", "maybe", "is neither on nor off"),
        ("ALERT_RETRY_GRACE", "soon", "is not a duration"),
        ("ALERT_RETRY_GRACE", "3d", "is too long"),
        ("ALERT_REMIND_AFTER", "5s", "is too short"),
        ("VEEAM_URL", "em.example.com", "is not an http(s) address"),
        ("VEEAM_URL", "https://[", "is not an http(s) address"),
        ("VEEAM_URL", "https://em:99999", "is not an http(s) address"),
        ("VEEAM_URL", "http://em.example.com:9399", "must be https"),
        ("VEEAM_URL", "https://me:secret@em.example.com", "holds a user name or password"),
        ("VEEAM_CA_FILE", "/nowhere/ca.pem", "names a file that is not there"),
        ("VEEAM_FINGERPRINT", "ab:cd", "is not a SHA-256 fingerprint"),
        ("VEEAM_FORMAT", "yaml", "input should be 'json' or 'xml'"),
        ("VEEAM_UI_URL", "ftp://em", "is not an http(s) address"),
        ("DATABASE_URL", "mysql://host/db", "is not a SQLite address"),
        ("DATABASE_URL", "sqlite:///:memory:", "keeps nothing"),
        ("ALERT_RESULTS", "Success", "names results that cannot be alerted"),
        ("ALERT_RESULTS", ",", "names results that cannot be alerted"),
        ("ALERT_GROUP_OVER", "0", "input should be greater than or equal to 1"),
        ("ALERT_GROUP_OVER", "many", "input should be a valid integer"),
        ("SUMMARY_TIME", "25:00", "is not a time of day"),
        ("SUMMARY_TIME", "8", "is not a time of day"),
        ("TIMEZONE", "Berlin", "is not a known time zone"),
        ("TIMEZONE", "/etc/passwd", "is not a known time zone"),
        ("POLL_INTERVAL", "60", "is not a duration"),
        ("POLL_INTERVAL", "99ms", "is out of range"),
        ("POLL_INTERVAL", "61m", "is out of range"),
        ("HEARTBEAT_URL", "hc-ping", "is not an http(s) address"),
        ("HTTP_PORT", "65536", "input should be less than or equal to 65535"),
        ("LOG_LEVEL", "LOUD", "input should be"),
        ("LOG_FORMAT", "xml", "input should be"),
    ],
)
def test_a_bad_value_is_one_line_with_an_example(
    environment: Environment, name: str, text: str, what: str
) -> None:
    [problem] = environment.problems(**{name: text})
    assert problem.startswith(f"{name}: {what}")
    assert problem.endswith(f"Example: {EXAMPLES[name]}")
    assert "\n" not in problem


@pytest.mark.parametrize("name", sorted(REQUIRED))
@pytest.mark.parametrize("is_empty", [False, True])
def test_a_missing_setting_is_one_line(environment: Environment, name: str, is_empty: bool) -> None:
    changed = {name: ""} if is_empty else {}
    [problem] = environment.problems(without="" if is_empty else name, **changed)
    assert problem == f"{name}: is missing. Example: {EXAMPLES[name]}"


def test_a_signing_secret_instead_of_the_app_token_is_http_mode(environment: Environment) -> None:
    settings = environment.load(without="SLACK_APP_TOKEN", SLACK_SIGNING_SECRET="0123456789abcdef")
    assert settings.slack_app_token is None
    assert settings.slack_signing_secret == SecretStr("0123456789abcdef")


def test_socket_mode_and_http_mode_exclude_each_other(environment: Environment) -> None:
    [problem] = environment.problems(SLACK_SIGNING_SECRET="0123456789abcdef")
    assert problem.startswith("SLACK_APP_TOKEN: is set, and so is SLACK_SIGNING_SECRET; keep ")
    assert "0123" not in problem


@pytest.mark.parametrize("token", ["xoxb-leak", "xapp-leak"])
def test_a_token_is_no_signing_secret(environment: Environment, token: str) -> None:
    [problem] = environment.problems(without="SLACK_APP_TOKEN", SLACK_SIGNING_SECRET=token)
    assert problem.startswith("SLACK_SIGNING_SECRET: is not a signing secret")
    assert "leak" not in problem


def test_all_problems_are_told_at_once(environment: Environment) -> None:
    problems = environment.problems(without="VEEAM_URL", POLL_INTERVAL="1", SUMMARY_TIME="noon")
    assert [each.partition(":")[0] for each in problems] == [
        "VEEAM_URL",
        "SUMMARY_TIME",
        "POLL_INTERVAL",
    ]


@pytest.mark.parametrize("name", ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "VEEAM_PASSWORD"])
def test_no_secret_is_ever_shown(environment: Environment, name: str) -> None:
    wrong = {"SLACK_BOT_TOKEN": "xapp-leak", "SLACK_APP_TOKEN": "xoxb-leak"}
    shown = str(environment.problems(POLL_INTERVAL="x", **wrong))
    shown += repr(environment.load())
    assert "leak" not in shown
    assert environment.load().model_dump()[name.lower()].get_secret_value() == REQUIRED[name]


@pytest.mark.parametrize(
    "name", ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "VEEAM_USERNAME", "VEEAM_PASSWORD"]
)
def test_a_secret_may_come_from_a_file(environment: Environment, name: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"\ufeff{REQUIRED[name]}\n")
    settings = environment.load(without=name, **{f"{name}_FILE": str(tmp_path / "secret")})
    found = getattr(settings, name.lower())
    assert (found if isinstance(found, str) else found.get_secret_value()) == REQUIRED[name]


@pytest.mark.parametrize("content", [None, b"\xff\xfe\xff"], ids=["not there", "not a text"])
def test_a_secret_file_that_cannot_be_read_is_one_line(
    environment: Environment, tmp_path: Path, content: bytes | None
) -> None:
    if content:
        (tmp_path / "secret").write_bytes(content)
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "VEEAM_USERNAME", "VEEAM_PASSWORD"):
        given = {f"{name}_FILE": str(tmp_path / "secret")}
        [problem] = environment.problems(without=name, **given)
        assert problem.startswith(f"{name}_FILE: cannot read {tmp_path}/secret")


@pytest.mark.parametrize("name", ["VEEAM_USERNAME", "VEEAM_PASSWORD", "SLACK_BOT_TOKEN"])
def test_an_empty_secret_file_is_refused(
    environment: Environment, tmp_path: Path, name: str
) -> None:
    (tmp_path / "secret").write_text("\n")
    given = {f"{name}_FILE": str(tmp_path / "secret")}
    [problem] = environment.problems(without=name, **given)
    assert problem.startswith(f"{name}: ")


def test_the_file_beside_the_bot_is_read_and_the_environment_wins(
    environment: Environment, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text('SUMMARY_TIME=09:30\nHTTP_PORT="9000"\nUNKNOWN=1\n')
    settings = environment.load(HTTP_PORT="9001")
    assert (settings.summary_time, settings.http_port) == (time(9, 30), 9001)


def test_a_secret_file_may_be_named_beside_the_bot(
    environment: Environment, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text(PASSWORD)
    (tmp_path / ".env").write_text(f"VEEAM_PASSWORD_FILE={tmp_path}/secret\n")
    settings = environment.load(without="VEEAM_PASSWORD")
    assert settings.veeam_password.get_secret_value() == PASSWORD


def test_one_way_to_trust_em_is_enough(environment: Environment, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("certificate")
    both = {"VEEAM_CA_FILE": str(tmp_path / "ca.pem"), "VEEAM_FINGERPRINT": FINGERPRINT}
    assert environment.problems(**both) == (
        "VEEAM_FINGERPRINT: set this or VEEAM_CA_FILE, not both",
    )


def test_the_fallback_channel_is_another_one(environment: Environment) -> None:
    [problem] = environment.problems(ALERT_FALLBACK_CHANNEL=REQUIRED["ALERT_CHANNEL"])
    assert problem.startswith("ALERT_FALLBACK_CHANNEL: is the same as ALERT_CHANNEL. Example: ")


OPERATOR = {
    "VEEAM_OPERATOR_USERNAME": "DOMAIN\\operator",
    "VEEAM_OPERATOR_PASSWORD": "operators-word-that-must-not-leak",
}


def test_an_operator_has_a_name_and_a_password_or_is_none(environment: Environment) -> None:
    assert environment.load(**OPERATOR).has_operator
    assert not environment.load().has_operator


@pytest.mark.parametrize("name", OPERATOR)
def test_half_an_operator_is_one_line_that_names_the_other_half(
    environment: Environment, name: str
) -> None:
    [missing] = set(OPERATOR) - {name}
    [problem] = environment.problems(**{name: OPERATOR[name]})
    assert problem == f"{missing}: is missing; {name} is set. Example: {EXAMPLES[missing]}"


@pytest.mark.parametrize("name", OPERATOR)
def test_an_operator_may_come_from_files(
    environment: Environment, tmp_path: Path, name: str
) -> None:
    (tmp_path / "secret").write_text(f"{OPERATOR[name]}\n")
    given = {**OPERATOR, f"{name}_FILE": str(tmp_path / "secret")}
    del given[name]
    settings = environment.load(**given)
    assert settings.veeam_operator_username == OPERATOR["VEEAM_OPERATOR_USERNAME"]
    found = settings.veeam_operator_password.get_secret_value()
    assert found == OPERATOR["VEEAM_OPERATOR_PASSWORD"]
    assert "leak" not in repr(settings)


def test_settings_cannot_be_changed(environment: Environment) -> None:
    with pytest.raises(ValueError, match="frozen"):
        environment.load().http_port = 1  # type: ignore[misc]  # that is the point


def test_every_example_is_of_a_setting_there_is() -> None:
    assert {name.lower() for name in EXAMPLES} <= set(Settings.model_fields)
    given = [re.match(r"[A-Z_]+(?==)", example) for example in EXAMPLES.values()]
    assert all(given)


def test_values_that_are_no_text_are_taken_as_they_are() -> None:
    given = {name.lower(): value for name, value in REQUIRED.items()}
    made = Settings(
        **given,  # type: ignore[arg-type]  # checked by pydantic
        poll_interval=timedelta(seconds=5),
        summary_time=time(9),
        timezone=ZoneInfo("UTC"),
        alert_results=frozenset({Verdict.FAILED}),
        log_level="INFO",
        veeam_format="xml",
    )
    assert made.poll_interval == timedelta(seconds=5)


def test_settings_of_later_versions_are_named_and_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("RETENTION=90d\n")
    named = list_unused({"VEEAM_URL": "x"}, tmp_path / ".env")
    assert "RETENTION" in named


def test_a_fingerprint_is_taken_as_openssl_prints_it() -> None:
    printed = "sha256 Fingerprint=" + ":".join(["AB"] * 32)
    assert check_fingerprint(printed) == "ab" * 32
