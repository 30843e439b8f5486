"""When the bot is invited to a channel: it introduces itself, and may be told to alert there."""

from dataclasses import dataclass

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.core.permissions import Deed
from bot.core.targets import NoTarget
from bot.services.subscribing import Subscribing, ToldAnyway
from bot.services.welcoming import Welcoming
from bot.slack.action_ids import ALERTS_HERE
from bot.slack.actions import INTERIM
from bot.slack.answering import Answering
from bot.slack.clients import Json, SlackCalls
from bot.slack.permitting import Permitting
from bot.slack.responding import Asker, Response
from bot.slack.wishes import subscribed_document, told_anyway_document, unknown_names_document

EVERYTHING = "all"


@dataclass(frozen=True, slots=True)
class Welcome:
    """The listeners of an invitation, and of the button below its welcome."""

    welcoming: Welcoming
    subscribing: Subscribing
    answering: Answering
    calls: SlackCalls
    permitting: Permitting

    async def member_joined(self, event: Json) -> None:
        """Introduce the bot where it was invited itself; it does not greet people."""
        identity = await self.calls.identify()
        channel, invited = str(event.get("channel") or ""), str(event.get("event_ts") or "")
        if channel and event.get("user") == identity.user_id:
            await self.welcoming.welcome(channel, invited)

    async def alerts_wanted(self, ack: AsyncAck, body: Json) -> None:
        """Tell this channel of every job from now on."""
        asker = Asker.of_press(body)
        work = self.permitting.let(asker, Deed.PLACE_ALERTS, self._subscribe(asker))
        await self.answering.answer_press(ack, asker, INTERIM, work)

    async def _subscribe(self, asker: Asker) -> Response:
        done = await self.subscribing.subscribe(EVERYTHING, asker.channel_id, asker.user_id)
        match done:
            case NoTarget():
                return Response(unknown_names_document(done))
            case ToldAnyway():
                return Response(told_anyway_document(done))
        return Response(subscribed_document(done, is_person=False), is_visible=not done.was_known)


def register_welcome(app: AsyncApp, welcome: Welcome) -> None:
    """Bind both; before `listeners.register`, whose last listeners take anything."""
    app.event("member_joined_channel")(welcome.member_joined)
    app.action(ALERTS_HERE)(welcome.alerts_wanted)
