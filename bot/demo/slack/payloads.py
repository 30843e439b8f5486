"""The payloads that Slack sends to an app for what people do (reference §1.1, §1.6)."""

import html

from bot.demo.slack.inputs import state_of
from bot.demo.slack.messages import Message
from bot.demo.slack.modals import Modal
from bot.demo.slack.options import Json
from bot.demo.slack.surfaces import Surface
from bot.demo.slack.workspace import Workspace

VERIFICATION_TOKEN = "verification-token-of-old"  # noqa: S105  # a field that apps ignore, no secret


class Payloads:
    """Builds payloads from the state of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def command(self, name: str, text: str, user: str, channel: str) -> Json:
        """The fields of a slash command; `& < >` arrive escaped (reference §1.6)."""
        workspace = self._workspace
        return {
            "token": VERIFICATION_TOKEN,
            "team_id": workspace.team_id,
            "team_domain": workspace.team_domain,
            "channel_id": channel,
            "channel_name": workspace.channels[channel].name_in_payloads,
            "user_id": user,
            "user_name": workspace.members[user].name,
            "command": name,
            "text": html.escape(text, quote=False),
            "api_app_id": workspace.app_id,
            "is_enterprise_install": "false",
            "trigger_id": workspace.triggers.issue(user),
        }

    def actions(self, surface: Surface, action: Json) -> Json:
        """block_actions of a message or a view: where the widget is, and what it says."""
        payload = self._common("block_actions", surface.user) | self._where(surface)
        action = action | {"action_ts": f"{self._workspace.now():.6f}"}
        if isinstance(surface.seen, Message):
            payload["state"] = {"values": _state(surface, action)}
        return payload | {"actions": [action]}

    def suggestion(self, surface: Surface, ids: Json, text: str) -> Json:
        """block_suggestion: what was typed in a menu with a source of its own."""
        payload = self._common("block_suggestion", surface.user) | self._where(surface)
        del payload["trigger_id"]
        return payload | ids | {"value": text}

    def submission(self, modal: Modal) -> Json:
        """view_submission: the view with what stands in its inputs."""
        payload = self._common("view_submission", modal.user)
        return payload | {"view": modal.as_json(), "response_urls": []}

    def closing(self, modal: Modal) -> Json:
        """view_closed: for a view that asked for it by `notify_on_close`."""
        payload = self._common("view_closed", modal.user)
        return payload | {"view": modal.as_json(), "is_cleared": False}

    def event(self, event: Json, event_id: str) -> Json:
        """The callback that carries an event of the Events API."""
        return {
            "token": VERIFICATION_TOKEN,
            "team_id": self._workspace.team_id,
            "api_app_id": self._workspace.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": event_id,
            "event_time": int(self._workspace.now()),
            "is_ext_shared_channel": False,
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": self._workspace.team_id,
                    "user_id": self._workspace.bot.id,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
        }

    def _where(self, surface: Surface) -> Json:
        """The message or view that holds a widget; of an ephemeral message its container only."""
        message = surface.seen
        if not isinstance(message, Message):
            container: Json = {"type": "view", "view_id": message["id"]}
            return {"container": container, "view": message}
        channel = self._workspace.channels[message.channel]
        is_ephemeral = message.ephemeral_to is not None
        container = {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": message.channel,
            "is_ephemeral": is_ephemeral,
        }
        if message.thread_ts:
            container["thread_ts"] = message.thread_ts
        about = {"id": channel.id, "name": channel.name_in_payloads}
        where: Json = {"container": container, "channel": about}
        if not is_ephemeral:
            team = self._workspace.team_id
            where["message"] = message.as_json(team=team, include_metadata=True)
        return where

    def _common(self, kind: str, user: str) -> Json:
        workspace = self._workspace
        member = workspace.members[user]
        return {
            "type": kind,
            "user": {
                "id": user,
                "username": member.name,
                "name": member.name,
                "team_id": workspace.team_id,
            },
            "api_app_id": workspace.app_id,
            "token": VERIFICATION_TOKEN,
            "trigger_id": workspace.triggers.issue(user),
            "team": {"id": workspace.team_id, "domain": workspace.team_domain},
            "enterprise": None,
            "is_enterprise_install": False,
        }


def _state(surface: Surface, action: Json) -> Json:
    """What stands in the menus of a message, the one just used included."""
    state = state_of(surface.blocks, {})
    block = state.get(action["block_id"], {})
    selected = {key: value for key, value in action.items() if key.startswith("selected_")}
    if action.get("action_id") in block and selected:
        block[action["action_id"]] |= selected
    return state
