"""What every Web API method is given, and the checks that several of them share."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.demo.slack.arguments import ApiRequest
from bot.demo.slack.limits import Limits
from bot.demo.slack.messages import Channel, Message
from bot.demo.slack.options import Json
from bot.demo.slack.refusals import SlackRefusal
from bot.demo.slack.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Context:
    """The workspace behind a call and the call itself."""

    workspace: Workspace
    limits: Limits
    open_socket: Callable[[], str]
    request: ApiRequest

    def require_scope(self, scope: str) -> None:
        """Refuse a call whose token lacks a scope (reference §1.11)."""
        granted = self.workspace.options.granted_scopes
        if scope not in granted:
            provided = ",".join(sorted(granted))
            raise SlackRefusal("missing_scope", needed=scope, provided=provided)

    def channel(self, argument: str = "channel") -> Channel:
        """The channel that a call names by its id (reference §1.8, `channel_not_found`)."""
        channel = self.workspace.channels.get(self.request.required(argument))
        is_hidden = channel is not None and (channel.is_private or channel.is_im)
        if channel is None or (is_hidden and not self.is_member(channel)):
            raise SlackRefusal("channel_not_found")
        return channel

    def is_member(self, channel: Channel) -> bool:
        """Whether the bot is in a channel."""
        return self.workspace.bot.id in channel.members

    def writable_channel(self, argument: str = "channel") -> Channel:
        """A channel in which the bot may speak now (reference §1.8, definite non-delivery)."""
        channel = self.channel(argument)
        if channel.is_archived:
            raise SlackRefusal("is_archived")
        if channel.is_im and not self.workspace.options.messages_tab:
            raise SlackRefusal("messages_tab_disabled")  # errors of chat.postMessage, [D-ref]
        if not self.is_member(channel):
            raise SlackRefusal("not_in_channel")
        return channel

    def own_message(self, channel: Channel, refusal: str) -> Message:
        """The bot's own message that a call names by `ts`; another's is refused."""
        message = self.workspace.find(channel.id, self.request.required("ts"))
        if message is None or message.ephemeral_to:
            raise SlackRefusal("message_not_found")
        if message.bot_id != self.workspace.bot_id:
            raise SlackRefusal(refusal)
        return message

    def as_json(self, message: Message, *, include_metadata: bool = True) -> Json:
        """A message as the Web API shows it."""
        team = self.workspace.team_id
        return message.as_json(team=team, include_metadata=include_metadata)
