"""Whatever breaks before it is acknowledged is acknowledged with words (reference §4.3)."""

from slack_bolt.request.async_request import AsyncBoltRequest
from structlog.testing import capture_logs

from bot.slack.clients import SlackCalls
from bot.slack.listeners import build_app, listener_failed


async def test_a_broken_listener_is_acknowledged_and_its_reference_is_in_the_log(
    calls: SlackCalls,
) -> None:
    app = build_app(calls.client)

    async def break_down() -> None:
        raise RuntimeError("nobody expected this")

    app.command("/broken")(break_down)
    app.error(listener_failed)
    body = {"command": "/broken", "team_id": "T1", "user_id": "U1"}
    with capture_logs() as logs:
        answer = await app.async_dispatch(AsyncBoltRequest(body=body, mode="socket_mode"))
    reference = logs[0]["reference"]
    assert logs[0]["event"] == "question_failed"
    assert answer.status == 200
    assert reference in str(answer.body)


async def test_what_breaks_after_its_acknowledgement_is_only_logged() -> None:
    with capture_logs() as logs:
        assert await listener_failed(RuntimeError("late"), None, {"command": "/replica"}) is None
    assert logs
