"""Menus that ask the app for their options as people type ([D] block_suggestion)."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.slack import SlackWorkspace
from tests.demo.slack.builders import (
    Json,
    a_modal,
    a_section,
    an_actions_block,
    an_input,
    an_option,
    plain,
    refusal,
)

Answer = Callable[..., Awaitable[Any]]
JOBS = [an_option(f"SQL {number}", f"sql{number}") for number in range(3)]


def a_search(action_id: str = "job", **rest: Any) -> Json:
    return {
        "type": "external_select",
        "action_id": action_id,
        "min_query_length": 1,
        "placeholder": plain("Find a job"),
        **rest,
    }


@pytest.fixture
def asked(app: AsyncApp, connected: object) -> list[Json]:
    """What the app was asked; it offers the jobs that contain what was typed."""
    bodies: list[Json] = []

    @app.options("job")
    async def job_typed(ack: Answer, body: Json) -> None:
        bodies.append(body)
        await ack(options=[one for one in JOBS if body["value"] in one["text"]["text"]])

    @app.action("job")
    async def job_chosen(ack: Answer, body: Json) -> None:
        bodies.append(body)
        await ack()

    return bodies


async def post(slack: SlackWorkspace, client: AsyncWebClient, *blocks: Json) -> str:
    answer = await client.chat_postMessage(channel=slack.channel, text="x", blocks=list(blocks))
    return str(answer["ts"])


async def test_typing_offers_what_the_app_answers_and_one_is_chosen(
    slack: SlackWorkspace, client: AsyncWebClient, asked: list[Json]
) -> None:
    ts = await post(slack, client, an_actions_block(a_search()))
    assert await slack.suggest(ts, "job", "SQL 1") == [JOBS[1]]
    assert (await slack.select(ts, "job", "sql1")).acked
    suggestion, choice = asked
    assert (suggestion["type"], suggestion["value"]) == ("block_suggestion", "SQL 1")
    assert (suggestion["action_id"], suggestion["block_id"]) == ("job", "b0")
    assert suggestion["container"]["message_ts"] == ts
    assert "trigger_id" not in suggestion
    assert choice["actions"][0]["selected_option"] == JOBS[1]
    assert choice["state"]["values"]["b0"]["job"]["selected_option"] == JOBS[1]


async def test_only_what_was_offered_last_and_to_oneself_can_be_chosen(
    slack: SlackWorkspace, client: AsyncWebClient, asked: list[Json]
) -> None:
    ts = await post(slack, client, an_actions_block(a_search()))
    with pytest.raises(LookupError, match=r"no option 'sql1'.*it has \[\]"):
        await slack.select(ts, "job", "sql1")
    await slack.suggest(ts, "job", "SQL 1")
    with pytest.raises(LookupError, match="no option 'sql1'"):
        await slack.select(ts, "job", "sql1", user=slack.other_user)
    await slack.suggest(ts, "job", "SQL 2")
    with pytest.raises(LookupError, match="no option 'sql1'"):
        await slack.select(ts, "job", "sql1")


async def test_a_short_text_is_not_sent(
    slack: SlackWorkspace, client: AsyncWebClient, asked: list[Json]
) -> None:
    by_default = a_search()
    del by_default["min_query_length"]
    ts = await post(slack, client, an_actions_block(by_default))
    assert await slack.suggest(ts, "job", "SQ") == []
    assert asked == []
    assert len(await slack.suggest(ts, "job", "SQL")) == 3


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"options": [an_option("x" * 76, "x")]}, "must be less than 76 characters"),
        ({"options": JOBS * 40}, "no more than 100 items"),
        ({"option": JOBS}, "invalid additional property"),
        ({"options": JOBS, "option_groups": []}, "neither options nor option_groups"),
        ({}, "neither options nor option_groups"),
    ],
)
async def test_options_that_no_menu_can_show_are_the_persons_error(
    slack: SlackWorkspace,
    client: AsyncWebClient,
    app: AsyncApp,
    connected: object,
    answer: Json,
    said: str,
) -> None:
    @app.options("job")
    async def job_typed(ack: Answer) -> None:
        await ack(answer)

    ts = await post(slack, client, an_actions_block(a_search()))
    with pytest.raises(LookupError, match=said):
        await slack.suggest(ts, "job", "S")


async def test_an_app_that_does_not_answer_is_the_persons_error(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    ts = await post(slack, client, an_actions_block(a_search()))
    with pytest.raises(LookupError, match="dispatch_failed"):
        await slack.suggest(ts, "job", "S")


async def test_groups_are_offered_too(
    slack: SlackWorkspace, client: AsyncWebClient, app: AsyncApp, connected: object
) -> None:
    @app.options("job")
    async def job_typed(ack: Answer) -> None:
        await ack(option_groups=[{"label": plain("vbr01"), "options": JOBS}])

    ts = await post(slack, client, an_actions_block(a_search()))
    assert await slack.suggest(ts, "job", "S") == JOBS


async def test_it_works_in_a_home_tab_and_in_a_modal(
    slack: SlackWorkspace, client: AsyncWebClient, app: AsyncApp, asked: list[Json]
) -> None:
    view: Any = {"type": "home", "blocks": [a_section(accessory=a_search())]}
    await client.views_publish(user_id=slack.user, view=view)
    assert await slack.suggest(slack.home(), "job", "SQL 0") == [JOBS[0]]
    await slack.select(slack.home(), "job", "sql0")
    assert [one["container"]["type"] for one in asked] == ["view", "view"]
    trigger = slack.workspace.triggers.issue(slack.user)
    await client.views_open(trigger_id=trigger, view=a_modal(an_input("which", a_search())))
    modal = slack.modal()
    assert modal is not None
    await slack.suggest(modal.view, "job", "SQL 2")
    slack.fill(modal.view["id"], {"job": "sql2"})
    assert modal.state["which"]["job"]["selected_option"] == JOBS[2]
    with pytest.raises(LookupError, match="no option 'sql1'"):
        slack.fill(modal.view["id"], {"job": "sql1"})


async def test_a_menu_with_options_of_its_own_asks_nobody(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    menu = {"type": "static_select", "action_id": "job", "options": JOBS}
    ts = await post(slack, client, an_actions_block(menu))
    with pytest.raises(LookupError, match="asks nobody"):
        await slack.suggest(ts, "job", "SQL")


async def test_it_brings_no_options_along(slack: SlackWorkspace, client: AsyncWebClient) -> None:
    assert await refusal(post(slack, client, an_actions_block(a_search(options=JOBS))))
