"""`replica-bot check`: tries everything the bot will need, and says what to do where it fails."""

from collections.abc import AsyncIterator, Callable

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


async def check_all(
    settings: Settings,
    build_source: Callable[[Settings], EnterpriseManagerClient],
    *,
    send_test_alert: bool,
) -> AsyncIterator[Finding]:
    """Try Slack, EM and the database, in this order; a failure does not end it."""
    async with open_session() as session:
        token = settings.slack_bot_token.get_secret_value()
        calls = SlackCalls(build_client(token, session, settings.slack_api_url))
        channels = [settings.alert_channel, settings.summarizing_channel]
        app_token = settings.slack_app_token.get_secret_value()
        for finding in await check_slack(
            calls, app_token, channels, send_test_alert=send_test_alert
        ):
            yield finding
    try:
        source = build_source(settings)
    except SettingsWrong as error:
        yield Finding("EM certificate", False, str(error), "Mend the setting named here.")
    else:
        async with source:
            async for finding in _check_em(source, settings):
                yield finding
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
    yield await _check_jobs(source)


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


async def _check_jobs(source: EnterpriseManagerClient) -> Finding:
    """Portal Users may not read jobs: fine, alerts then do not say when a job runs next."""
    name = "EM role: read jobs (optional)"
    try:
        await source.fetch_next_runs(["urn:veeam:Job:00000000-0000-0000-0000-000000000000"])
    except NotAllowed:
        return Finding(
            name, True, "no: alerts do not show the next run; Portal Administrator could read it"
        )
    except EnterpriseManagerError as error:
        return Finding(name, False, error.said, error.hint)
    return Finding(name, True, "yes: alerts show the next run; the account could also act on jobs")


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
