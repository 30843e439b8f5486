"""What `/replica help` says: every command with an example."""

from bot.slack.documents import Bold, Bullets, Document, Line, paragraph

_ASKING: tuple[Line, ...] = (
    (
        Bold("/replica <session>"),
        " one session, live from Enterprise Manager: by its id, its first 8 "
        "characters, an EM link, a session name, or a job name (its latest run)",
    ),
    (Bold("/replica failed"), " what is failing now, with the number of each incident"),
    (Bold("/replica running"), " what is running now"),
    (Bold("/replica tasks <session>"), " every VM of one session"),
    (Bold("/replica summary"), " the daily summary, for now"),
    (Bold("/replica status"), " how the bot itself is"),
)
_WISHING: tuple[Line, ...] = (
    (
        Bold("/replica ack #<number> [note]"),
        " you look after an incident, by its number or its job’s name; reminders stop: "
        "/replica ack #12 storage is called",
    ),
    (Bold("/replica unack #<number>"), " you do not, after all: /replica unack SQL Replica"),
    (
        Bold("/replica close #<number>"),
        " nothing more will come of it, such as of a job that no longer runs: /replica close #12",
    ),
    (
        Bold("/replica mute <what> [for]"),
        " tell nobody of a job, a backup server (server:vbr01) or all, for a time: "
        "/replica mute SQL Replica 4h, … until success, … until Monday 08:00, … until 2027-01-31",
    ),
    (Bold("/replica unmute <what>"), " end that now: /replica unmute server:vbr01"),
    (Bold("/replica mutes"), " what is muted, by whom and until when"),
    (
        Bold("/replica subscribe [what]"),
        " tell this channel too, or you if you say it in a direct message: "
        "/replica subscribe SQL* server:vbr01 failed",
    ),
    (
        Bold("/replica unsubscribe <what>"),
        " no longer, by the same words or all: /replica unsubscribe SQL*",
    ),
    (Bold("/replica subscriptions"), " what is told here"),
    (
        Bold("/replica watch <session or job>"),
        " tell you once, by direct message, when it ends: /replica watch SQL Replica",
    ),
    (Bold("/replica unwatch <session or job>"), " no longer: /replica unwatch SQL Replica"),
    (Bold("/replica watches"), " what you wait for"),
    (
        Bold("/replica retry <job>"),
        " operators: run a job again whose last run failed: /replica retry SQL Replica",
    ),
    (Bold("/replica start <job>"), " operators: run a job now: /replica start #12"),
    (
        Bold("/replica collect [server]"),
        " operators: have Enterprise Manager fetch news now: /replica collect vbr01",
    ),
    (Bold("/replica audit [words]"), " operators: who did what: /replica audit retry SQL"),
    (Bold("/replica help"), " this"),
)

HELP = Document(
    (
        "Replica Bot: /replica <session>, failed, running, tasks, summary, status; ack, unack, "
        "close; mute, unmute, mutes; subscribe, unsubscribe, subscriptions; watch, unwatch, "
        "watches; retry, start, collect, audit; help",
    ),
    (
        paragraph(
            (Bold("Replica Bot"), " watches Veeam replication and tells you when it fails."),
        ),
        Bullets((*_ASKING, *_WISHING)),
        paragraph(
            (
                "Watched are the classic replication jobs of this Enterprise Manager; "
                "not backup, not CDP.",
            ),
            (
                "Answers are only for you until you press Share. That something was muted or "
                "subscribed is shown to the channel.",
            ),
        ),
    ),
)
