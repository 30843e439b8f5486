"""What `replica-bot check` says about Slack, against the emulated workspace."""

from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp
import pytest
import pytest_asyncio

from bot.demo.slack import SlackWorkspace
from bot.errors import ChannelRefused, DeliveryPostponed
from bot.slack.checks import Finding, check_slack, resolve_channel
from bot.slack.clients import Reply, SlackCalls, build_client


@pytest_asyncio.fixture(loop_scope="module")
async def fresh(slack: SlackWorkspace, session: aiohttp.ClientSession) -> AsyncIterator[SlackCalls]:
    """Calls that have not asked yet who they are; the workspace's switches are put back."""
    options = slack.options
    yield SlackCalls(build_client(slack.bot_token, session, slack.api_url))
    slack.options = options
    slack.faults.clear()


def wrong(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if not finding.ok]


async def test_a_good_installation_has_nothing_wrong(
    slack: SlackWorkspace, fresh: SlackCalls
) -> None:
    findings = await check_slack(fresh, slack.app_token, [slack.channel, "#replication"])
    assert wrong(findings) == []
    assert "replica-bot in Replica Demo" in findings[0].detail
    assert slack.messages() == []


async def test_a_test_alert_is_posted_and_read_back(
    slack: SlackWorkspace, fresh: SlackCalls
) -> None:
    findings = await check_slack(fresh, "", [slack.channel], send_test_alert=True)
    assert [finding.ok for finding in findings] == [True] * 4
    assert "Test alert" in slack.messages()[-1].text


async def test_a_wrong_bot_token_is_told_with_its_setting(
    slack: SlackWorkspace, session: aiohttp.ClientSession
) -> None:
    calls = SlackCalls(build_client("xoxb-wrong", session, slack.api_url))
    (finding,) = await check_slack(calls, "", [slack.channel])
    assert not finding.ok
    assert "invalid_auth" in finding.detail
    assert "SLACK_BOT_TOKEN" in finding.fix


async def test_a_wrong_app_token_is_told_with_its_setting(fresh: SlackCalls) -> None:
    (finding,) = wrong(await check_slack(fresh, "xapp-wrong", []))
    assert "SLACK_APP_TOKEN" in finding.fix


async def test_a_missing_scope_that_is_needed_is_wrong(
    slack: SlackWorkspace, fresh: SlackCalls
) -> None:
    slack.options = replace(slack.options, scopes=slack.options.scopes - {"chat:write"})
    (finding,) = wrong(await check_slack(fresh, "", []))
    assert "chat:write" in finding.fix


async def test_a_history_that_may_not_be_read_is_a_warning_only(
    slack: SlackWorkspace, fresh: SlackCalls
) -> None:
    slack.options = replace(slack.options, history="forbidden")
    findings = await check_slack(fresh, "", [slack.channel])
    assert wrong(findings) == []
    assert "twice" in findings[-1].detail


async def test_a_channel_without_the_bot_asks_for_an_invitation(
    slack: SlackWorkspace, fresh: SlackCalls
) -> None:
    (finding,) = wrong(await check_slack(fresh, "", [slack.other_channel]))
    assert "/invite" in finding.fix


async def test_a_workspace_that_knows_no_conversations_info_is_checked_all_the_same(
    slack: SlackWorkspace, fresh: SlackCalls
) -> None:
    slack.faults.refuse("conversations.info", "unknown_method", times=2)
    assert wrong(await check_slack(fresh, "", [slack.channel])) == []
    (finding,) = wrong(await check_slack(fresh, "", [slack.other_channel]))
    assert "not_in_channel" in finding.detail


async def test_an_unreachable_slack_points_to_the_network(
    session: aiohttp.ClientSession, unused_tcp_port: int
) -> None:
    calls = SlackCalls(build_client("xoxb-1", session, f"http://127.0.0.1:{unused_tcp_port}/"))
    (finding,) = await check_slack(calls, "", [])
    assert "SLACK_API_URL" in finding.fix


async def test_a_channel_name_is_resolved_and_an_id_is_not_asked_for(
    slack: SlackWorkspace, fresh: SlackCalls
) -> None:
    assert await resolve_channel(fresh, "#replication") == slack.channel
    slack.calls.clear()
    assert await resolve_channel(fresh, slack.channel) == slack.channel
    assert slack.calls == []


async def test_without_groups_read_public_channels_are_still_found(
    slack: SlackWorkspace, fresh: SlackCalls
) -> None:
    slack.options = replace(slack.options, scopes=slack.options.scopes - {"groups:read"})
    assert await resolve_channel(fresh, "replication") == slack.channel


async def test_an_unknown_channel_name_is_refused(slack: SlackWorkspace, fresh: SlackCalls) -> None:
    with pytest.raises(ChannelRefused):
        await resolve_channel(fresh, "nowhere")
    slack.options = replace(slack.options, scopes=frozenset({"chat:write"}))
    with pytest.raises(ChannelRefused):
        await resolve_channel(fresh, "replication")


async def test_a_channel_that_cannot_be_looked_up_now_may_be_later(
    slack: SlackWorkspace, fresh: SlackCalls
) -> None:
    slack.faults.rate_limit("conversations.list")
    with pytest.raises(DeliveryPostponed):
        await resolve_channel(fresh, "replication")


async def test_a_channel_on_a_later_page_is_found(slack: SlackWorkspace, fresh: SlackCalls) -> None:
    for number in range(200):
        slack.workspace.add_channel(f"room-{number}", members=[])
    last = slack.workspace.add_channel("last-room", members=[slack.workspace.bot.id])
    assert await resolve_channel(fresh, "last-room") == last.id


async def test_an_archived_channel_is_told(slack: SlackWorkspace, fresh: SlackCalls) -> None:
    attic = slack.workspace.add_channel("attic", members=[slack.workspace.bot.id])
    attic.is_archived = True
    (finding,) = wrong(await check_slack(fresh, "", [attic.id]))
    assert "archived" in finding.detail


async def test_an_unknown_channel_id_is_told(fresh: SlackCalls) -> None:
    (finding,) = wrong(await check_slack(fresh, "", ["C0000000000"]))
    assert "channel_not_found" in finding.detail


async def test_an_unknown_channel_name_is_told(fresh: SlackCalls) -> None:
    (finding,) = wrong(await check_slack(fresh, "", ["#nowhere"]))
    assert "channel's id" in finding.fix


async def test_a_test_alert_that_may_not_be_posted_is_told(
    slack: SlackWorkspace, fresh: SlackCalls
) -> None:
    slack.faults.refuse("chat.postMessage", "restricted_action")
    (finding,) = wrong(await check_slack(fresh, "", [slack.channel], send_test_alert=True))
    assert finding.name.endswith("posting")
    assert "restricted_action" in finding.detail


async def test_a_test_alert_that_may_not_be_read_back_is_a_warning_only(
    slack: SlackWorkspace, fresh: SlackCalls
) -> None:
    slack.options = replace(slack.options, history="forbidden")
    findings = await check_slack(fresh, "", [slack.channel], send_test_alert=True)
    assert wrong(findings) == []
    assert "twice" in findings[-1].detail


async def test_a_test_alert_that_is_not_found_again_is_wrong(
    slack: SlackWorkspace, fresh: SlackCalls
) -> None:
    class Forgetful(SlackCalls):
        async def fetch(self, method: str, *, token: str = "", **arguments: object) -> Reply:
            reply = await super().fetch(method, token=token, **arguments)
            is_history = method == "conversations.history"
            return Reply({"ok": True, "messages": []}, {}) if is_history else reply

    forgetful = Forgetful(fresh.client)
    (finding,) = wrong(await check_slack(forgetful, "", [slack.channel], send_test_alert=True))
    assert "not in the history" in finding.detail
