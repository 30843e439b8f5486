"""Answers that are not Slack's own: of proxies, load balancers and half-dead servers (§1.8)."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from bot.errors import DeliveryAmbiguous, DeliveryFailed, DeliveryPostponed
from bot.slack.checks import check_slack
from bot.slack.clients import SlackCalls, build_client, proxy_for
from bot.slack.messenger import SlackMessenger
from tests.slack.builders import NOW, a_notice, an_incident_view

Reply = Callable[[], web.Response]


@dataclass
class Mouth:
    """Says what it is told to, to any request."""

    says: Reply = web.Response

    async def answer(self, _request: web.Request) -> web.Response:
        return self.says()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served() -> AsyncIterator[tuple[Mouth, str]]:
    mouth, app = Mouth(), web.Application()
    app.router.add_route("*", "/{path:.*}", mouth.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield mouth, f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
    await runner.cleanup()


def html(status: int) -> Reply:
    return lambda: web.Response(status=status, text="<h1>proxy</h1>", content_type="text/html")


def text(status: int, body: str, kind: str = "text/plain") -> Reply:
    return lambda: web.Response(status=status, text=body, content_type=kind)


@pytest.mark.parametrize(
    ("reply", "meaning"),
    [
        (html(200), DeliveryAmbiguous),
        (html(502), DeliveryAmbiguous),
        (html(403), DeliveryAmbiguous),
        (text(200, "ok"), DeliveryAmbiguous),
        (text(200, ""), DeliveryAmbiguous),
        (text(200, "[1]", "application/json"), DeliveryAmbiguous),
        (text(200, '{"ok": tr', "application/json"), DeliveryAmbiguous),
        (text(200, '{"ok": true}', "application/json"), DeliveryAmbiguous),
        (text(503, '{"ok": false, "error": "x"}', "application/json"), DeliveryAmbiguous),
        (text(429, "slow down"), DeliveryPostponed),
        (html(429), DeliveryPostponed),
    ],
)
async def test_what_slack_did_not_say_is_not_taken_for_its_answer(
    served: tuple[Mouth, str],
    session: aiohttp.ClientSession,
    reply: Reply,
    meaning: type[DeliveryFailed],
) -> None:
    mouth, address = served
    mouth.says = reply
    messenger = SlackMessenger(SlackCalls(build_client("xoxb-1", session, address)))
    with pytest.raises(meaning) as failure:
        await messenger.send_notice(a_notice("C0123456789"), an_incident_view(), "")
    assert type(failure.value) is meaning


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("https://slack.com/api/", "http://proxy:3128"),
        ("http://127.0.0.1:8080/api/", None),
        ("http://[::1]:8080/api/", None),
        ("http://localhost/api/", None),
        ("https://slack.internal/api/", None),
    ],
)
def test_the_proxy_of_the_environment_is_used_but_not_for_loopback_and_exceptions(
    monkeypatch: pytest.MonkeyPatch, url: str, proxy: str | None
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    monkeypatch.setenv("NO_PROXY", "slack.internal")
    assert proxy_for(url) == proxy


async def test_a_date_that_is_none_leaves_the_clock_as_it_was(
    served: tuple[Mouth, str], session: aiohttp.ClientSession
) -> None:
    mouth, address = served
    mouth.says = lambda: web.json_response({"ok": True}, headers={"Date": "yesterday"})
    calls = SlackCalls(build_client("xoxb-1", session, address))
    await calls.call("auth.test")
    assert calls.slack_time(NOW) == NOW


async def test_a_workspace_that_names_no_scopes_leaves_them_open(
    served: tuple[Mouth, str], session: aiohttp.ClientSession
) -> None:
    mouth, address = served
    mouth.says = lambda: web.json_response({"ok": True, "user_id": "U1", "team_id": "T1"})
    findings = await check_slack(SlackCalls(build_client("xoxb-1", session, address)), "", [])
    assert [finding.detail for finding in findings] == [
        "U1 in T1",
        "Slack did not say which the token has",
    ]


async def test_an_answer_that_is_none_of_slacks_is_told_by_its_status(
    served: tuple[Mouth, str], session: aiohttp.ClientSession
) -> None:
    mouth, address = served
    mouth.says = html(502)
    (finding,) = await check_slack(SlackCalls(build_client("xoxb-1", session, address)), "", [])
    assert finding.detail == "Slack says HTTP 502"
