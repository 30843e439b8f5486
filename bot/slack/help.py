"""What `/replica help` says: every command with an example, and each one's own help."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.slack.action_ids import ASK, numbered
from bot.slack.documents import Bold, Bullets, Button, Buttons, Document, Line, Part, paragraph
from bot.slack.parsing import Verb
from bot.slack.words import cut

ASKED = 100  # characters of what was typed, said back

FILTER_WORDS = (
    "Narrow it with any of: since 7d, server:vbr01, job:SQL*, failed, warning, success. "
    "“export” at the end sends the whole list to you as a CSV file."
)
ASKABLE = frozenset({Verb.FAILED, Verb.RUNNING, Verb.JOBS, Verb.SUMMARY, Verb.STATUS})
"""What an answer may offer as a button: it changes nothing and needs no further word."""


@dataclass(frozen=True, slots=True)
class Usage:
    """One command: how it is written, what it does in a phrase, examples, and what else to know."""

    verb: Verb
    form: str
    does: str
    examples: tuple[str, ...]
    more: str = ""

    @property
    def command(self) -> str:
        """How it is written in full."""
        return f"/replica {self.form}".rstrip()


USAGES = (
    Usage(
        Verb.OVERVIEW,
        "",
        "how things stand: what is failing, what runs, and what to ask next",
        ("",),
    ),
    Usage(
        Verb.SESSION,
        "<session>",
        "one session, live from Enterprise Manager: by its handle (#4f3a), its id or the first 8 "
        "characters of it, an EM link, a session name, or a job name (its latest run); an "
        "incident by its number (#12)",
        ("#4f3a", "04f694ad", "SQL Replica", "#12"),
        "A name that begins like a command: /replica session failed over.",
    ),
    Usage(
        Verb.FAILED,
        "failed [filter]",
        "what is failing now, with the number of each incident, and what failed or warned in the "
        "last 24 hours",
        ("failed", "failed since 7d server:vbr01", "failed warning job:SQL* export"),
        FILTER_WORDS,
    ),
    Usage(
        Verb.RUNNING,
        "running [filter]",
        "what is running now, the longest first",
        ("running", "running server:vbr01", "running export"),
        FILTER_WORDS,
    ),
    Usage(
        Verb.JOBS,
        "jobs [filter]",
        "all jobs, the most urgent first, each with its last run and its last good replica",
        ("jobs", "jobs failed", "jobs server:vbr01 export"),
        FILTER_WORDS,
    ),
    Usage(
        Verb.JOB,
        "job <name>",
        "one job: its last runs, success rate, usual duration, last good replica, RPO and next run",
        ("job SQL Replica", "job DC Replica @ vbr01", "job #12"),
        "The same name on two backup servers: put “@ server” behind it.",
    ),
    Usage(
        Verb.TASKS,
        "tasks <session>",
        "every VM of one session, those that failed first",
        ("tasks #4f3a", "tasks SQL Replica failed", "tasks SQL Replica export"),
        "“failed”, “warning”, “success” at the end narrow it; “export” sends it as a CSV file.",
    ),
    Usage(Verb.SUMMARY, "summary", "the daily summary, for now", ("summary",)),
    Usage(Verb.STATUS, "status", "how the bot itself is", ("status",)),
    Usage(
        Verb.ACK,
        "ack #<number> [note]",
        "you look after an incident, by its number or its job’s name; reminders stop",
        ("ack #12 storage is called", "ack SQL Replica"),
        "The number stands in the alert and in /replica failed. A session’s handle (#4f3a) does "
        "too.",
    ),
    Usage(
        Verb.UNACK,
        "unack #<number>",
        "you do not, after all",
        ("unack #12", "unack SQL Replica"),
    ),
    Usage(
        Verb.CLOSE,
        "close #<number>",
        "nothing more will come of it, such as of a job that no longer runs",
        ("close #12",),
        "If the job fails again, the channel hears of it.",
    ),
    Usage(
        Verb.MUTE,
        "mute <what> [for]",
        "tell nobody of a job, a backup server (server:vbr01) or all, for a time",
        (
            "mute SQL Replica 4h",
            "mute #12 until success",
            "mute server:vbr01 until Monday 08:00",
            "mute all until 2027-01-31",
        ),
        "Without an end it is 4 hours, never more than 30 days.",
    ),
    Usage(
        Verb.UNMUTE,
        "unmute <what>",
        "end that now",
        ("unmute server:vbr01", "unmute SQL Replica"),
    ),
    Usage(Verb.MUTES, "mutes", "what is muted, by whom and until when", ("mutes",)),
    Usage(
        Verb.SUBSCRIBE,
        "subscribe [what]",
        "tell this channel too, or you if you say it in a direct message",
        ("subscribe SQL* server:vbr01 failed", "subscribe “SQL Replica” “DC Replica”"),
        "A name with spaces needs quotes.",
    ),
    Usage(
        Verb.UNSUBSCRIBE,
        "unsubscribe <what>",
        "no longer, by the same words or all",
        ("unsubscribe SQL*", "unsubscribe all"),
    ),
    Usage(Verb.SUBSCRIPTIONS, "subscriptions", "what is told here", ("subscriptions",)),
    Usage(
        Verb.WATCH,
        "watch <session or job>",
        "tell you once, by direct message, when it ends",
        ("watch SQL Replica", "watch #4f3a"),
    ),
    Usage(
        Verb.UNWATCH,
        "unwatch <session or job>",
        "no longer",
        ("unwatch SQL Replica", "unwatch all"),
    ),
    Usage(Verb.WATCHES, "watches", "what you wait for", ("watches",)),
    Usage(
        Verb.RETRY,
        "retry <job>",
        "operators: has Veeam retry a job whose last run failed, after a button to confirm it",
        ("retry SQL Replica", "retry #12"),
        "What becomes of it is told in the thread of the job’s alert. It is started once, however "
        "often the button is pressed.",
    ),
    Usage(
        Verb.START,
        "start <job>",
        "operators: starts a job that does not run, after a button to confirm it",
        ("start SQL Replica", "start #12"),
        "What becomes of it is told in the thread of the job’s alert.",
    ),
    Usage(
        Verb.COLLECT,
        "collect [server]",
        "operators: has Enterprise Manager collect from a backup server now",
        ("collect vbr01",),
        "Once per server in 5 minutes: what Enterprise Manager knows may be 15 minutes old.",
    ),
    Usage(
        Verb.AUDIT,
        "audit [words]",
        "operators: who did what and what came of it, the newest first",
        ("audit retry SQL", "audit"),
    ),
    Usage(
        Verb.HELP,
        "help [command]",
        "this, or more about one command",
        ("help", "help mute", "mute help"),
    ),
)
USAGE_OF = {usage.verb: usage for usage in USAGES}


def usage_lines() -> Iterator[Line]:
    """Write each command with what it does and its first example."""
    for usage in USAGES:
        example = usage.examples[0]
        tail = f": /replica {example}" if example and example != usage.form.split(" [")[0] else ""
        yield (Bold(usage.command), f" {usage.does}{tail}")


HELP = Document(
    (
        "Replica Bot: /replica <session>, failed, running, jobs, job, tasks, summary, status; ack, "
        "unack, close; mute, unmute, mutes; subscribe, unsubscribe, subscriptions; watch, unwatch, "
        "watches; retry, start, collect, audit; help",
    ),
    (
        paragraph(
            (Bold("Replica Bot"), " watches Veeam replication and tells you when it fails."),
        ),
        Bullets(tuple(usage_lines())),
        paragraph(
            (
                "Watched are the classic replication jobs of this Enterprise Manager; "
                "not backup, not CDP.",
            ),
            (
                "Answers are only for you until you press Share. That something was muted or "
                "subscribed is shown to the channel. The same questions work as a mention, which "
                "is answered in its thread for all to see, and in a direct message.",
            ),
            ("More about one command: /replica help mute.",),
        ),
    ),
)


def help_document(verb: Verb, before: Line = ()) -> Document:
    """Explain one command; `before` says why it is explained."""
    usage = USAGE_OF[verb]
    title: Line = (Bold(usage.command), f" {usage.does}.")
    examples: tuple[Line, ...] = tuple((f"/replica {each}".rstrip(),) for each in usage.examples)
    parts: list[Part] = [paragraph(before, title), Bullets(examples)]
    if usage.more:
        parts.append(paragraph((usage.more,)))
    if verb in ASKABLE:
        parts.append(Buttons((ask_button(f"Show {verb.value}", verb.value),)))
    return Document((*before, " ", *title) if before else title, tuple(parts))


def no_command_document(asked: str, nearest: str) -> Document:
    """Say that there is no such command, with the nearest or with all."""
    said: Line = (f"🔍 There is no command “{cut(asked, ASKED)}”.",)
    if not nearest:
        return Document((*said, " ", *HELP.summary), (paragraph(said), *HELP.parts))
    return help_document(Verb(nearest), (f"{said[0]} The nearest:",))


def ask_button(text: str, question: str, index: int = 0) -> Button:
    """Offer a question as a button: what would be typed after `/replica` is its value."""
    return Button(text, numbered(ASK, index), question)
