"""The manifest asks Slack for exactly what the code uses (reference §2)."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from bot.slack.scopes import METHODS, SCOPES, SLASH_COMMAND

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SOURCES = {path.name: path.read_text() for path in (ROOT / "bot" / "slack").glob("*.py")}
FAMILIES = "auth|apps|chat|conversations|files|users|usergroups|views|team|pins"
CALLED = re.compile(rf'"((?:{FAMILIES})\.[\w.]+)"')


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "manifest.yml").read_text())
    return loaded


def test_the_manifest_is_valid(manifest: dict[str, Any]) -> None:
    schema = json.loads((HERE / "manifest.schema.json").read_text())
    assert list(jsonschema.Draft7Validator(schema).iter_errors(manifest)) == []


def test_it_asks_for_the_scopes_that_have_a_reason(manifest: dict[str, Any]) -> None:
    assert manifest["oauth_config"]["scopes"] == {"bot": list(SCOPES)}


def test_every_scope_is_needed_by_a_command_or_by_a_method_that_is_called() -> None:
    needed = {scope for method in METHODS.values() for scope in method.scopes}
    assert needed | {"commands"} == set(SCOPES)


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


def test_it_subscribes_to_no_events_as_no_listener_wants_one(manifest: dict[str, Any]) -> None:
    assert "event_subscriptions" not in manifest["settings"]
    listened = re.findall(r"app\.event\((\w+)\)", SOURCES["listeners.py"])
    assert listened == ["ANYTHING"]


def test_buttons_work_and_socket_mode_needs_no_address(manifest: dict[str, Any]) -> None:
    assert manifest["settings"]["interactivity"] == {"is_enabled": True}
    assert manifest["settings"]["socket_mode_enabled"] is True
    assert "http" not in json.dumps(manifest)
