"""views.publish: App Home (reference §1.5, §1.10)."""

from dataclasses import replace

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.slack import SlackWorkspace
from tests.demo.slack.builders import Json, a_modal, a_section, refusal, refused


def a_home(*blocks: Json, **rest: object) -> Json:
    return {"type": "home", "blocks": list(blocks) or [a_section()], **rest}


async def test_a_home_tab_is_published_for_one_person(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    await client.views_publish(user_id=slack.user, view=a_home())
    assert set(slack.workspace.homes) == {slack.user}


async def test_a_stale_hash_is_a_conflict(slack: SlackWorkspace, client: AsyncWebClient) -> None:
    async def publish(text: str, known: str) -> Json:
        view = a_home(a_section(text))
        answer = await client.views_publish(user_id=slack.user, view=view, hash=known)
        return dict(answer["view"])

    view = (await client.views_publish(user_id=slack.user, view=a_home()))["view"]
    await publish("second", view["hash"])
    assert await refusal(publish("third", view["hash"])) == "hash_conflict"


async def test_a_home_tab_holds_a_hundred_blocks(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    await client.views_publish(user_id=slack.user, view=a_home(*[a_section()] * 100))
    answer = await refused(
        client.views_publish(user_id=slack.user, view=a_home(*[a_section()] * 101))
    )
    assert answer["error"] == "invalid_arguments"
    assert answer["errors"] == ["no more than 100 items allowed [json-pointer:/view/blocks]"]


@pytest.mark.parametrize(
    ("view", "error"),
    [
        (a_home(private_metadata="x" * 3001), "invalid_arguments"),
        (a_home(a_section("x" * 3001)), "invalid_arguments"),
        (a_home(colour="red"), "invalid_arguments"),
        (a_home(*[a_section("x" * 2900)] * 90), "view_too_large"),
        (a_modal(), "invalid_arguments"),
    ],
)
async def test_a_view_that_is_no_home_tab_is_refused(
    slack: SlackWorkspace, client: AsyncWebClient, view: Json, error: str
) -> None:
    assert await refusal(client.views_publish(user_id=slack.user, view=view)) == error


async def test_a_home_tab_needs_the_feature_and_a_person(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    assert await refusal(client.views_publish(user_id="U0", view=a_home())) == "invalid_user"
    slack.options = replace(slack.options, app_home=False)
    assert await refusal(client.views_publish(user_id=slack.user, view=a_home())) == "not_enabled"
