"""Every setting: its name, its default, its check. Environment or `.env`, as DESIGN §5 lists them.

A secret may also come from a file, named by `<NAME>_FILE`.
"""

import re
from collections.abc import Mapping
from datetime import time, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dotenv import dotenv_values
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from bot.core.rpo import RpoPolicy, RpoRule
from bot.core.sessions import Verdict
from bot.errors import SettingsWrong

SECRETS = (
    "SLACK_BOT_TOKEN",
    "SLACK_APP_TOKEN",
    "SLACK_SIGNING_SECRET",
    "VEEAM_USERNAME",
    "VEEAM_PASSWORD",
    "VEEAM_OPERATOR_USERNAME",
    "VEEAM_OPERATOR_PASSWORD",
)
"""Settings that may come from a file."""

EXAMPLES = {
    "SLACK_BOT_TOKEN": "SLACK_BOT_TOKEN=xoxb-… (Slack app → OAuth & Permissions)",
    "SLACK_APP_TOKEN": "SLACK_APP_TOKEN=xapp-… (Slack app → Basic Information → App-Level Tokens),"
    " or instead, for HTTP mode, SLACK_SIGNING_SECRET=…",
    "SLACK_SIGNING_SECRET": "SLACK_SIGNING_SECRET=… (Slack app → Basic Information)",
    "SLACK_API_URL": "SLACK_API_URL=https://slack.com/api/",
    "VEEAM_URL": "VEEAM_URL=https://em.example.com:9398",
    "VEEAM_USERNAME": "VEEAM_USERNAME=DOMAIN\\replica-bot",
    "VEEAM_PASSWORD": "VEEAM_PASSWORD_FILE=/run/secrets/veeam-password",
    "VEEAM_OPERATOR_USERNAME": "VEEAM_OPERATOR_USERNAME=DOMAIN\\replica-operator",
    "VEEAM_OPERATOR_PASSWORD": "VEEAM_OPERATOR_PASSWORD_FILE=/run/secrets/veeam-operator-password",
    "VEEAM_CA_FILE": "VEEAM_CA_FILE=/etc/replica-bot/em-ca.pem",
    "VEEAM_FINGERPRINT": "VEEAM_FINGERPRINT=the 64 hex digits of the certificate's SHA-256",
    "VEEAM_FORMAT": "VEEAM_FORMAT=json",
    "VEEAM_UI_URL": "VEEAM_UI_URL=https://em.example.com:9443",
    "DATABASE_URL": "DATABASE_URL=sqlite+aiosqlite:////var/lib/replica-bot/replica-bot.db",
    "ALERT_CHANNEL": "ALERT_CHANNEL=C0123456789 (channel → About → Channel ID)",
    "ALERT_FALLBACK_CHANNEL": "ALERT_FALLBACK_CHANNEL=C0123456789 (another than ALERT_CHANNEL)",
    "ALERT_RESULTS": "ALERT_RESULTS=Warning,Failed",
    "ALERT_MENTION": "ALERT_MENTION=@here, or a user's or user group's id (U0123…, S0123…)",
    "ALERT_RETRY_GRACE": "ALERT_RETRY_GRACE=30m, or auto for each job's own retry options",
    "ALERT_REMIND_AFTER": "ALERT_REMIND_AFTER=24h, or off",
    "ALERT_GROUP_OVER": "ALERT_GROUP_OVER=5",
    "RPO": "RPO=26h, SQL*=4h, server:vbr02=12h, Test*=off (or auto)",
    "SUMMARY_CHANNEL": "SUMMARY_CHANNEL=C0123456789",
    "SUMMARY_TIME": "SUMMARY_TIME=08:00",
    "TIMEZONE": "TIMEZONE=Europe/Berlin",
    "POLL_INTERVAL": "POLL_INTERVAL=60s",
    "OPERATORS": "OPERATORS=U0123456789,S0123456789 (ids of users and user groups)",
    "ACTIONS": "ACTIONS=off",
    "HEARTBEAT_URL": "HEARTBEAT_URL=https://hc-ping.example.com/your-uuid",
    "HTTP_PORT": "HTTP_PORT=8080",
    "LOG_LEVEL": "LOG_LEVEL=INFO",
    "LOG_FORMAT": "LOG_FORMAT=json",
}

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)\s*", re.IGNORECASE)
_MENTION = re.compile(
    r"<?[@!]?(?:subteam\^)?(?P<who>here|channel|everyone|[UWS][A-Z0-9]{2,})(?:\|[^>]*)?>?"
)
_OPERATOR = re.compile(r"<?[@!]?(?:subteam\^)?(?P<who>[UWS][A-Z0-9]{2,})(?:\|[^>]*)?>?")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


NOT_YET = ("RETENTION",)
"""Settings of the design that this version does not use; whoever sets one is told so."""


def parse_duration(text: Any) -> Any:
    """Read `90s`, `15m`, `24h`, `2d` or `100ms`; anything but text is left as it is."""
    if not isinstance(text, str):
        return text
    match = _DURATION.fullmatch(text)
    if not match:
        raise ValueError("is not a duration; write a number and a unit: 90s, 15m, 24h, 2d")
    return timedelta(seconds=float(match[1]) * _UNITS[match[2].lower()])


def parse_grace(text: Any) -> Any:
    """Read a duration, `0`, or `auto`, which is None; anything but text is left as it is."""
    if not isinstance(text, str):
        return text
    if text.strip().lower() == "auto":
        return None
    return timedelta(0) if text.strip() == "0" else parse_duration(text)


def parse_rpo(text: Any) -> Any:
    """Read a list of RPOs such as `26h, SQL*=4h, server:vbr02=12h`; others are left as they are."""
    if not isinstance(text, str):
        return text
    rules = [_parse_rpo_rule(part) for part in text.split(",") if part.strip()]
    # `auto` alone is what holds without any rule.
    return RpoPolicy(tuple(rule for rule in rules if rule != RpoRule()))


def _parse_rpo_rule(text: str) -> RpoRule:
    name, _, value = (part.strip() for part in text.rpartition("="))
    if "=" in text and not name.removeprefix("server:").strip():
        raise ValueError("names no job or server before a =")
    limit = None if value.lower() in ("auto", "off") else parse_duration(value)
    if limit == timedelta(0):
        raise ValueError("is a duration of nothing; write off for jobs without an RPO")
    is_server = name.lower().startswith("server:")
    return RpoRule(
        limit,
        job="" if is_server else name,
        server=name.partition(":")[2].strip() if is_server else "",
        is_off=value.lower() == "off",
    )


def parse_reminder(text: Any) -> Any:
    """Read a duration, or `off`, which is None; anything but text is left as it is."""
    is_off = isinstance(text, str) and text.strip().lower() in ("off", "never", "0")
    return None if is_off else parse_duration(text)


def parse_mention(text: Any) -> Any:
    """Read whom to call: `@here`, `@channel`, or an id as it is or as Slack writes it."""
    if not isinstance(text, str):
        return text
    found = _MENTION.fullmatch(text.strip())
    if text.strip() and not found:
        raise ValueError(
            "is nobody Slack can call; use @here, @channel, or the id of a user or user group"
        )
    return found["who"] if found else ""


def parse_time(text: Any) -> Any:
    """Read a wall-clock time such as `08:00`; anything but text is left as it is."""
    if not isinstance(text, str):
        return text
    match = re.fullmatch(r"\s*(\d{1,2}):(\d{2})\s*", text)
    if not match or int(match[1]) > 23 or int(match[2]) > 59:
        raise ValueError("is not a time of day; write it as 08:00")
    return time(int(match[1]), int(match[2]))


def parse_zone(text: Any) -> Any:
    """Read the name of a time zone; anything but text is left as it is."""
    if not isinstance(text, str):
        return text
    try:
        return ZoneInfo(text.strip())
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("is not a known time zone") from error


def parse_results(text: Any) -> Any:
    """Read a list of results to alert on; anything but text is left as it is."""
    if not isinstance(text, str):
        return text
    known = {"warning": Verdict.WARNING, "failed": Verdict.FAILED}
    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    if not names or not set(names) <= set(known):
        raise ValueError("names results that cannot be alerted; use Warning, Failed or both")
    return frozenset(known[name] for name in names)


def parse_operators(text: Any) -> Any:
    """Read a list of ids of users and user groups, as Slack shows or copies them."""
    if not isinstance(text, str):
        return text
    found = [_OPERATOR.fullmatch(word) for word in re.split(r"[,;\s]+", text.strip()) if word]
    if not all(found):
        raise ValueError(
            "names something that is no id of a Slack user (U…, W…) or user group (S…)"
        )
    return frozenset(each["who"] for each in found if each)


def parse_switch(text: Any) -> Any:
    """Read on or off; anything but text is left as it is."""
    if not isinstance(text, str):
        return text
    if text.strip().lower() not in ("on", "off"):
        raise ValueError("is neither on nor off")
    return text.strip().lower() == "on"


def check_url(url: str) -> str:
    """Accept an http or https address with a host."""
    try:
        parts = urlsplit(url.strip())
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_good = False
    if url and not is_good:
        raise ValueError("is not an http(s) address")
    return url.strip()


def check_em_url(url: str) -> str:
    """Accept EM's https address; plain http only on this machine, because it sends a password."""
    parts = urlsplit(check_url(url))
    if parts.username or parts.password:
        raise ValueError("holds a user name or password; they have settings of their own")
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise ValueError("must be https: the bot sends its password there (EM's port is 9398)")
    return url.strip()


def check_fingerprint(text: str) -> str:
    """Accept a SHA-256 in hex, with or without colons, also as openssl prints it."""
    digits = text.rpartition("=")[2].replace(":", "").replace(" ", "").lower()
    if text and not re.fullmatch(r"[0-9a-f]{64}", digits):
        raise ValueError("is not a SHA-256 fingerprint of 64 hex digits")
    return digits


def check_file(path: str) -> str:
    """Accept the path of a file that can be read."""
    if path and not Path(path).is_file():
        raise ValueError(f"names a file that is not there: {path}")
    return path


def check_database(url: str) -> str:
    """Accept SQLite in SQLAlchemy's form; a plain `sqlite:///` is understood."""
    if url.startswith("sqlite:///"):
        url = url.replace("sqlite:///", "sqlite+aiosqlite:///", 1)
    if not re.fullmatch(r"sqlite\+aiosqlite:///.+", url):
        raise ValueError("is not a SQLite address; this version keeps its data in SQLite")
    if url.endswith(":memory:"):
        raise ValueError("keeps nothing; name a file")
    return url


def check_bot_token(secret: SecretStr) -> SecretStr:
    """Refuse a token of another kind: they are easily mixed up."""
    if not secret.get_secret_value() or secret.get_secret_value().startswith(("xapp-", "xoxp-")):
        raise ValueError("is not a bot token; those begin with xoxb-")
    return secret


def check_app_token(secret: SecretStr) -> SecretStr:
    """Refuse a token of another kind."""
    if not secret.get_secret_value() or secret.get_secret_value().startswith("xox"):
        raise ValueError("is not an app-level token; those begin with xapp-")
    return secret


def check_signing_secret(secret: SecretStr | None) -> SecretStr | None:
    """Refuse a token: they are easily mixed up."""
    if secret is None:
        return None
    if not secret.get_secret_value() or secret.get_secret_value().startswith(("xox", "xapp-")):
        raise ValueError("is not a signing secret; that one is no token")
    return secret


def check_given(value: Any) -> Any:
    """Refuse an empty text or secret, such as an empty file gives."""
    if not (value.get_secret_value() if isinstance(value, SecretStr) else value):
        raise ValueError("is empty")
    return value


def check_interval(span: timedelta) -> timedelta:
    """Accept a poll interval that EM bears and that still notices something."""
    if not timedelta(milliseconds=100) <= span <= timedelta(hours=1):
        raise ValueError("is out of range; use 100ms to 1h")
    return span


def check_grace(span: timedelta | None) -> timedelta | None:
    """Accept a wait that an alert can bear: a day at most."""
    if span is not None and span > timedelta(days=1):
        raise ValueError("is too long; an alert may wait for a day at most")
    return span


def check_reminder(span: timedelta | None) -> timedelta | None:
    """Accept a time after which a reminder is no noise."""
    if span is not None and span < timedelta(minutes=1):
        raise ValueError("is too short; remind after a minute or more, or set off")
    return span


Url = Annotated[str, AfterValidator(check_url)]


class Settings(BaseSettings):
    """The settings, checked. Build it with `load_settings`."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    slack_bot_token: Annotated[SecretStr, AfterValidator(check_bot_token)]
    slack_signing_secret: Annotated[SecretStr | None, AfterValidator(check_signing_secret)] = None
    slack_app_token: SecretStr | None = None
    slack_api_url: Url = "https://slack.com/api/"
    veeam_url: Annotated[str, AfterValidator(check_em_url)]
    veeam_username: Annotated[str, AfterValidator(check_given)]
    veeam_password: Annotated[SecretStr, AfterValidator(check_given)]
    veeam_operator_username: str = ""
    veeam_operator_password: SecretStr = SecretStr("")
    veeam_ca_file: Annotated[str, AfterValidator(check_file)] = ""
    veeam_fingerprint: Annotated[str, AfterValidator(check_fingerprint)] = ""
    veeam_format: Annotated[
        Literal["json", "xml"],
        BeforeValidator(lambda text: text.lower() if isinstance(text, str) else text),
    ] = "json"
    veeam_ui_url: Url = ""
    database_url: Annotated[str, AfterValidator(check_database)] = (
        "sqlite+aiosqlite:///replica-bot.db"
    )
    alert_channel: str
    alert_fallback_channel: str = ""
    alert_results: Annotated[frozenset[Verdict], NoDecode, BeforeValidator(parse_results)] = (
        frozenset({Verdict.WARNING, Verdict.FAILED})
    )
    alert_mention: Annotated[str, BeforeValidator(parse_mention)] = ""
    alert_retry_grace: Annotated[
        timedelta | None, NoDecode, BeforeValidator(parse_grace), AfterValidator(check_grace)
    ] = timedelta(0)
    alert_remind_after: Annotated[
        timedelta | None, NoDecode, BeforeValidator(parse_reminder), AfterValidator(check_reminder)
    ] = timedelta(hours=24)
    alert_group_over: Annotated[int, Field(ge=1, le=1000)] = 5
    rpo: Annotated[RpoPolicy, NoDecode, BeforeValidator(parse_rpo)] = RpoPolicy()
    summary_channel: str = ""
    summary_time: Annotated[time, NoDecode, BeforeValidator(parse_time)] = time(8, 0)
    timezone: Annotated[ZoneInfo, NoDecode, BeforeValidator(parse_zone)] = ZoneInfo("UTC")
    poll_interval: Annotated[
        timedelta, NoDecode, BeforeValidator(parse_duration), AfterValidator(check_interval)
    ] = timedelta(seconds=60)
    operators: Annotated[frozenset[str], NoDecode, BeforeValidator(parse_operators)] = frozenset()
    actions: Annotated[bool, BeforeValidator(parse_switch)] = True
    heartbeat_url: Url = ""
    http_host: str = "127.0.0.1"
    http_port: Annotated[int, Field(ge=0, le=65535)] = 8080
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["auto", "console", "json"] = "auto"

    @field_validator("slack_app_token")
    @classmethod
    def _one_way_to_listen(cls, token: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        """Take the app token of Socket Mode, or the signing secret of HTTP mode instead."""
        if token is not None and info.data.get("slack_signing_secret") is not None:
            raise ValueError(
                "is set, and so is SLACK_SIGNING_SECRET; keep the token for Socket Mode, or the"
                " secret for HTTP mode"
            )
        if token is None and info.data.get("slack_signing_secret", "") is None:
            raise ValueError("is missing")
        return token if token is None else check_app_token(token)

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, text: Any) -> Any:
        return text.upper() if isinstance(text, str) else text

    @field_validator("log_format", mode="before")
    @classmethod
    def _lower(cls, text: Any) -> Any:
        return text.lower() if isinstance(text, str) else text

    @field_validator("slack_api_url")
    @classmethod
    def _end_with_slash(cls, url: str) -> str:
        return url if url.endswith("/") else f"{url}/"

    @model_validator(mode="after")
    def _one_trust(self) -> Self:
        if self.veeam_ca_file and self.veeam_fingerprint:
            raise ValueError("VEEAM_FINGERPRINT: set this or VEEAM_CA_FILE, not both")
        return self

    @model_validator(mode="after")
    def _whole_operator(self) -> Self:
        if bool(self.veeam_operator_username) == bool(self.veeam_operator_password):
            return self
        names = ("VEEAM_OPERATOR_USERNAME", "VEEAM_OPERATOR_PASSWORD")
        missing, given = names if not self.veeam_operator_username else reversed(names)
        raise ValueError(f"{missing}: is missing; {given} is set. Example: {EXAMPLES[missing]}")

    @property
    def has_operator(self) -> bool:
        """Whether there is an account of its own for reading jobs and acting on them."""
        return bool(self.veeam_operator_username)

    @model_validator(mode="after")
    def _another_fallback(self) -> Self:
        if self.alert_fallback_channel and self.alert_fallback_channel == self.alert_channel:
            raise ValueError(
                "ALERT_FALLBACK_CHANNEL: is the same as ALERT_CHANNEL. "
                f"Example: {EXAMPLES['ALERT_FALLBACK_CHANNEL']}"
            )
        return self

    @property
    def summarizing_channel(self) -> str:
        """Where the summary goes."""
        return self.summary_channel or self.alert_channel

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read the environment first, then `.env`; files are read for the secrets they name."""
        del file_secret_settings
        return init_settings, env_settings, dotenv_settings


def load_settings(environment: dict[str, str], env_file: Path = Path(".env")) -> Settings:
    """Read and check all settings; raises `SettingsWrong` with one line per problem."""
    problems: list[str] = []
    secrets = _read_secret_files(environment, env_file, problems)
    try:
        settings = Settings(_env_file=env_file, **secrets)
    except ValidationError as error:
        problems += [
            _explain(detail["loc"], detail["type"], detail["msg"]) for detail in error.errors()
        ]
        raise SettingsWrong(tuple(dict.fromkeys(problems))) from None
    if problems:
        raise SettingsWrong(tuple(problems))
    return settings


def _read_secret_files(
    environment: dict[str, str], env_file: Path, problems: list[str]
) -> dict[str, Any]:
    known = {**dotenv_values(env_file), **environment}
    found: dict[str, Any] = {}
    for name in SECRETS:
        path = known.get(f"{name}_FILE")
        if not path:
            continue
        try:
            found[name.lower()] = Path(path).read_text(encoding="utf-8-sig").strip()
        except (OSError, UnicodeDecodeError) as error:
            cause = getattr(error, "strerror", None) or "not a text file"
            problems.append(f"{name}_FILE: cannot read {path} ({cause}). Example: {EXAMPLES[name]}")
            # What passes for one, so that only the file is complained of.
            found[name.lower()] = {"SLACK_BOT_TOKEN": "xoxb-", "SLACK_APP_TOKEN": "xapp-"}.get(
                name, "-"
            )
    return found


def _explain(where: tuple[int | str, ...], kind: str, message: str) -> str:
    """Say what is wrong with one setting, without repeating its value: it may be a secret."""
    if not where:
        return message.removeprefix("Value error, ")
    name = str(where[0]).upper()
    what = "is missing" if kind == "missing" else message.removeprefix("Value error, ")
    what = what[0].lower() + what[1:]
    return f"{name}: {what}. Example: {EXAMPLES.get(name, f'{name}=…')}"


def list_unused(environment: Mapping[str, str], env_file: Path = Path(".env")) -> tuple[str, ...]:
    """Name the settings that are set and that only a later version uses."""
    known = {**dotenv_values(env_file), **environment}
    return tuple(name for name in NOT_YET if known.get(name))
