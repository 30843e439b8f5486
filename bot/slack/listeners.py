"""Binds commands and buttons to Bolt, so that nothing a person does goes unacknowledged.

Stock Bolt answers neither what has no listener nor what breaks before its acknowledgement, and the
person then sees Slack's own error without words (measured, reference §4.3).
"""

import logging
import re

import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.core.ports import Clock
from bot.services.handling import Handling
from bot.slack import action_ids
from bot.slack.acting import ActingAnswers
from bot.slack.actions import Actions
from bot.slack.answering import Answering, apology_for
from bot.slack.asking import Answers
from bot.slack.clients import Json
from bot.slack.commands import Commands
from bot.slack.deeds import Deeds
from bot.slack.mentions import Mentions
from bot.slack.permitting import Permitting
from bot.slack.questions import Questions
from bot.slack.repeats import EventsOnce, Repeats
from bot.slack.wishing import Wishing

log = structlog.get_logger(__name__)

ANYTHING = re.compile(".*", re.DOTALL)


def build_app(client: AsyncWebClient) -> AsyncApp:
    """Build the Bolt app, which hears each event once.

    In HTTP mode `bot.slack.requests` has checked a request before Bolt sees it. The app
    authorizes every request by the one token there is, without `auth.test`: with a revoked
    token the person is still answered, through the acknowledgement (reference §5).
    """
    token = client.token
    tokenless = AsyncWebClient(
        base_url=client.base_url, session=client.session, retry_handlers=[], timeout=client.timeout
    )
    tokenless.proxy = client.proxy

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=token)

    app = AsyncApp(
        client=tokenless,
        name="replica-bot",
        logger=_bolt_logger(),
        signing_secret="",
        request_verification_enabled=False,
        authorize=authorize,
    )
    app.use(EventsOnce(Repeats()).pass_on)
    return app


def register(
    app: AsyncApp,
    answers: Answers,
    handling: Handling,
    answering: Answering,
    clock: Clock,
    permitting: Permitting,
) -> None:
    """Bind every listener; those that take anything come last."""
    acting = ActingAnswers(
        handling.acting, handling.collecting, handling.auditing, handling.acknowledging
    )
    wishing = Wishing(handling, answering.calls, clock, permitting, acting)
    questions = Questions(answers, wishing, answering.sender, clock)
    app.command(ANYTHING)(Commands(questions, answering).replica_asked)
    _register_deeds(app, Deeds(handling, wishing, answering, answering.calls))
    _register_actions(app, Actions(questions, answering, clock, permitting))
    mentions = Mentions(questions, answering)
    app.event("app_mention")(mentions.bot_mentioned)
    app.event("message")(mentions.message_said)
    app.event(ANYTHING)(event_heard)
    app.error(listener_failed)


def _register_deeds(app: AsyncApp, deeds: Deeds) -> None:
    """Bind what changes how the bot treats something."""
    app.action(action_ids.ACKNOWLEDGE)(deeds.acknowledge_clicked)
    app.action(action_ids.ACKNOWLEDGE_ALL)(deeds.acknowledge_all_clicked)
    app.action(action_ids.ADD_NOTE)(deeds.note_clicked)
    app.view(action_ids.NOTE_WRITTEN)(deeds.note_written)
    app.action(action_ids.PICK_MEMBER)(deeds.member_picked)
    app.action(action_ids.MUTE)(deeds.mute_chosen)
    app.action(_of_many(action_ids.MUTE_OTHERWISE))(deeds.mute_chosen)
    app.action(_of_many(action_ids.UNMUTE))(deeds.unmute_clicked)
    app.action(_of_many(action_ids.UNSUBSCRIBE))(deeds.unsubscribe_clicked)
    app.action(_of_many(action_ids.WATCH))(deeds.watch_clicked)
    app.action(_of_many(action_ids.UNWATCH))(deeds.unwatch_clicked)
    app.action(_of_many(action_ids.RETRY_JOB))(deeds.retry_clicked)
    app.action(_of_many(action_ids.START_JOB))(deeds.start_clicked)
    app.action(action_ids.COLLECT)(deeds.collect_clicked)
    app.action(action_ids.AUDIT_OLDER)(deeds.older_clicked)


def _register_actions(app: AsyncApp, actions: Actions) -> None:
    """Bind the buttons of answers, and at last whatever else is pressed."""
    app.action(action_ids.DETAILS)(actions.details_clicked)
    app.action(action_ids.REFRESH)(actions.refresh_clicked)
    app.action(action_ids.ALL_VMS)(actions.tasks_clicked)
    app.action(action_ids.OPEN_IN_EM)(actions.link_opened)
    app.action(_of_many(action_ids.PICK))(actions.candidate_picked)
    app.action(_of_many(action_ids.ASK))(actions.question_clicked)
    app.action(_of_many(action_ids.TURN))(actions.page_turned)
    app.action(action_ids.EXPORT)(actions.export_clicked)
    app.action(_of_many(action_ids.SHOW_JOB))(actions.job_chosen)
    app.action(action_ids.FIND_JOB)(actions.job_chosen)
    app.options(action_ids.FIND_JOB)(actions.job_typed)
    app.action(ANYTHING)(actions.old_button_clicked)


def _of_many(action_id: str) -> re.Pattern[str]:
    """Take an id also where it is numbered to be unique in its message."""
    return re.compile(rf"^{action_id}(:\d+)?$")


async def event_heard(ack: AsyncAck) -> None:
    """Acknowledge events that an older manifest subscribed, or Slack sends them again."""
    await ack()


async def listener_failed(
    error: Exception, response: BoltResponse | None, body: Json
) -> BoltResponse | None:
    """Acknowledge what broke before it was acknowledged, with words and a reference to the log."""
    sentence = apology_for(error)
    log.warning("listener_failed", kind=body.get("type") or body.get("command"))
    if response is None:  # already acknowledged
        return None
    return BoltResponse(status=200, body=sentence)


def _bolt_logger() -> logging.Logger:
    """Give Bolt a logger that speaks of errors only: its hints are for its programmers."""
    logger = logging.getLogger("replica_bot.bolt")
    logger.setLevel(logging.ERROR)
    return logger
