"""Pure rendering of what the services want said: a view goes in, a Slack message comes out."""

from bot.core.notices import Notice
from bot.core.ports import NoticeView
from bot.core.views import (
    ActionView,
    BlockageView,
    FindingView,
    GroupView,
    IncidentView,
    OutageView,
    ReplyView,
    StartView,
    SummaryView,
    WatchView,
    WelcomeView,
)
from bot.slack.action_documents import action_document
from bot.slack.alerts import incident_document, reply_document
from bot.slack.blocked import blockage_document
from bot.slack.documents import Document
from bot.slack.findings import finding_document
from bot.slack.groups import group_document
from bot.slack.layout import Message, render, render_plainly
from bot.slack.outages import outage_document, start_document
from bot.slack.postmarks import postmark
from bot.slack.summaries import summary_document
from bot.slack.welcomes import welcome_document
from bot.slack.wishes import watch_document


def render_notice(
    view: NoticeView, notice: Notice | None = None, *, offers_actions: bool = False
) -> Message:
    """Render what a notice shows now, with what the notice says of its delivery.

    With `offers_actions` alerts have buttons that reach into Veeam.
    """
    return render(_marked(view, notice, offers_actions))


def render_plain(
    view: NoticeView, notice: Notice | None = None, *, offers_actions: bool = False
) -> Message:
    """Render the same with the oldest block types only, where others are refused (DESIGN §6)."""
    return render_plainly(_marked(view, notice, offers_actions))


def _marked(view: NoticeView, notice: Notice | None, offers_actions: bool) -> Document:
    document = _document(view, offers_actions)
    return postmark(document, notice) if notice else document


def _document(  # noqa: C901, PLR0911 - one line for each kind of view
    view: NoticeView, offers_actions: bool
) -> Document:
    match view:
        case IncidentView():
            return incident_document(view, offers_actions=offers_actions)
        case GroupView():
            return group_document(view)
        case ReplyView():
            return reply_document(view)
        case StartView():
            return start_document(view)
        case OutageView():
            return outage_document(view)
        case SummaryView():
            return summary_document(view)
        case BlockageView():
            return blockage_document(view)
        case WatchView():
            return watch_document(view)
        case FindingView():
            return finding_document(view)
        case WelcomeView():
            return welcome_document(view)
        case ActionView():
            return action_document(view)
