"""Threads, the Home tab, dialogs and themes of the page, as a person uses them in a browser."""

from typing import Any

import pytest
from playwright.async_api import Page, expect
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.slack import SlackWorkspace
from tests.demo.slack.browsers import in_browser
from tests.demo.slack.builders import (
    Json,
    a_button,
    a_modal,
    a_section,
    a_text_input,
    an_actions_block,
    an_input,
    an_option,
    mrkdwn,
    plain,
)

pytestmark = in_browser
PHONE, DESKTOP = {"width": 390, "height": 780}, {"width": 1280, "height": 780}
ASKS = {
    "title": plain("Retry SQL Replica?"),
    "text": mrkdwn("EM starts it again on *vbr01*."),
    "confirm": plain("Retry job"),
    "deny": plain("Not now"),
}


@pytest.fixture
def seen(slack: SlackWorkspace, app: AsyncApp, connected: object) -> list[Json]:
    """The payloads of what was pressed or chosen, in whatever surface."""
    bodies: list[Json] = []

    async def used(ack: Any, body: Json) -> None:
        bodies.append(body)
        await ack()
        slack.workspace.changes.ring()

    for action_id in ("share", "job", "mute"):
        app.action(action_id)(used)
    return bodies


async def test_a_thread_opens_beside_the_channel_takes_replies_and_closes(
    slack: SlackWorkspace, page: Page, client: AsyncWebClient
) -> None:
    ts = str((await client.chat_postMessage(channel=slack.channel, text="failed"))["ts"])
    for text in ("again", "and again"):
        await client.chat_postMessage(channel=slack.channel, thread_ts=ts, text=text)
    below = page.locator("#messages .below")
    await expect(below).to_contain_text("2 replies")
    await expect(page.locator("#messages > .message")).to_have_count(1)
    await below.click()
    replies = page.locator("#replies > .message")
    await expect(replies).to_have_count(3)
    await expect(page.get_by_label("Reply", exact=True)).to_be_focused()
    await page.keyboard.type("I look into it")
    await page.keyboard.press("Enter")
    await expect(replies.last).to_contain_text("I look into it")
    assert [one.text for one in slack.replies(ts)][-1] == "I look into it"
    await page.get_by_label("Close thread").click()
    await expect(page.locator("#thread")).to_be_hidden()
    await expect(below).to_be_focused()


@pytest.mark.parametrize(("size", "covers"), [(DESKTOP, False), (PHONE, True)])
async def test_a_thread_covers_the_screen_of_a_phone_only(
    slack: SlackWorkspace, page: Page, size: Any, covers: bool
) -> None:
    await page.set_viewport_size(size)
    slack.say("below", thread_ts=slack.say("root").ts)
    await page.locator(".below").click()
    box = await page.locator("#thread").bounding_box()
    assert (box == {"x": 0, "y": 0, **size}) is covers
    await page.keyboard.press("Escape")
    await expect(page.locator("#thread")).to_be_hidden()


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
async def test_nothing_is_wider_than_the_screen(
    slack: SlackWorkspace, page: Page, client: AsyncWebClient, size: Any
) -> None:
    await page.set_viewport_size(size)
    wide = "a_very_long_name_without_any_place_to_break_" * 8
    rows = [[{"type": "raw_text", "text": wide}] * 5] * 2
    blocks: list[Json] = [
        {"type": "header", "text": plain(wide[:150])},
        {"type": "section", "fields": [mrkdwn(wide)] * 4, "accessory": a_button("Acknowledge it")},
        {"type": "table", "rows": rows},
        {"type": "context", "elements": [mrkdwn(wide)]},
    ]
    attachments = [{"color": "#d40e0d", "blocks": [a_section(wide)]}]
    ts = (
        await client.chat_postMessage(
            channel=slack.channel, text=wide, blocks=blocks, attachments=attachments
        )
    )["ts"]
    slack.say(wide, thread_ts=ts)
    await page.locator(".below").wait_for()
    for selector in ("body", "#messages"):
        overhang = await page.locator(selector).evaluate("e => e.scrollWidth - e.clientWidth")
        assert overhang <= 0, selector


async def test_a_mention_typed_on_the_page_reaches_the_app(
    slack: SlackWorkspace, page: Page, app: AsyncApp, connected: object
) -> None:
    @app.event("app_mention")
    async def mentioned(event: Json, say: Any) -> None:
        await say(text="heard", thread_ts=event["ts"])

    await page.fill("#line", "@Replica Bot failed <b> & https://em.x/a?b=1&c")
    await page.press("#line", "Enter")
    await expect(page.locator(".message .mention")).to_have_text("@Replica Bot")
    await expect(page.locator(".below")).to_contain_text("1 reply")
    [message] = slack.messages()
    bot = slack.workspace.bot.id
    assert message.text == f"<@{bot}> failed &lt;b&gt; &amp; <https://em.x/a?b=1&amp;c>"


async def test_the_home_tab_asks_the_app_and_its_widgets_work(
    slack: SlackWorkspace, page: Page, client: AsyncWebClient, app: AsyncApp, seen: list[Json]
) -> None:
    @app.event("app_home_opened")
    async def opened(event: Json) -> None:
        view: Any = {"type": "home", "blocks": [a_section("2 open"), an_actions_block()]}
        await client.views_publish(user_id=event["user"], view=view)

    await page.click("nav >> text=@Replica Bot")
    await page.get_by_role("tab", name="Home").click()
    await expect(page.locator("#home")).to_contain_text("2 open")
    await expect(page.locator("#composer")).to_be_hidden()
    await page.get_by_role("button", name="Share").click()
    await slack.wait_for(lambda _: seen)
    assert seen[0]["container"]["type"] == "view"
    await page.get_by_role("tab", name="Messages").click()
    await expect(page.locator("#composer")).to_be_visible()
    await page.click("nav >> text=#replication")
    await expect(page.locator("#tabs")).to_be_hidden()


async def test_a_home_tab_that_nobody_serves_says_so(
    slack: SlackWorkspace, page: Page, client: AsyncWebClient
) -> None:
    await page.click("nav >> text=@Replica Bot")
    await page.get_by_role("tab", name="Home").click()
    await expect(page.locator("#home")).to_contain_text("published nothing here yet")
    view: Any = {"type": "home", "blocks": [an_actions_block()]}
    await client.views_publish(user_id=slack.user, view=view)
    await page.get_by_role("button", name="Share").click()
    await expect(page.locator("#problem")).to_have_text("That did not work (dispatch_failed).")


async def test_typing_in_a_menu_finds_options_and_the_keyboard_chooses(
    slack: SlackWorkspace, page: Page, client: AsyncWebClient, app: AsyncApp, seen: list[Json]
) -> None:
    @app.options("job")
    async def job_typed(ack: Any, body: Json) -> None:
        jobs = [an_option(name, name) for name in ("ERP", "SQL 1", "SQL 2")]
        await ack(options=[one for one in jobs if body["value"] in one["value"]])

    search = {
        "type": "external_select",
        "action_id": "job",
        "min_query_length": 2,
        "placeholder": plain("Find a job"),
    }
    blocks = [an_actions_block(search)]
    await client.chat_postMessage(channel=slack.channel, text="x", blocks=blocks)
    field, options = (
        page.get_by_role("combobox", name="Find a job"),
        page.locator(".menu [role=option]"),
    )
    await field.press_sequentially("S")
    await expect(page.locator(".menu")).to_have_text("Type 2 or more characters")
    await field.press_sequentially("Q")
    await expect(options).to_have_text(["SQL 1", "SQL 2"])
    await field.press_sequentially("X")
    await expect(page.locator(".menu")).to_have_text("No matches")
    await field.fill("SQL")
    await expect(options).to_have_count(2)
    await field.press("ArrowDown")
    await field.press("Enter")
    await expect(field).to_have_value("SQL 2")
    await slack.wait_for(lambda _: seen)
    assert seen[0]["actions"][0]["selected_option"]["value"] == "SQL 2"


async def test_a_field_keeps_its_focus_while_messages_arrive(
    slack: SlackWorkspace, page: Page, client: AsyncWebClient
) -> None:
    blocks = [an_actions_block({"type": "external_select", "action_id": "job"})]
    await client.chat_postMessage(channel=slack.channel, text="x", blocks=blocks)
    field = page.get_by_role("combobox").and_(page.locator("input"))
    await field.press_sequentially("S")
    slack.say("news")
    await expect(page.locator("#messages .message")).to_have_count(2)
    await expect(field).to_be_focused()
    await expect(field).to_have_value("S")


async def test_a_choice_that_was_never_made_leaves_the_menu_as_it_was(
    slack: SlackWorkspace, page: Page, client: AsyncWebClient
) -> None:
    search = {"type": "external_select", "action_id": "job", "placeholder": plain("Find a job")}
    blocks = [an_actions_block(search)]
    await client.chat_postMessage(channel=slack.channel, text="x", blocks=blocks)
    field = page.get_by_role("combobox", name="Find a job")
    await field.press_sequentially("SQL")
    await expect(page.locator(".menu")).to_contain_text("failed with the error dispatch_failed")
    await field.press("Tab")
    await expect(field).to_have_value("")
    await expect(page.locator(".menu")).to_be_hidden()


async def test_a_confirm_dialog_asks_first_and_no_means_no(
    slack: SlackWorkspace, page: Page, client: AsyncWebClient, seen: list[Json]
) -> None:
    blocks = [an_actions_block(a_button("Retry", confirm=ASKS))]
    await client.chat_postMessage(channel=slack.channel, text="x", blocks=blocks)
    retry, dialog = (
        page.get_by_role("button", name="Retry", exact=True),
        page.get_by_role("alertdialog"),
    )
    await retry.click()
    await expect(dialog).to_contain_text("EM starts it again on vbr01.")
    await dialog.get_by_role("button", name="Not now").click()
    await expect(dialog).to_be_hidden()
    await retry.click()
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    assert seen == []
    await retry.click()
    await dialog.get_by_role("button", name="Retry job").click()
    await slack.wait_for(lambda _: seen)
    assert len(seen) == 1


async def test_a_modal_searches_chooses_and_presses_without_losing_what_was_typed(
    slack: SlackWorkspace, page: Page, client: AsyncWebClient, app: AsyncApp, seen: list[Json]
) -> None:
    @app.options("job")
    async def job_typed(ack: Any) -> None:
        await ack(options=[an_option("SQL", "sql")])

    done: list[Json] = []

    @app.view("mute")
    async def submitted(ack: Any, view: Json) -> None:
        done.append(view["state"]["values"])
        await ack()

    search = {"type": "external_select", "action_id": "job", "min_query_length": 0}
    boxes = {
        "type": "checkboxes",
        "action_id": "mute",
        "options": [an_option("failed", "f"), an_option("warning", "w")],
    }
    view = a_modal(
        an_input("which", search),
        an_input("what", boxes),
        an_input("note", a_text_input()),
        an_actions_block(),
    )
    await client.views_open(trigger_id=slack.workspace.triggers.issue(slack.user), view=view)
    await page.get_by_label("Note").fill("disk")
    await page.get_by_label("warning").check()
    await page.get_by_label("Which").fill("s")
    await page.get_by_role("option", name="SQL").click()
    await page.get_by_role("button", name="Share").click()
    await slack.wait_for(lambda _: seen)
    assert seen[0]["view"]["state"]["values"]["note"]["note"]["value"] == "disk"
    await page.get_by_role("button", name="Mute").click()
    await expect(page.locator("#modal")).to_be_hidden()
    assert done[0]["which"]["job"]["selected_option"]["value"] == "sql"
    assert [one["value"] for one in done[0]["what"]["mute"]["selected_options"]] == ["w"]


async def test_light_and_dark_follow_the_system_until_somebody_chooses(
    slack: SlackWorkspace, page: Page
) -> None:
    async def is_dark() -> bool:
        paper = await page.evaluate("getComputedStyle(document.body).backgroundColor")
        return str(paper) != "rgb(255, 255, 255)"

    await page.emulate_media(color_scheme="dark")
    assert await is_dark()
    await page.emulate_media(color_scheme="light")
    assert not await is_dark()
    await page.get_by_label("Theme").select_option("Dark")
    assert await is_dark()
    await page.reload()
    await expect(page.get_by_label("Theme")).to_have_value("dark")
    assert await is_dark()


async def test_a_channel_with_something_new_stands_out_until_it_is_seen(
    slack: SlackWorkspace, page: Page
) -> None:
    await expect(page.locator("nav button")).to_have_count(3)
    slack.say("news", channel=slack.other_channel)
    await expect(page.locator("nav .unread")).to_have_text("#general")
    await page.click("nav >> text=#general")
    await expect(page.locator("nav .unread")).to_have_count(0)
