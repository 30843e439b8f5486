"""What `replica-bot check` finds out about Slack: tokens, scopes, and the channels it is to use.

Every finding says what to do where something is wrong. Methods that a workspace does not allow
leave a question open, not the check broken.
"""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from bot.errors import ChannelRefused, DeliveryFailed
from bot.slack.answers import plain_document
from bot.slack.clients import CallFailed, Identity, Json, SlackCalls
from bot.slack.layout import render
from bot.slack.messenger import EVENT_TYPE
from bot.slack.outcomes import NOT_SENT, UNANSWERED, read_back_failure
from bot.slack.scopes import REQUIRED, SCOPES

CHANNEL_ID = re.compile(r"[A-Z][A-Z0-9]+")  # names of channels are in lower case
PAGE = 200  # channels of one page; Slack takes up to 999 (reference §1.8)
TEST_ALERT = (
    "🔔 Test alert from replica-bot: this channel will hear of failed replication sessions."
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was tried: whether it works, what was seen, and what to do if it does not."""

    name: str
    ok: bool
    detail: str
    fix: str = ""


async def resolve_channel(calls: SlackCalls, name_or_id: str) -> str:
    """Turn a channel's name into its id; an id is returned as it is.

    Raises `ChannelRefused` where there is no such channel or the list may not be read, and
    `DeliveryPostponed` or `TokenRefused` where Slack cannot be asked.
    """
    wanted = name_or_id.strip().removeprefix("#")
    if CHANNEL_ID.fullmatch(wanted):
        return wanted
    doing = f"Looking for the channel #{wanted}"
    try:
        found = await _find_channel(calls, wanted)
    except CallFailed as failed:
        if failed.code == "missing_scope":
            raise ChannelRefused(doing, failed.code) from failed
        raise read_back_failure(doing, failed.code, failed.status, failed.retry_after) from failed
    if not found:
        raise ChannelRefused(doing, "channel_not_found")
    return found


async def check_slack(
    calls: SlackCalls, app_token: str, channels: Sequence[str], *, send_test_alert: bool = False
) -> list[Finding]:
    """Try everything the bot needs of Slack; an empty `app_token` skips Socket Mode."""
    findings = await _check_token(calls)
    if app_token:
        findings.append(await _check_app_token(calls, app_token))
    if not findings[0].ok:
        return findings
    for channel in dict.fromkeys(filter(None, channels)):
        findings += await _check_channel(calls, channel, send_test_alert=send_test_alert)
    return findings


async def _find_channel(calls: SlackCalls, name: str) -> str:
    types: str | None = "public_channel,private_channel"
    cursor = None
    while True:
        try:
            page = await calls.call(
                "conversations.list",
                types=types,
                exclude_archived=True,
                limit=PAGE,
                cursor=cursor,
            )
        except CallFailed as failed:
            if failed.code != "missing_scope" or types is None:
                raise
            types = None  # without groups:read, public channels only: Slack's default
            continue
        for channel in page.get("channels") or ():
            if channel.get("name") == name:
                return str(channel["id"])
        cursor = (page.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return ""


async def _check_token(calls: SlackCalls) -> list[Finding]:
    try:
        identity = await calls.identify()
    except CallFailed as failed:
        fix = _fix_of(failed, "Set SLACK_BOT_TOKEN to the xoxb- token of the installed app.")
        return [Finding("Slack bot token", False, _detail(failed), fix)]
    detail = f"{identity.user or identity.user_id} in {identity.team or identity.team_id}"
    return [Finding("Slack bot token", True, detail), _check_scopes(identity)]


def _check_scopes(identity: Identity) -> Finding:
    name = "Slack scopes"
    if identity.scopes is None:
        return Finding(name, True, "Slack did not say which the token has")
    missing = [scope for scope in SCOPES if scope not in identity.scopes]
    if not missing:
        return Finding(name, True, ", ".join(SCOPES))
    is_enough = not REQUIRED.intersection(missing)
    reasons = "; ".join(f"{scope} ({SCOPES[scope]})" for scope in missing)
    fix = f"Add {', '.join(missing)} under OAuth & Permissions and install the app again."
    return Finding(name, is_enough, f"without {reasons}", fix)


async def _check_app_token(calls: SlackCalls, app_token: str) -> Finding:
    name = "Slack app token"
    try:
        await calls.fetch("apps.connections.open", token=app_token)
    except CallFailed as failed:
        advice = "Set SLACK_APP_TOKEN to an xapp- token with connections:write, Socket Mode on."
        return Finding(name, False, _detail(failed), _fix_of(failed, advice))
    return Finding(name, True, "Socket Mode opens a connection")


async def _check_channel(
    calls: SlackCalls, channel: str, *, send_test_alert: bool
) -> list[Finding]:
    name = f"Slack channel {channel}"
    try:
        channel_id = await resolve_channel(calls, channel)
    except DeliveryFailed as failed:
        fix = "Give the channel's id (channel details, at the bottom) and invite the bot there."
        detail = "there is no such channel, or the bot cannot see it"
        is_unknown = failed.code == "channel_not_found"
        return [Finding(name, False, detail if is_unknown else str(failed), fix)]
    refused = await _check_place(calls, name, channel_id)
    if refused:
        return [refused]
    if send_test_alert:
        return await _try_to_post(calls, name, channel_id)
    return [await _check_reading(calls, name, channel_id)]


async def _check_place(calls: SlackCalls, name: str, channel_id: str) -> Finding | None:
    """Look at the channel itself, where that is allowed; a finding only if it cannot be used."""
    try:
        info = await calls.call("conversations.info", channel=channel_id)
    except CallFailed as failed:
        if failed.code != "channel_not_found":
            return None
        fix = "Check the id; a private channel is seen only once the bot is invited."
        return Finding(name, False, failed.code, fix)
    channel = info.get("channel") or {}
    if channel.get("is_archived"):
        return Finding(name, False, "it is archived", "Unarchive it or choose another channel.")
    if channel.get("is_member") is False:
        return Finding(name, False, "the bot is not in it", "Say /invite @replica-bot there.")
    return None


async def _check_reading(calls: SlackCalls, name: str, channel_id: str) -> Finding:
    try:
        await calls.call("conversations.history", channel=channel_id, limit=1)
    except CallFailed as failed:
        return _unreadable(name, failed)
    return Finding(name, True, "the bot is in it and may read back what it posted")


def _unreadable(name: str, failed: CallFailed) -> Finding:
    if failed.code == "missing_scope":
        detail = "its history may not be read: after a lost answer an alert may come twice"
        return Finding(name, True, detail, "Add channels:history (groups:history if private).")
    fix = _fix_of(failed, "Say /invite @replica-bot in the channel.")
    return Finding(name, False, _detail(failed), fix)


async def _try_to_post(calls: SlackCalls, name: str, channel_id: str) -> list[Finding]:
    mark = f"test-{uuid.uuid4()}"
    metadata = {"event_type": EVENT_TYPE, "event_payload": {"notice": mark, "revision": 0}}
    message = render(plain_document(TEST_ALERT)).as_arguments()
    try:
        posted = await calls.call(
            "chat.postMessage", channel=channel_id, metadata=metadata, **message
        )
    except CallFailed as failed:
        fix = _fix_of(failed, "Say /invite @replica-bot in the channel.")
        return [Finding(f"{name}, posting", False, _detail(failed), fix)]
    finding = Finding(f"{name}, posting", True, f"posted as {posted.get('ts')}")
    return [finding, await _find_again(calls, f"{name}, reading back", channel_id, mark, posted)]


async def _find_again(
    calls: SlackCalls, name: str, channel_id: str, mark: str, posted: Json
) -> Finding:
    try:
        page = await calls.call(
            "conversations.history",
            channel=channel_id,
            oldest=posted.get("ts"),
            inclusive=True,
            include_all_metadata=True,
            limit=15,
        )
    except CallFailed as failed:
        return _unreadable(name, failed)
    found = any(_mark_of(message) == mark for message in page.get("messages") or ())
    if found:
        return Finding(name, True, "the test alert was found by its metadata")
    return Finding(
        name, False, "the test alert is not in the history", "Try it once more; then open an issue."
    )


def _mark_of(message: Json) -> object:
    return ((message.get("metadata") or {}).get("event_payload") or {}).get("notice")


def _detail(failed: CallFailed) -> str:
    if failed.status in (NOT_SENT, UNANSWERED):
        return f"Slack was not reached: {failed.code}"
    return f"Slack says {failed.code or f'HTTP {failed.status}'}"


def _fix_of(failed: CallFailed, advice: str) -> str:
    if failed.status in (NOT_SENT, UNANSWERED):
        return "Check the network, HTTPS_PROXY and SLACK_API_URL."
    return advice
