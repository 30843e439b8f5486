"""What the bot says where it is invited: what it does, how to ask, and how to be told here."""

from bot.core.views import WelcomeView
from bot.slack.action_ids import ALERTS_HERE
from bot.slack.documents import Bold, Bullets, Button, Buttons, Document, paragraph
from bot.slack.words import cut, plural

NAME = 255  # characters


def welcome_document(view: WelcomeView) -> Document:
    """Introduce the bot to a channel."""
    watched = f"{plural(view.job_count, 'replication job')} of {cut(view.em_name, NAME)}"
    title = f"👋 I watch {watched}"
    parts = (
        paragraph((Bold(title),), ("When one fails or warns, I say so once, with the reason.",)),
        Bullets(
            (
                (Bold("/replica failed"), " lists what is failing now"),
                (Bold("/replica <session or job>"), " shows one session, live"),
                (Bold("/replica subscribe SQL*"), " tells this channel of some jobs only"),
                (Bold("/replica help"), " lists all the rest"),
            )
        ),
        paragraph(("I tell nothing here until somebody asks for it.",)),
        Buttons((Button("Send alerts here", ALERTS_HERE, label="Tell this channel of every job"),)),
    )
    return Document((f"{title}. Ask me with /replica help.",), parts)
