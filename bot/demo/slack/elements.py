"""Block Kit's inner shapes: text objects, interactive elements, rich text (reference §1.5)."""

from bot.demo.slack.schemas import (
    Check,
    array,
    boolean,
    choice,
    integer,
    number,
    shape,
    string,
    typed,
)

ACTION_ID = 255  # reference §1.5, button
URL = 3000  # reference §1.5, button and image block


def plain_text(most: int) -> Check:
    """A text object in which no markup is read."""
    return typed({"plain_text": shape({"text": string(most)}, {"emoji": boolean})})


def any_text(most: int) -> Check:
    """A text object of either kind."""
    return typed(
        {
            "plain_text": shape({"text": string(most)}, {"emoji": boolean}),
            "mrkdwn": shape({"text": string(most)}, {"verbatim": boolean}),
        }
    )


confirm = shape(
    {
        "title": plain_text(100),
        "text": any_text(300),
        "confirm": plain_text(30),
        "deny": plain_text(30),
    },
    {"style": choice("primary", "danger")},
)
"""Reference §1.5, confirm dialog."""

option = shape(
    {"text": any_text(75), "value": string(150)}, {"description": any_text(75), "url": string(URL)}
)
"""Reference §1.5, option."""

option_group = shape({"label": plain_text(75), "options": array(option, 100)})
_OFFER = shape({}, {"options": array(option, 100, 0), "option_groups": array(option_group, 100, 0)})


def offer_problems(answer: object) -> list[str]:
    """What is wrong with an answer to block_suggestion: at most 100 options ([D] its page)."""
    problems: list[str] = []
    _OFFER(answer, "", problems)
    return problems


_ACTION = {"action_id": string(ACTION_ID), "confirm": confirm, "focus_on_load": boolean}
_PLACEHOLDER = {**_ACTION, "placeholder": plain_text(150)}
_OPTIONS = {"options": array(option, 100), "option_groups": array(option_group, 100)}

button = shape(
    {"text": plain_text(75)},
    {
        **_ACTION,
        "value": string(2000),
        "url": string(URL),
        "style": choice("primary", "danger"),
        "accessibility_label": string(75),
    },
)
"""Reference §1.5, button."""

image_element = shape(
    {"alt_text": string(2000)},
    {"image_url": string(URL), "slack_file": shape({}, {"id": string(50), "url": string(URL)})},
)

_SELECT = shape({}, {**_PLACEHOLDER, **_OPTIONS, "initial_option": option})
_MULTI = shape(
    {},
    {
        **_PLACEHOLDER,
        **_OPTIONS,
        "initial_options": array(option, 100),
        "max_selected_items": integer(1, 100),
    },
)
_BOXES = {"options": array(option, 10)}

INTERACTIVE: dict[str, Check] = {
    "button": button,
    "static_select": _SELECT,
    "external_select": shape(
        {}, {**_PLACEHOLDER, "initial_option": option, "min_query_length": integer(0, 100)}
    ),
    "multi_static_select": _MULTI,
    "overflow": shape({"options": array(option, 5)}, _ACTION),
    "checkboxes": shape(_BOXES, {**_ACTION, "initial_options": array(option, 10)}),
    "radio_buttons": shape(_BOXES, {**_ACTION, "initial_option": option}),
    "datepicker": shape({}, {**_PLACEHOLDER, "initial_date": string(10)}),
    "timepicker": shape({}, {**_PLACEHOLDER, "initial_time": string(5), "timezone": string(50)}),
    "users_select": shape({}, {**_PLACEHOLDER, "initial_user": string(50)}),
    "conversations_select": shape(
        {},
        {
            **_PLACEHOLDER,
            "initial_conversation": string(50),
        },
    ),
}
"""What an actions block may hold."""

ACCESSORY = typed({**INTERACTIVE, "image": image_element})
CONTEXT = typed(
    {
        "image": image_element,
        "plain_text": shape({"text": string(3000)}, {"emoji": boolean}),
        "mrkdwn": shape({"text": string(3000)}, {"verbatim": boolean}),
    }
)
INPUT = typed(
    {
        **{
            name: check for name, check in INTERACTIVE.items() if name not in {"button", "overflow"}
        },
        "plain_text_input": shape(
            {},
            {
                **_PLACEHOLDER,
                "multiline": boolean,
                "initial_value": string(3000, least=0),
                "min_length": integer(0, 3000),
                "max_length": integer(1, 3000),
            },
        ),
    }
)

_STYLE = shape({}, dict.fromkeys(["bold", "italic", "strike", "code", "underline"], boolean))
_INLINE = typed(
    {
        "text": shape({"text": string(12_000)}, {"style": _STYLE}),
        "link": shape(
            {"url": string(URL)}, {"text": string(3000), "unsafe": boolean, "style": _STYLE}
        ),
        "emoji": shape(
            {"name": string(100)}, {"unicode": string(50), "style": _STYLE, "skin_tone": number}
        ),
        "user": shape({"user_id": string(50)}, {"style": _STYLE}),
        "channel": shape({"channel_id": string(50)}, {"style": _STYLE}),
        "usergroup": shape({"usergroup_id": string(50)}, {"style": _STYLE}),
        "broadcast": shape({"range": choice("here", "channel", "everyone")}, {"style": _STYLE}),
        "color": shape({"value": string(20)}),
        "date": shape(
            {"timestamp": number, "format": string(200)},
            {"url": string(URL), "fallback": string(300), "style": _STYLE},
        ),
    }
)
_INLINES = array(_INLINE, 1000, least=0)
_SECTION = shape({"elements": _INLINES})
_LIST = shape(
    {
        "elements": array(typed({"rich_text_section": _SECTION}), 1000),
        "style": choice("bullet", "ordered"),
    },
    {"indent": integer(0, 8), "offset": integer(0, 10_000), "border": integer(0, 1)},
)
RICH_TEXT = array(
    typed(
        {
            "rich_text_section": _SECTION,
            "rich_text_list": _LIST,
            "rich_text_preformatted": shape(
                {"elements": _INLINES}, {"border": integer(0, 1), "language": string(50)}
            ),
            "rich_text_quote": shape({"elements": _INLINES}, {"border": integer(0, 1)}),
        }
    ),
    1000,
)
"""The elements of a rich_text block."""
