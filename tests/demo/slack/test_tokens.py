"""Tokens, scopes, spellings of a request, and the workspace's own clock (reference §1.3, §1.11)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.slack import DEFAULT_SCOPES, SlackOptions, SlackWorkspace
from tests.demo.slack.builders import Json, refusal, refused


async def call(
    http: aiohttp.ClientSession, slack: SlackWorkspace, method: str, **request: object
) -> Json:
    async with http.post(slack.api_url + method, **request) as response:  # type: ignore[arg-type]  # aiohttp's arguments
        assert response.status == 200
        body: Json = await response.json()
    return body


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_a_call_without_a_token_is_not_authed(
    slack: SlackWorkspace, http: aiohttp.ClientSession
) -> None:
    assert await call(http, slack, "auth.test") == {"ok": False, "error": "not_authed"}


async def test_the_token_may_come_in_a_form_but_not_in_json(
    slack: SlackWorkspace, http: aiohttp.ClientSession
) -> None:
    token = {"token": slack.bot_token}
    assert (await call(http, slack, "auth.test", data=token))["ok"]
    assert (await call(http, slack, "auth.test", params=token))["ok"]
    assert (await call(http, slack, "auth.test", json=token))["error"] == "not_authed"


async def test_a_wrong_token_is_invalid(slack: SlackWorkspace) -> None:
    assert await refusal(AsyncWebClient("xoxb-1", slack.api_url).auth_test()) == "invalid_auth"


async def test_each_token_opens_its_own_doors_only(
    slack: SlackWorkspace, http: aiohttp.ClientSession
) -> None:
    app, bot = bearer(slack.app_token), bearer(slack.bot_token)
    wrong_for_bot = await call(http, slack, "auth.test", headers=app)
    wrong_for_app = await call(http, slack, "apps.connections.open", headers=bot)
    assert wrong_for_bot["error"] == wrong_for_app["error"] == "not_allowed_token_type"


async def test_an_app_token_counts_in_the_header_only(
    slack: SlackWorkspace, http: aiohttp.ClientSession
) -> None:
    in_form = await call(http, slack, "apps.connections.open", data={"token": slack.app_token})
    in_header = await call(http, slack, "apps.connections.open", headers=bearer(slack.app_token))
    assert in_form["error"] == "not_authed"
    assert in_header["url"].startswith("ws://")


async def test_a_revoked_token_is_refused_until_it_is_restored(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    slack.faults.revoke_token()
    assert await refusal(client.auth_test()) == "token_revoked"
    slack.faults.revoke_token("account_inactive")
    assert await refusal(client.auth_test()) == "account_inactive"
    slack.faults.restore_token()
    assert (await client.auth_test())["ok"]


async def test_a_renewed_token_counts_and_the_old_one_is_revoked(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    slack.faults.revoke_token("account_inactive")
    token = slack.faults.renew_token()
    assert token == slack.bot_token
    assert await refusal(client.auth_test()) == "token_revoked"
    assert (await client.auth_test(token=token))["ok"]


async def test_an_unknown_method_is_named(slack: SlackWorkspace, client: AsyncWebClient) -> None:
    answer = await refused(client.api_call("chat.shout"))
    assert (answer["error"], answer["req_method"]) == ("unknown_method", "chat.shout")


async def test_a_missing_scope_is_named_with_those_that_are_there(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    slack.options = SlackOptions(scopes=frozenset({"commands"}))
    answer = await refused(client.chat_postMessage(channel=slack.channel, text="x"))
    assert answer["error"] == "missing_scope"
    assert (answer["needed"], answer["provided"]) == ("chat:write", "commands")


async def test_answers_tell_the_scopes_of_the_token(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    slack.options = SlackOptions(scopes=frozenset({"commands", "chat:write"}))
    answer = await client.auth_test()
    assert answer.headers["x-oauth-scopes"] == "chat:write,commands"


async def test_answers_and_timestamps_follow_the_workspaces_own_clock(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    slack.options = replace(slack.options, clock_skew=timedelta(hours=-3))
    answer = await client.chat_postMessage(channel=slack.channel, text="x")
    date, now = parsedate_to_datetime(answer.headers["Date"]), datetime.now(UTC)
    assert timedelta(hours=2, minutes=59) < now - date < timedelta(hours=3, minutes=1)
    assert abs(float(answer["ts"]) - date.timestamp()) < 2


async def test_no_two_messages_have_the_same_timestamp(slack: SlackWorkspace) -> None:
    assert len({slack.say(str(number)).ts for number in range(2000)}) == 2000


@pytest.mark.parametrize(("body", "error"), [("{", "invalid_json"), ("[]", "json_not_object")])
async def test_a_body_that_is_not_the_json_it_claims_is_refused(
    slack: SlackWorkspace, http: aiohttp.ClientSession, body: str, error: str
) -> None:
    headers = {**bearer(slack.bot_token), "Content-Type": "application/json"}
    answer = await call(http, slack, "chat.postMessage", data=body, headers=headers)
    assert answer["error"] == error


async def test_a_missing_argument_is_named(slack: SlackWorkspace, client: AsyncWebClient) -> None:
    answer = await refused(client.api_call("conversations.history"))
    assert answer["error"] == "invalid_arguments"
    assert answer["errors"] == ["missing required field: channel"]


async def test_users_need_a_scope_and_are_found_by_id(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    slack.options = SlackOptions(scopes=DEFAULT_SCOPES - {"users:read"})
    assert await refusal(client.users_info(user=slack.user)) == "missing_scope"
    slack.options = SlackOptions()
    assert (await client.users_info(user=slack.user))["user"]["name"] == "ana"
    assert await refusal(client.users_info(user="U0")) == "user_not_found"
