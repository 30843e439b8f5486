"""Blocks, attachments and files as the page shows them, and what it cannot show refused."""

from typing import Any

import pytest
from playwright.async_api import Page, expect
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.slack import SlackWorkspace
from bot.demo.slack.blocks import HOME_TYPES, MESSAGE_TYPES, MODAL_TYPES
from bot.demo.slack.elements import INPUT, INTERACTIVE
from tests.demo.slack.browsers import in_browser
from tests.demo.slack.builders import (
    Json,
    a_modal,
    a_section,
    an_actions_block,
    an_input,
    an_option,
    mrkdwn,
    plain,
    refusal,
)

OPTIONS = [an_option("One", "1"), an_option("Two", "2")]
WIDGETS: dict[str, Json] = {
    "button": {"text": plain("Press")},
    "static_select": {"options": OPTIONS},
    "multi_static_select": {"options": OPTIONS},
    "overflow": {"options": OPTIONS},
    "checkboxes": {"options": OPTIONS},
    "radio_buttons": {"options": OPTIONS},
}
"""What these kinds need; the others need nothing."""

TEXT = [{"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}]
CELLS = [[{"type": "raw_text", "text": "x"}]]
BLOCKS: dict[str, Json] = {
    "section": {"text": mrkdwn("x")},
    "image": {"image_url": "https://e.x/p.png", "alt_text": "x"},
    "header": {"text": plain("x")},
    "divider": {},
    "context": {"elements": [mrkdwn("x")]},
    "actions": {"elements": [{"type": "button", **WIDGETS["button"]}]},
    "rich_text": {"elements": TEXT},
    "markdown": {"text": "x"},
    "input": an_input("i", {"type": "plain_text_input"}),
    "table": {"rows": CELLS},
    "data_table": {"rows": CELLS * 2, "caption": "x"},
}


async def post(slack: SlackWorkspace, client: AsyncWebClient, *blocks: Json, **rest: Any) -> None:
    await client.chat_postMessage(channel=slack.channel, text="x", blocks=list(blocks), **rest)


async def test_inputs_have_their_place_in_modals_only(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    block = an_input("note", {"type": "plain_text_input"})
    assert await refusal(post(slack, client, block)) == "invalid_blocks"
    view: Any = {"type": "home", "blocks": [block]}
    call = client.views_publish(user_id=slack.user, view=view)
    assert await refusal(call) == "invalid_arguments"


@pytest.mark.parametrize("kind", ["data_visualization", "card", "carousel", "alert", "video"])
async def test_a_block_that_the_page_cannot_show_is_refused(
    slack: SlackWorkspace, client: AsyncWebClient, kind: str
) -> None:
    assert await refusal(post(slack, client, {"type": kind})) == "invalid_blocks"


@pytest.mark.parametrize("field", ["fields", "image_url", "thumb_url", "author_name", "actions"])
async def test_a_part_of_an_attachment_that_the_page_cannot_show_is_refused(
    slack: SlackWorkspace, client: AsyncWebClient, field: str
) -> None:
    call = post(slack, client, attachments=[{"text": "x", field: "x"}])
    assert await refusal(call) == "invalid_attachments"


class TestInABrowser:
    pytestmark = in_browser

    async def test_every_block_that_is_accepted_is_shown(
        self, slack: SlackWorkspace, page: Page, client: AsyncWebClient
    ) -> None:
        for kind in sorted(MESSAGE_TYPES):
            await post(slack, client, {"type": kind, **BLOCKS[kind]})
        trigger = slack.workspace.triggers.issue(slack.user)
        shown = [{**BLOCKS[kind], "type": kind} for kind in sorted(MODAL_TYPES - {"data_table"})]
        await client.views_open(trigger_id=trigger, view=a_modal(*shown))
        await expect(page.locator("#messages .message")).to_have_count(len(MESSAGE_TYPES))
        await expect(page.locator("#modal .view > *")).to_have_count(len(shown))
        await expect(page.locator(".unknown")).to_have_count(0)
        assert HOME_TYPES < MODAL_TYPES

    async def test_every_widget_that_is_accepted_is_shown(
        self, slack: SlackWorkspace, page: Page, client: AsyncWebClient
    ) -> None:
        widgets = [{"type": kind, **WIDGETS.get(kind, {})} for kind in sorted(INTERACTIVE)]
        blocks = [an_actions_block(one) for one in widgets]
        await post(slack, client, *blocks, *[a_section(accessory=one) for one in widgets])
        await expect(page.locator(".message .actions")).to_have_count(len(widgets))
        await expect(page.locator(".unknown")).to_have_count(0)
        empty = page.locator(":is(.actions, .accessory):not(:has(*))")
        await expect(empty).to_have_count(0)

    async def test_every_input_that_is_accepted_can_be_filled_in(
        self, slack: SlackWorkspace, page: Page, client: AsyncWebClient
    ) -> None:
        kinds = sorted({*INTERACTIVE, "plain_text_input"} - {"button", "overflow"})
        inputs = [an_input(kind, {"type": kind, **WIDGETS.get(kind, {})}) for kind in kinds]
        trigger = slack.workspace.triggers.issue(slack.user)
        await client.views_open(trigger_id=trigger, view=a_modal(*inputs))
        entries = page.locator(
            ".field :is(input:not([type=radio], [type=checkbox]), select, .boxes)"
        )
        await expect(entries).to_have_count(len(kinds))
        problems: list[str] = []
        INPUT({"type": "button", **WIDGETS["button"]}, "", problems)
        assert problems

    async def test_each_choice_reaches_the_app(
        self,
        slack: SlackWorkspace,
        page: Page,
        client: AsyncWebClient,
        app: AsyncApp,
        connected: object,
    ) -> None:
        chosen: list[Json] = []

        @app.action("it")
        async def used(ack: Any, action: Json) -> None:
            chosen.append(action)
            await ack()
            slack.workspace.changes.ring()

        kinds = ("checkboxes", "radio_buttons", "multi_static_select")
        widgets: list[Json] = [
            {"type": kind, "action_id": "it", "options": OPTIONS} for kind in kinds
        ]
        pickers: list[Json] = [
            {"type": kind, "action_id": "it"} for kind in ("datepicker", "users_select")
        ]
        blocks = [an_actions_block(one) for one in (*widgets, *pickers)]
        await post(slack, client, *blocks)
        rows = page.locator(".actions")
        await rows.nth(0).get_by_label("Two").check()
        await slack.wait_for(lambda _: len(chosen) == 1)
        await rows.nth(1).get_by_label("One").check()
        await slack.wait_for(lambda _: len(chosen) == 2)
        await rows.nth(2).get_by_text("Select options").click()
        await rows.nth(2).get_by_label("One").check()
        await expect(rows.nth(2)).to_contain_text("1 selected")
        await slack.wait_for(lambda _: len(chosen) == 3)
        await rows.nth(3).locator("input").fill("2026-11-24")
        await slack.wait_for(lambda _: len(chosen) == 4)
        await rows.nth(4).locator("select").select_option(label="Ben Okafor")
        await slack.wait_for(lambda _: len(chosen) == 5)
        boxes, radio, many, day, who = chosen
        assert [one["value"] for one in boxes["selected_options"]] == ["2"]
        assert radio["selected_option"]["value"] == "1"
        assert [one["value"] for one in many["selected_options"]] == ["1"]
        assert (day["selected_date"], who["selected_user"]) == ("2026-11-24", slack.other_user)

    async def test_an_attachment_has_its_bar_of_colour_and_working_blocks(
        self, slack: SlackWorkspace, page: Page, client: AsyncWebClient
    ) -> None:
        attachments: list[Json] = [
            {"color": "#d40e0d", "blocks": [a_section("in colour"), an_actions_block()]},
            {"color": "good", "title": "Old", "title_link": "https://e.x", "text": "*style*"},
        ]
        await client.chat_postMessage(channel=slack.channel, text="x", attachments=attachments)
        bars = page.locator(".attachment > .bar")
        await expect(bars.first).to_have_css("background-color", "rgb(212, 14, 13)")
        await expect(bars.last).to_have_css("background-color", "rgb(46, 182, 125)")
        await expect(page.locator(".attachment").last.locator("a, b")).to_have_count(3)
        await page.get_by_role("button", name="Share").click()
        await expect(page.locator(".message").last).to_contain_text("The button failed")

    async def test_headers_have_levels_and_fields_two_columns(
        self, slack: SlackWorkspace, page: Page, client: AsyncWebClient
    ) -> None:
        headers = [{"type": "header", "text": plain("x"), "level": level} for level in (1, 4)]
        fields = {"type": "section", "fields": [mrkdwn("*Job*\nSQL"), mrkdwn("*RPO*\nkept")]}
        await post(slack, client, *headers, fields)
        await page.locator(".fields").wait_for()
        sizes = await page.locator(".heading").evaluate_all(
            "all => all.map(one => parseFloat(getComputedStyle(one).fontSize))"
        )
        assert sizes[0] > sizes[1]
        left, right = await page.locator(".fields > *").evaluate_all(
            "all => all.map(one => one.getBoundingClientRect()).map(box => [box.left, box.top])"
        )
        assert left[0] < right[0]
        assert left[1] == right[1]

    async def test_a_file_is_a_link_that_saves_it_and_a_picture_is_shown(
        self, slack: SlackWorkspace, page: Page, client: AsyncWebClient
    ) -> None:
        await client.files_upload_v2(
            channel=slack.channel, filename="failed.csv", content="job\n", initial_comment="All"
        )
        link = page.locator("a.file")
        await expect(link).to_contain_text("4 bytes")
        async with page.expect_download() as saved:
            await link.click()
        assert (await saved.value).suggested_filename == "failed.csv"
        await client.files_upload_v2(
            channel=slack.channel, filename="chart.png", content=b"\x89PNG\r\n\x1a\n", title="Chart"
        )
        await expect(page.locator(".message img")).to_have_attribute("alt", "Chart")

    async def test_markdown_is_read(
        self, slack: SlackWorkspace, page: Page, client: AsyncWebClient
    ) -> None:
        text = (
            "# Title\n**bold** _it_ `code` [here](https://e.x)\n- one\n- two\n\n```\n<raw>\n```\n"
        )
        await client.chat_postMessage(channel=slack.channel, markdown_text=text)
        shown = page.locator(".message .text")
        await expect(shown.locator(".heading")).to_have_text("Title")
        await expect(shown.locator("ul > li")).to_have_text(["one", "two"])
        await expect(shown.locator("pre")).to_have_text("<raw>")
        await expect(shown.locator("b, i, code, a")).to_have_count(4)
