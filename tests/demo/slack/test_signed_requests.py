"""HTTP mode with a real Bolt app behind a real port (reference §1.1, §1.4, §2)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.slack import SlackWorkspace, events
from tests.demo.slack.builders import (
    Json,
    a_modal,
    a_text_input,
    an_actions_block,
    an_input,
    an_option,
)

Answer = Callable[..., Awaitable[Any]]


@dataclass
class Site:
    """An app's own web server: `bolt` answers unless `answer` is set."""

    url: str
    requests: list[web.Request]
    answer: Callable[[], web.Response] | None = None


@pytest.fixture
def app(slack: SlackWorkspace, client: AsyncWebClient) -> AsyncApp:
    return AsyncApp(client=client, signing_secret=slack.signing_secret)


@pytest_asyncio.fixture
async def site(slack: SlackWorkspace, app: AsyncApp) -> AsyncIterator[Site]:
    async def receive(request: web.Request) -> web.Response:
        made.requests.append(request)
        await request.read()
        slack.workspace.changes.ring()
        if made.answer is not None:
            return made.answer()
        asked = await to_bolt_request(request)
        return await to_aiohttp_response(await app.async_dispatch(asked))

    async def elsewhere(_request: web.Request) -> web.Response:
        return web.Response()

    server = web.Application()
    server.router.add_post("/slack/events", receive)
    server.router.add_get("/elsewhere", elsewhere)
    runner = web.AppRunner(server)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made = Site(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events", [])
    yield made
    await runner.cleanup()


@pytest_asyncio.fixture
async def entered(slack: SlackWorkspace, site: Site) -> Site:
    """A site whose address was entered as request URL, its verification forgotten."""
    await slack.connect_http(site.url)
    site.requests.clear()
    return site


async def test_entering_a_url_verifies_it_and_ends_socket_mode(
    slack: SlackWorkspace, site: Site
) -> None:
    await slack.connect_http(site.url)
    assert len(site.requests) == 2
    assert "url_verification" in await site.requests[0].text()
    assert (await site.requests[1].post())["ssl_check"] == "1"
    assert slack.options.http_url == site.url
    await slack.wait_connected()


@pytest.mark.parametrize(
    "answer",
    [lambda: web.Response(text="hello"), lambda: web.Response(status=401, text="no")],
)
async def test_a_url_that_does_not_echo_the_challenge_is_not_taken(
    slack: SlackWorkspace, site: Site, answer: Callable[[], web.Response]
) -> None:
    site.answer = answer
    with pytest.raises(LookupError, match="answered the challenge with HTTP"):
        await slack.connect_http(site.url)
    assert slack.options.http_url is None


async def test_a_command_is_a_signed_form_and_its_answer_is_shown(
    slack: SlackWorkspace, app: AsyncApp, entered: Site
) -> None:
    @app.command("/replica")
    async def replica(ack: Answer, command: Json) -> None:
        await ack(f"heard {command['text']}")

    result = await slack.command("/replica failed")
    assert (result.acked, result.error) == (True, None)
    [request] = entered.requests
    assert request.content_type == "application/x-www-form-urlencoded"
    assert (await request.post())["command"] == "/replica"
    assert [one.text for one in slack.ephemerals()] == ["heard failed"]


async def test_buttons_modals_and_suggestions_work_too(
    slack: SlackWorkspace, app: AsyncApp, client: AsyncWebClient, entered: Site
) -> None:
    search = {"type": "external_select", "action_id": "job", "min_query_length": 0}

    @app.action("share")
    async def shared(ack: Answer, body: Json) -> None:
        await ack()
        view = a_modal(an_input("note", a_text_input()), an_input("which", search))
        await client.views_open(trigger_id=body["trigger_id"], view=view)

    @app.options("job")
    async def job_typed(ack: Answer) -> None:
        await ack(options=[an_option("SQL", "sql")])

    @app.view("mute")
    async def muted(ack: Answer) -> None:
        await ack(response_action="errors", errors={"note": "Say more"})

    blocks = [an_actions_block()]
    await client.chat_postMessage(channel=slack.channel, text="x", blocks=blocks)
    assert (await slack.press(slack.messages()[0], text="Share")).acked
    modal = await slack.wait_for(lambda now: now.modal())
    assert modal is not None
    await slack.suggest(modal.view, "job", "")
    result = await slack.submit(modal.view["id"], {"note": "disk", "job": "sql"})
    assert result.errors == {"note": "Say more"}


async def test_an_event_is_signed_json(slack: SlackWorkspace, app: AsyncApp, entered: Site) -> None:
    @app.event("app_mention")
    async def mentioned() -> None:
        pass

    slack.say(f"<@{slack.workspace.bot.id}> failed")
    await slack.wait_for(lambda _: entered.requests)
    [request] = entered.requests
    assert (await request.json())["event"]["type"] == "app_mention"
    assert "X-Slack-Retry-Num" not in request.headers


async def test_a_foreign_signature_or_clock_is_refused_by_the_app(
    slack: SlackWorkspace, entered: Site
) -> None:
    slack.options = replace(slack.options, clock_skew=timedelta(minutes=6))
    assert (await slack.command("/replica failed")).error == "dispatch_failed"
    slack.options = replace(slack.options, clock_skew=timedelta(0))
    slack.workspace.signing_secret = "another"
    assert (await slack.command("/replica failed")).error == "dispatch_failed"
    assert len(entered.requests) == 2


async def test_a_request_can_be_replayed_and_spoiled(
    slack: SlackWorkspace, app: AsyncApp, entered: Site
) -> None:
    @app.command("/replica")
    async def replica(ack: Answer) -> None:
        await ack()

    await slack.command("/replica failed")
    last = slack.requests.last
    assert last is not None
    assert await slack.requests.send(last) == 200
    assert await slack.requests.send(replace(last, body=last.body + b"&x=1")) == 401
    assert await slack.requests.send(replace(last, headers={})) == 401
    assert len(entered.requests) == 4


@pytest.mark.parametrize(
    ("answer", "retries"),
    [
        (web.Response(status=500), [None, "1", "2", "3"]),
        (web.Response(status=500, headers={"X-Slack-No-Retry": "1"}), [None]),
        (web.Response(status=302, headers={"Location": "/elsewhere"}), [None, "1", "2", "3"]),
    ],
)
async def test_an_event_that_fails_comes_again_unless_the_app_forbids_it(
    slack: SlackWorkspace,
    entered: Site,
    monkeypatch: pytest.MonkeyPatch,
    answer: web.Response,
    retries: list[str | None],
) -> None:
    monkeypatch.setattr(events, "RETRY_SECONDS", (0.0, 0.0, 0.0))
    entered.answer = lambda: web.Response(status=answer.status, headers=answer.headers)
    assert await slack.event({"type": "app_home_opened"}) is None
    await slack.wait_for(lambda _: len(entered.requests) == len(retries))
    assert [one.headers.get("X-Slack-Retry-Num") for one in entered.requests] == retries
    ids = {(await one.json())["event_id"] for one in entered.requests}
    assert len(ids) == 1
    if len(retries) > 1:
        assert entered.requests[1].headers["X-Slack-Retry-Reason"] == "http_error"
    entered.answer = web.Response
    for _ in range(3):
        assert await slack.event({"type": "later"}) is not None
    assert len(entered.requests) == len(retries) + 3


async def test_an_event_may_come_twice(slack: SlackWorkspace, app: AsyncApp, entered: Site) -> None:
    @app.event("app_home_opened")
    async def opened() -> None:
        pass

    with pytest.raises(LookupError, match="no event"):
        await slack.faults.redeliver()
    assert await slack.open_home() is not None
    assert await slack.faults.redeliver() is not None
    first, second = [(await one.json())["event_id"] for one in entered.requests]
    assert first == second
    assert entered.requests[1].headers["X-Slack-Retry-Reason"] == "http_timeout"


async def test_an_app_that_is_not_there_or_too_slow_is_the_persons_error(
    slack: SlackWorkspace, entered: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.demo.slack.signed_requests.ACK_SECONDS", 0.01)
    stuck = asyncio.Event()

    async def wait(_request: web.Request) -> web.Response:
        await stuck.wait()
        return web.Response()

    server = web.Application()
    server.router.add_post("/", wait)
    runner = web.AppRunner(server)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slow = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    slack.options = replace(slack.options, http_url=slow)
    assert (await slack.command("/replica failed")).error == "operation_timeout"
    stuck.set()
    await runner.cleanup()
    assert (await slack.command("/replica failed")).error == "dispatch_failed"
