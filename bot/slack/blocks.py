"""Pure rendering of what the services want said: a view goes in, a Slack message comes out."""

from bot.core.ports import NoticeView
from bot.core.views import GroupView, IncidentView, OutageView, ReplyView, StartView, SummaryView
from bot.slack.alerts import incident_document, reply_document
from bot.slack.documents import Document
from bot.slack.groups import group_document
from bot.slack.layout import Message, render, render_plainly
from bot.slack.outages import outage_document, start_document
from bot.slack.summaries import summary_document


def render_notice(view: NoticeView) -> Message:
    """Render what a notice shows now."""
    return render(_document(view))


def render_plain(view: NoticeView) -> Message:
    """Render the same with the oldest block types only, where others are refused (DESIGN §6)."""
    return render_plainly(_document(view))


def _document(view: NoticeView) -> Document:
    match view:
        case IncidentView():
            return incident_document(view)
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
