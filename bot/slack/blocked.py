"""How a channel hears that alerts do not get through elsewhere (`ALERT_FALLBACK_CHANNEL`).

Slack refuses either a channel, or single messages themselves.
"""

from bot.core.views import BlockageView
from bot.slack.documents import Bold, ChannelName, Document, Line, Moment, paragraph
from bot.slack.outcomes import FIXES, LET_IN
from bot.slack.words import cut, plural

REASONS = {
    "is_archived": "it is archived",
    "not_in_channel": "I am not in it any more",
    "channel_not_found": "it is gone, or it is private and I am not in it",
}
"""Slack's words for why, as people say it; any other is shown as Slack spells it."""


def blockage_document(view: BlockageView) -> Document:
    """Say that a channel is closed to the bot, or that it is open again."""
    if view.is_of_messages:
        return _refusal_document(view)
    if view.ended_at:
        until: Line = ("Blocked from ", Moment(view.since_at), " until ", Moment(view.ended_at))
        heading: Line = (Bold("✅ Alerts get through again to "), ChannelName(view.channel))
        return Document(blockage_phrase(view), (paragraph(heading, until, (_told(view),)),))
    heading = (Bold("🔇 Alerts do not get through to "), ChannelName(view.channel))
    since: Line = ("since ", Moment(view.since_at), f": {_reason(view)}. {_waiting(view)}.")
    fix: Line = (f"What to do: {FIXES.get(view.code, LET_IN)}",)
    later: Line = ("I try every 5 minutes; what waits is told there then. /replica failed works.",)
    return Document(blockage_phrase(view), (paragraph(heading, since, fix, later),))


def blockage_phrase(view: BlockageView) -> Line:
    """Say in one line whether alerts get through to a channel."""
    channel = ChannelName(view.channel)
    if view.is_of_messages:
        return _refusal_phrase(view)
    if view.ended_at:
        return ("✅ Alerts get through again to ", channel, f": {_told(view)}")
    what = f" ({_reason(view)}): {_waiting(view)}"
    return ("🔇 Alerts do not get through to ", channel, what)


def _refusal_document(view: BlockageView) -> Document:
    phrase = _refusal_phrase(view)
    if view.ended_at:
        until: Line = ("From ", Moment(view.since_at), " until ", Moment(view.ended_at))
        return Document(phrase, (paragraph(phrase, until),))
    since: Line = ("since ", Moment(view.since_at), ". Other messages get through.")
    kept: Line = ("What they tell is kept, and tried again every 10 minutes.",)
    fix: Line = (
        "What to do: /replica failed shows the failures meanwhile. See notice_not_delivered in my "
        "log, and look for a newer version of me.",
    )
    return Document(phrase, (paragraph(phrase, since, kept, fix),))


def _refusal_phrase(view: BlockageView) -> Line:
    channel = ChannelName(view.channel)
    if view.ended_at:
        return (Bold("✅ Slack refuses no message any more for "), channel)
    what = f"🔇 Slack refuses {plural(view.waiting, 'message')} for "
    return (Bold(what), channel, f" ({cut(view.code, 100)})")


def _reason(view: BlockageView) -> str:
    return REASONS.get(view.code, f"Slack says {cut(view.code, 100)}")


def _waiting(view: BlockageView) -> str:
    return f"{plural(view.waiting, 'message')} {'waits' if view.waiting == 1 else 'wait'}"


def _told(view: BlockageView) -> str:
    if not view.told_late:
        return "nothing had to wait"
    return f"{plural(view.told_late, 'message')} told late"
