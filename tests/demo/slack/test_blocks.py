"""Reference §1.5, limit by limit: one too many is refused, as many as allowed are not."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.demo.slack.blocks import MODAL_TYPES, VIEW_BLOCKS, BlockRules, check_blocks
from bot.demo.slack.refusals import SlackRefusal
from tests.demo.slack.builders import Json, a_button, a_section, an_actions_block, mrkdwn, plain


def problems_of(*blocks: Any, rules: BlockRules | None = None) -> list[str]:
    with pytest.raises(SlackRefusal) as caught:
        check_blocks(list(blocks), rules or BlockRules())
    assert caught.value.error == "invalid_blocks"
    return caught.value.problems


def a_choice(count: int) -> Json:
    options = [{"text": plain("x"), "value": str(number)} for number in range(count)]
    return an_actions_block({"type": "static_select", "options": options})


def a_dialog(**texts: int) -> Json:
    sizes = {"title": 1, "text": 1, "confirm": 1, "deny": 1} | texts
    return an_actions_block(a_button(confirm={name: plain("x" * n) for name, n in sizes.items()}))


def rows(count: int, columns: int) -> list[list[Json]]:
    return [[{"type": "raw_text", "text": "x"}] * columns for _ in range(count)]


def a_table(count: int, columns: int) -> Json:
    return {"type": "table", "rows": rows(count, columns)}


def a_data_table(count: int, page_size: int = 5) -> Json:
    return {
        "type": "data_table",
        "caption": "Jobs",
        "rows": rows(count, 2),
        "page_size": page_size,
    }


def a_picture(**sizes: int) -> Json:
    url, alt = "x" * sizes.get("url", 1), "x" * sizes.get("alt", 1)
    title = plain("x" * sizes.get("title", 1))
    return {"type": "image", "image_url": url, "alt_text": alt, "title": title}


LIMITS: dict[str, tuple[int, Callable[[int], Json]]] = {
    "section text": (3000, lambda n: a_section("x" * n)),
    "section fields": (10, lambda n: {"type": "section", "fields": [mrkdwn("x")] * n}),
    "section field": (2000, lambda n: {"type": "section", "fields": [mrkdwn("x" * n)]}),
    "header": (150, lambda n: {"type": "header", "text": plain("x" * n)}),
    "context elements": (10, lambda n: {"type": "context", "elements": [mrkdwn("x")] * n}),
    "actions elements": (
        25,
        lambda n: an_actions_block(*(a_button(action_id=f"a{one}") for one in range(n))),
    ),
    "button text": (75, lambda n: an_actions_block(a_button("x" * n))),
    "button value": (2000, lambda n: an_actions_block(a_button(value="x" * n))),
    "button action_id": (255, lambda n: an_actions_block(a_button(action_id="x" * n))),
    "button url": (3000, lambda n: an_actions_block(a_button(url="x" * n))),
    "block_id": (255, lambda n: a_section(block_id="x" * n)),
    "image url": (3000, lambda n: a_picture(url=n)),
    "image alt text": (2000, lambda n: a_picture(alt=n)),
    "image title": (2000, lambda n: a_picture(title=n)),
    "options": (100, a_choice),
    "confirm title": (100, lambda n: a_dialog(title=n)),
    "confirm text": (300, lambda n: a_dialog(text=n)),
    "confirm button": (30, lambda n: a_dialog(confirm=n)),
    "deny button": (30, lambda n: a_dialog(deny=n)),
    "markdown text": (12_000, lambda n: {"type": "markdown", "text": "x" * n}),
    "table rows": (100, lambda n: a_table(n, 1)),
    "table columns": (20, lambda n: a_table(1, n)),
    "data_table rows with header": (101, a_data_table),
    "data_table page size": (100, lambda n: a_data_table(2, n)),
}


@pytest.mark.parametrize("name", LIMITS)
def test_as_much_as_the_limit_allows_is_accepted(name: str) -> None:
    limit, build = LIMITS[name]
    assert check_blocks([build(limit)], BlockRules())


@pytest.mark.parametrize("name", LIMITS)
def test_one_more_than_the_limit_is_refused_with_a_pointer(name: str) -> None:
    limit, build = LIMITS[name]
    assert all("[json-pointer:/blocks/0" in one for one in problems_of(build(limit + 1)))


def test_fifty_blocks_are_a_message_and_one_more_is_refused() -> None:
    assert len(check_blocks([a_section()] * 50, BlockRules())) == 50
    assert problems_of(*[a_section()] * 51) == [
        "no more than 50 items allowed [json-pointer:/blocks]"
    ]


def test_a_view_holds_a_hundred_blocks() -> None:
    rules = BlockRules(most=VIEW_BLOCKS, types=MODAL_TYPES)
    assert len(check_blocks([a_section()] * 100, rules)) == 100
    assert problems_of(*[a_section()] * 101, rules=rules)


@pytest.mark.parametrize(
    ("block", "problem"),
    [
        ({"type": "sparkles"}, "unsupported type: sparkles [json-pointer:/blocks/0/type]"),
        ({"type": "alert"}, "unsupported type: alert [json-pointer:/blocks/0/type]"),
        ({}, "missing required field: type [json-pointer:/blocks/0]"),
        ({"type": "section"}, "missing required field: text or fields [json-pointer:/blocks/0]"),
        (a_section(""), "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
        (a_section(colour="red"), "invalid additional property: colour [json-pointer:/blocks/0]"),
        (
            {"type": "header", "text": mrkdwn("*no*")},
            "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]",
        ),
        (
            an_actions_block(a_button(style="green")),
            "must be one of: primary, danger [json-pointer:/blocks/0/elements/0/style]",
        ),
        (
            {"type": "context", "elements": [a_button()]},
            "unsupported type: button [json-pointer:/blocks/0/elements/0/type]",
        ),
        (
            an_actions_block(a_button(), a_button()),
            "action_id `share` already exists [json-pointer:/blocks/0/elements]",
        ),
        (
            {"type": "image", "alt_text": "chart"},
            "must have either image_url or slack_file [json-pointer:/blocks/0]",
        ),
        (
            {"type": "image", "alt_text": "chart", "slack_file": {"id": "F0"}},
            "invalid slack file [json-pointer:/blocks/0/slack_file]",
        ),
        (
            {**a_data_table(2), "rows": [*rows(1, 2), *rows(1, 3)]},
            "all rows must have the same number of cells [json-pointer:/blocks/0/rows]",
        ),
        (
            {"type": "context", "elements": mrkdwn("x")},
            "should be an array [json-pointer:/blocks/0/elements]",
        ),
        (
            {"type": "context", "elements": []},
            "no fewer than 1 items allowed [json-pointer:/blocks/0/elements]",
        ),
        (
            an_actions_block(a_button(confirm="sure?")),
            "should be an object [json-pointer:/blocks/0/elements/0/confirm]",
        ),
        (
            {**a_data_table(2), "page_size": "many"},
            "should be an integer [json-pointer:/blocks/0/page_size]",
        ),
        (
            {**a_data_table(2), "rows": 7},
            "should be an array [json-pointer:/blocks/0/rows]",
        ),
        (
            {"type": "divider", "block_id": 7},
            "should be a string [json-pointer:/blocks/0/block_id]",
        ),
    ],
)
def test_what_no_block_may_be_is_refused(block: Json, problem: str) -> None:
    assert problems_of(block) == [problem]


def test_block_ids_are_unique_in_a_message() -> None:
    problems = problems_of(a_section(block_id="b"), a_section(block_id="b"))
    assert problems == ["block_id `b` already exists [json-pointer:/blocks]"]


def test_a_type_that_is_not_rolled_out_is_refused() -> None:
    rules = BlockRules(refused_types=frozenset({"table"}))
    assert problems_of(a_table(1, 1), rules=rules) == [
        "unsupported type: table [json-pointer:/blocks/0/type]"
    ]


@pytest.mark.parametrize("blocks", ["text", {"type": "section"}, ["section"], 7])
def test_blocks_that_are_no_list_of_objects_have_an_error_of_their_own(blocks: object) -> None:
    with pytest.raises(SlackRefusal, match=r"^invalid_blocks_format$"):
        check_blocks(blocks, BlockRules())


@pytest.mark.parametrize(
    ("blocks", "error"),
    [
        ([a_table(1, 1), a_data_table(2)], "invalid_attachments"),
        ([a_section("x" * 3000)] * 5, "msg_blocks_too_long"),
        ([{"type": "markdown", "text": "x" * 6001}] * 2, "msg_blocks_too_long"),
    ],
)
def test_a_message_as_a_whole_has_limits_too(blocks: list[Json], error: str) -> None:
    with pytest.raises(SlackRefusal, match=f"^{error}$"):
        check_blocks(blocks, BlockRules())


def test_every_block_leaves_with_an_id() -> None:
    ids = [block["block_id"] for block in check_blocks([a_section(), a_section()], BlockRules())]
    assert len(set(ids)) == 2


def test_rich_text_is_read_to_its_last_element() -> None:
    def rich(*inner: Json) -> Json:
        section = {"type": "rich_text_section", "elements": list(inner)}
        return {"type": "rich_text", "elements": [section]}

    date = {"type": "date", "timestamp": 1, "format": "{date}", "fallback": "1970"}
    bold = {"type": "text", "text": "<!channel>", "style": {"bold": True}}
    assert check_blocks([rich(bold, date)], BlockRules())
    assert problems_of(rich({**date, "timestamp": "noon"})) == [
        "should be a number [json-pointer:/blocks/0/elements/0/elements/0/timestamp]"
    ]
    assert problems_of(rich({"type": "text", "text": "x", "style": {"bold": 1}})) == [
        "should be a boolean [json-pointer:/blocks/0/elements/0/elements/0/style/bold]"
    ]
