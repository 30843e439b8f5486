"""Modals from their trigger to their submission (reference §1.1, §1.5, §1.10)."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.slack import Modal, SlackWorkspace
from tests.demo.slack.builders import (
    Json,
    a_modal,
    a_section,
    a_select,
    a_text_input,
    an_input,
    an_option,
    plain,
    refusal,
    refused,
)

Answer = Callable[..., Awaitable[Any]]
SPAN = an_input("span", a_select(an_option("1 hour", "1h"), an_option("1 day", "1d")))
NOTE = an_input("note", a_text_input(max_length=10), optional=True)


async def open_view(slack: SlackWorkspace, client: AsyncWebClient, view: Json) -> Modal:
    trigger = slack.workspace.triggers.issue(slack.user)
    await client.views_open(trigger_id=trigger, view=view)
    modal = slack.modal()
    assert modal is not None
    return modal


class App:
    """A Bolt app that answers submissions as told and keeps what it got."""

    def __init__(self, app: AsyncApp) -> None:
        self.answer: Json = {}
        self.bodies: list[Json] = []
        app.view("mute")(self.submitted)
        app.view_closed("mute")(self.submitted)

    async def submitted(self, ack: Answer, body: Json) -> None:
        self.bodies.append(body)
        await ack(**self.answer)


@pytest.fixture
def listening(app: AsyncApp, connected: object) -> App:
    return App(app)


async def test_a_command_opens_a_modal_and_its_submission_tells_what_was_filled_in(
    slack: SlackWorkspace, app: AsyncApp, client: AsyncWebClient, listening: App
) -> None:
    @app.command("/replica")
    async def replica(ack: Answer, command: Json) -> None:
        await ack()
        view = a_modal(SPAN, NOTE, private_metadata="job 7")
        await client.views_open(trigger_id=command["trigger_id"], view=view)

    await slack.command("/replica mute", user=slack.other_user)
    modal = await slack.wait_for(lambda one: one.modal(one.other_user))
    assert modal is not None
    result = await slack.submit(modal.view["id"], {"mute": "1d", "note": "disk"})
    assert (result.acked, result.error, result.is_open) == (True, None, False)
    [body] = listening.bodies
    assert (body["type"], body["user"]["id"]) == ("view_submission", slack.other_user)
    assert body["view"]["private_metadata"] == "job 7"
    values = body["view"]["state"]["values"]
    assert values["span"]["mute"]["selected_option"] == {"text": plain("1 day"), "value": "1d"}
    assert values["note"]["note"] == {"type": "plain_text_input", "value": "disk"}
    assert slack.modal(slack.other_user) is None


async def test_inputs_start_with_their_initial_values(
    slack: SlackWorkspace, client: AsyncWebClient, listening: App
) -> None:
    day = an_option("1 day", "1d")
    view = a_modal(
        an_input("span", a_select(day, initial_option=day)),
        an_input("note", a_text_input(initial_value="old")),
        an_input("until", {"type": "datepicker", "action_id": "until"}, optional=True),
    )
    modal = await open_view(slack, client, view)
    await slack.submit(modal.view["id"])
    values = listening.bodies[0]["view"]["state"]["values"]
    assert values["span"]["mute"]["selected_option"]["value"] == "1d"
    assert values["note"]["note"]["value"] == "old"
    assert values["until"]["until"] == {"type": "datepicker", "selected_date": None}


async def test_several_options_are_chosen_by_their_values(
    slack: SlackWorkspace, client: AsyncWebClient, listening: App
) -> None:
    options = [an_option(str(number), str(number)) for number in range(3)]
    boxes = {"type": "checkboxes", "action_id": "which", "options": options}
    modal = await open_view(slack, client, a_modal(an_input("which", boxes, optional=True)))
    await slack.submit(modal.view["id"], {"which": ["0", "2"]})
    chosen = listening.bodies[0]["view"]["state"]["values"]["which"]["which"]
    assert [one["value"] for one in chosen["selected_options"]] == ["0", "2"]


async def test_a_menu_outside_an_input_is_told_and_never_required(
    slack: SlackWorkspace, client: AsyncWebClient, listening: App
) -> None:
    menu = a_section(block_id="s", accessory=a_select(an_option("1 hour", "1h")))
    modal = await open_view(slack, client, a_modal(menu))
    assert (await slack.submit(modal.view["id"])).acked
    values = listening.bodies[0]["view"]["state"]["values"]
    assert values["s"]["mute"] == {"type": "static_select", "selected_option": None}


async def test_a_modal_that_follows_from_a_submission_stays_open(
    slack: SlackWorkspace, app: AsyncApp, client: AsyncWebClient, connected: object
) -> None:
    @app.view("mute")
    async def submitted(ack: Answer, body: Json) -> None:
        await client.views_open(
            trigger_id=body["trigger_id"], view=a_modal(title=plain("Next"), callback_id="next")
        )
        await ack()

    first = await open_view(slack, client, a_modal())
    assert (await slack.submit(first.view["id"])).is_open is False
    following = slack.modal()
    assert following is not None
    assert following.view["title"]["text"] == "Next"


async def test_slacks_client_sends_nothing_while_something_is_missing(
    slack: SlackWorkspace, client: AsyncWebClient, listening: App
) -> None:
    why = an_input("why", a_text_input("why", min_length=3))
    modal = await open_view(slack, client, a_modal(SPAN, NOTE, why))
    result = await slack.submit(modal.view["id"], {"note": "far too long", "why": "x"})
    assert (result.acked, result.is_open, result.payload) == (False, True, None)
    assert result.errors == {
        "span": "Please complete this required field.",
        "note": "Please enter at most 10 characters.",
        "why": "Please enter at least 3 characters.",
    }
    assert listening.bodies == []


async def test_errors_of_the_app_stand_below_inputs_and_what_was_typed_stays(
    slack: SlackWorkspace, client: AsyncWebClient, listening: App
) -> None:
    modal = await open_view(slack, client, a_modal(SPAN, NOTE))
    listening.answer = {"response_action": "errors", "errors": {"note": "Say why"}}
    result = await slack.submit(modal.view["id"], {"span": "1h"})
    assert (result.is_open, result.errors) == (True, {"note": "Say why"})
    listening.answer = {}
    assert (await slack.submit(modal.view["id"], {"note": "disk"})).is_open is False
    assert listening.bodies[-1]["view"]["state"]["values"]["span"]["mute"]["selected_option"]


async def test_an_update_puts_another_view_in_its_place(
    slack: SlackWorkspace, client: AsyncWebClient, listening: App
) -> None:
    modal = await open_view(slack, client, a_modal(NOTE))
    first = dict(modal.view)
    second = a_modal(NOTE, a_section("Sure?"), title=plain("Sure?"))
    listening.answer = {"response_action": "update", "view": second}
    assert (await slack.submit(first["id"], {"note": "disk"})).is_open is True
    assert (modal.view["id"], modal.view["title"]["text"]) == (first["id"], "Sure?")
    assert modal.view["hash"] != first["hash"]
    assert modal.state["note"]["note"]["value"] == "disk"


async def test_clear_closes_it(
    slack: SlackWorkspace, client: AsyncWebClient, listening: App
) -> None:
    modal = await open_view(slack, client, a_modal())
    listening.answer = {"response_action": "clear"}
    assert (await slack.submit(modal.view["id"])).is_open is False


@pytest.mark.parametrize(
    "answer",
    [
        {"text": "a message is no answer here"},
        {"response_action": "sulk"},
        {"response_action": "errors", "errors": {"nowhere": "x"}},
        {"response_action": "update", "view": {"type": "modal"}},
    ],
)
async def test_an_answer_that_makes_no_sense_is_shown_to_the_person(
    slack: SlackWorkspace, client: AsyncWebClient, listening: App, answer: Json
) -> None:
    modal = await open_view(slack, client, a_modal(NOTE))
    listening.answer = answer
    result = await slack.submit(modal.view["id"])
    assert (result.acked, result.is_open) == (True, True)
    assert modal.problem == result.error
    assert result.error in {"invalid_response_action", "invalid_arguments"}


async def test_a_submission_that_nobody_hears_leaves_the_modal_open(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    modal = await open_view(slack, client, a_modal())
    result = await slack.submit(modal.view["id"])
    assert (result.acked, result.error, result.is_open) == (False, "dispatch_failed", True)


@pytest.mark.parametrize("wants_to_know", [True, False])
async def test_closing_tells_an_app_that_wants_to_know(
    slack: SlackWorkspace, client: AsyncWebClient, listening: App, wants_to_know: bool
) -> None:
    modal = await open_view(slack, client, a_modal(notify_on_close=wants_to_know))
    assert await slack.close_view(modal.view["id"]) is wants_to_know
    assert [body["type"] for body in listening.bodies] == ["view_closed"] * wants_to_know
    assert slack.modal() is None


async def test_what_is_not_there_cannot_be_filled_in_or_submitted(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    modal = await open_view(slack, client, a_modal(SPAN))
    with pytest.raises(LookupError, match=r"no input color.*span"):
        await slack.submit(modal.view["id"], {"color": "red"})
    with pytest.raises(LookupError, match="no option '9h'"):
        await slack.submit(modal.view["id"], {"span": "9h"})
    with pytest.raises(LookupError, match="no open view V0"):
        await slack.submit("V0")
    silent = a_modal()
    del silent["submit"]
    modal = await open_view(slack, client, silent)
    with pytest.raises(LookupError, match="no button to submit"):
        await slack.submit(modal.view["id"])


async def test_a_trigger_is_good_once_for_three_seconds_and_only_if_slack_made_it(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    async def open_with(trigger: str) -> str:
        return await refusal(client.views_open(trigger_id=trigger, view=a_modal()))

    used, old = (slack.workspace.triggers.issue(slack.user) for _ in range(2))
    await client.views_open(trigger_id=used, view=a_modal())
    assert await open_with(used) == "exchanged_trigger_id"
    assert await open_with("1.2.3") == "invalid_trigger_id"
    slack.options = replace(slack.options, clock_skew=timedelta(seconds=4))
    assert await open_with(old) == "expired_trigger_id"


@pytest.mark.parametrize(
    ("most", "build"),
    [
        (24, lambda n: a_modal(title=plain("x" * n))),
        (24, lambda n: a_modal(submit=plain("x" * n))),
        (24, lambda n: a_modal(close=plain("x" * n))),
        (100, lambda n: a_modal(*[a_section()] * n)),
        (3000, lambda n: a_modal(private_metadata="x" * n)),
        (255, lambda n: a_modal(callback_id="x" * n)),
    ],
)
async def test_a_modal_has_limits(
    slack: SlackWorkspace, client: AsyncWebClient, most: int, build: Callable[[int], Json]
) -> None:
    assert (await open_view(slack, client, build(most))).view["type"] == "modal"
    trigger = slack.workspace.triggers.issue(slack.user)
    call = client.views_open(trigger_id=trigger, view=build(most + 1))
    assert await refusal(call) == "invalid_arguments"


@pytest.mark.parametrize(
    ("view", "problem"),
    [
        (a_modal(title={"type": "mrkdwn", "text": "*x*"}), "unsupported type: mrkdwn"),
        ({**a_modal(), "type": "home"}, "must be one of: modal"),
        (
            {"type": "modal", "title": plain("x"), "blocks": [NOTE]},
            "missing required field: submit",
        ),
    ],
)
async def test_what_no_modal_may_be_is_refused(
    client: AsyncWebClient, view: Json, problem: str
) -> None:
    answer = await refused(client.views_open(trigger_id="1.2.3", view=view))
    assert answer["error"] == "invalid_arguments"
    assert problem in str(answer["errors"])


async def test_a_modal_of_over_250_kb_is_too_large(client: AsyncWebClient) -> None:
    view = a_modal(*[a_section("x" * 2900)] * 90)
    assert await refusal(client.views_open(trigger_id="1.2.3", view=view)) == "view_too_large"


async def test_an_open_modal_can_be_updated_under_its_newest_hash(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    modal = await open_view(slack, client, a_modal(external_id="mine"))
    old = modal.view["hash"]
    await client.views_update(external_id="mine", hash=old, view=a_modal(title=plain("Done")))
    assert modal.view["title"]["text"] == "Done"
    again = client.views_update(view_id=modal.view["id"], hash=old, view=a_modal())
    assert await refusal(again) == "hash_conflict"
    assert await refusal(client.views_update(view_id="V0", view=a_modal())) == "not_found"


async def test_an_id_of_the_apps_own_is_used_once(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    await open_view(slack, client, a_modal(external_id="mine"))
    call = client.views_open(trigger_id="1.2.3", view=a_modal(external_id="mine"))
    assert await refusal(call) == "duplicate_external_id"
