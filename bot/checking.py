"""`replica-bot check`: tries everything the bot will need, and says what to do where it fails."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from sqlalchemy import make_url

from bot.errors import (
    DatabaseInUse,
    DatabaseUnusable,
    EnterpriseManagerError,
    EnterpriseManagerUnreachable,
    LogonRefused,
    NotAllowed,
    SettingsWrong,
)
from bot.settings import Settings
from bot.slack.checks import Finding, check_slack
from bot.slack.clients import SlackCalls, build_client, open_session
from bot.store.databases import Database
from bot.veeam.client import EnterpriseManagerClient
from bot.web import SLACK_PATH

HINT_ON_JOBS = (
    "Alerts then do not show the next run. To have it, set VEEAM_OPERATOR_USERNAME and"
    " VEEAM_OPERATOR_PASSWORD to an account with the role Portal Administrator."
)

HINT_ON_HTTP = (
    "Whether Slack reaches that, only Slack can tell: save the address of"
    " `replica-bot manifest --http …` at api.slack.com/apps while the bot runs."
)
HINT_ON_ACTIONS = (
    "OPERATORS is set, and starting jobs needs the role Portal Administrator: set"
    " VEEAM_OPERATOR_USERNAME and VEEAM_OPERATOR_PASSWORD to such an account, or ACTIONS=off."
)


@dataclass(frozen=True, slots=True)
class Sources:
    """How to build the client of each of the two accounts; the operator's may not be set."""

    build: Callable[[Settings], EnterpriseManagerClient]
    build_operator: Callable[[Settings], EnterpriseManagerClient | None]


async def check_all(
    settings: Settings,
    sources: Sources,
    *,
    send_test_alert: bool,
) -> AsyncIterator[Finding]:
    """Try Slack, EM and the database, in this order; a failure does not end it."""
    async with open_session() as session:
        token = settings.slack_bot_token.get_secret_value()
        calls = SlackCalls(build_client(token, session, settings.slack_api_url))
        channels = [
            settings.alert_channel,
            settings.summarizing_channel,
            settings.alert_fallback_channel,
        ]
        app_token = settings.slack_app_token.get_secret_value() if settings.slack_app_token else ""
        for finding in await check_slack(
            calls, app_token, channels, send_test_alert=send_test_alert
        ):
            yield finding
    if not app_token:
        at = f"{settings.http_host}:{settings.http_port}{SLACK_PATH}"
        yield Finding("Slack HTTP mode", True, f"requests are taken at {at}", HINT_ON_HTTP)
    try:
        source, operator = sources.build(settings), sources.build_operator(settings)
    except SettingsWrong as error:
        yield Finding("EM certificate", False, str(error), "Mend the setting named here.")
    else:
        async with source:
            async for finding in _check_em(source, settings):
                yield finding
            if operator is None:
                yield await _check_jobs(source, settings.veeam_username, settings)
        if operator is not None:
            async with operator:
                yield await _check_jobs(operator, settings.veeam_operator_username, settings)
    yield await _check_database(settings.database_url)


async def _check_em(source: EnterpriseManagerClient, settings: Settings) -> AsyncIterator[Finding]:
    address = f"EM address {settings.veeam_url}"
    try:
        await source.log_on()
    except EnterpriseManagerUnreachable as error:
        yield Finding(address, False, error.said, error.hint)
        return
    except LogonRefused as error:
        yield Finding(address, True, "reached, and its certificate is trusted")
        yield Finding(f"EM account {settings.veeam_username}", False, error.said, error.hint)
        return
    except EnterpriseManagerError as error:
        yield Finding(address, False, error.said, error.hint)
        return
    yield Finding(address, True, "reached, and its certificate is trusted")
    yield Finding(f"EM account {settings.veeam_username}", True, "logged on")
    yield await _check_sessions(source)


async def _check_sessions(source: EnterpriseManagerClient) -> Finding:
    name = "EM role: read replication sessions"
    count = 0
    try:
        async for page in source.iter_running():
            count += len(page.sessions)
    except NotAllowed as error:
        return Finding(name, False, error.said, "Give the account the role Portal User in EM.")
    except EnterpriseManagerError as error:
        return Finding(name, False, error.said, error.hint)
    return Finding(name, True, f"yes; {count} running now")


async def _check_jobs(
    source: EnterpriseManagerClient, username: str, settings: Settings
) -> Finding:
    """Portal Users may not read jobs: fine, all that needs their options is done without."""
    name = f"EM job options, as {username} (optional)"
    try:
        await source.fetch_job_options(["urn:veeam:Job:00000000-0000-0000-0000-000000000000"])
    except NotAllowed:
        if settings.operators and settings.actions:
            return Finding(name, True, "not allowed: operators cannot run jobs", HINT_ON_ACTIONS)
        return Finding(name, True, "not allowed: fine, the bot works without", HINT_ON_JOBS)
    except EnterpriseManagerError as error:
        return Finding(name, False, error.said, error.hint)
    return Finding(name, True, "may be read: next run, retries, schedule and VMs of each job")


async def _check_database(url: str) -> Finding:
    name = f"Database {make_url(url).database}"
    try:
        database = await Database.open(url)
    except DatabaseInUse:
        return Finding(name, True, "in use by a running bot")
    except DatabaseUnusable as error:
        return Finding(name, False, str(error))
    await database.close()
    return Finding(name, True, "opened, and up to date")
