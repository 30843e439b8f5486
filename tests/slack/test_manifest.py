"""The manifest asks Slack for exactly what the code uses (reference §2)."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from bot.slack.manifests import render_manifest, request_url
from bot.slack.scopes import EVENTS, METHODS, SCOPES, SLASH_COMMAND
from bot.web import SLACK_PATH

HEARD = re.compile(r'app\.event\("(\w+)"\)')
ADDRESS = "https://bot.example.com/slack/events"
HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SOURCES = {path.name: path.read_text() for path in (ROOT / "bot" / "slack").glob("*.py")}
FAMILIES = "auth|apps|chat|conversations|files|users|usergroups|views|team|pins"
CALLED = re.compile(rf'"((?:{FAMILIES})\.[\w.]+)"')


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "manifest.yml").read_text())
    return loaded


@pytest.fixture(scope="module")
def over_http() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(render_manifest(ADDRESS))
    return loaded


@pytest.mark.parametrize("which", ["manifest", "over_http"])
def test_the_manifest_is_valid(which: str, request: pytest.FixtureRequest) -> None:
    schema = json.loads((HERE / "manifest.schema.json").read_text())
    manifest = request.getfixturevalue(which)
    assert list(jsonschema.Draft7Validator(schema).iter_errors(manifest)) == []


def test_the_file_is_what_the_command_line_prints() -> None:
    assert (ROOT / "manifest.yml").read_text() == render_manifest()


def test_http_mode_names_the_address_wherever_slack_sends_something(
    manifest: dict[str, Any], over_http: dict[str, Any]
) -> None:
    [command] = over_http["features"]["slash_commands"]
    settings = over_http["settings"]
    assert command.pop("url") == ADDRESS
    assert settings["event_subscriptions"].pop("request_url") == ADDRESS
    assert settings["interactivity"].pop("request_url") == ADDRESS
    expected = manifest["settings"] | {"socket_mode_enabled": False}
    assert over_http == manifest | {"settings": expected}


@pytest.mark.parametrize("base", ["https://bot.example.com", " https://bot.example.com/ ", ADDRESS])
def test_the_address_ends_with_the_path_that_slack_is_served_at(base: str) -> None:
    assert request_url(base, SLACK_PATH) == ADDRESS


@pytest.mark.parametrize("base", ["bot.example.com", "http://bot.example.com", "https://b/?a=1"])
def test_an_address_that_slack_does_not_take_is_refused(base: str) -> None:
    with pytest.raises(ValueError, match="is not an https address"):
        request_url(base, SLACK_PATH)


def test_it_asks_for_the_scopes_that_have_a_reason(manifest: dict[str, Any]) -> None:
    assert manifest["oauth_config"]["scopes"] == {"bot": list(SCOPES)}


def test_every_scope_is_needed_by_a_command_an_event_or_a_method_that_is_called() -> None:
    needed = {scope for method in METHODS.values() for scope in method.scopes}
    assert needed | {"commands"} | {event.scope for event in EVENTS.values()} - {""} == set(SCOPES)


def test_every_method_in_the_table_is_called_and_no_other() -> None:
    called = {
        name
        for file, text in SOURCES.items()
        if file != "scopes.py"
        for name in CALLED.findall(text)
    }
    assert called == set(METHODS)


def test_it_registers_the_one_command(manifest: dict[str, Any]) -> None:
    commands = [each["command"] for each in manifest["features"]["slash_commands"]]
    assert commands == [SLASH_COMMAND]


def test_it_subscribes_to_the_events_that_a_listener_wants(manifest: dict[str, Any]) -> None:
    assert manifest["settings"]["event_subscriptions"] == {"bot_events": list(EVENTS)}
    listened = {name for text in SOURCES.values() for name in HEARD.findall(text)}
    assert listened == {event.split(".")[0] for event in EVENTS}


def test_buttons_work_and_socket_mode_needs_no_address(manifest: dict[str, Any]) -> None:
    assert manifest["settings"]["interactivity"] == {"is_enabled": True}
    assert manifest["settings"]["socket_mode_enabled"] is True
    assert "http" not in json.dumps(manifest)
