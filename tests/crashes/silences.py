"""Count what a channel was told of silence: blind and stale EM, runs missed, hanging or no more.

Written without the bot's code, as `reading` is. What begins with 🟠, ⚫ or ⚪ is open until it
reads otherwise; each job, server or EM has at most one message of each kind open at a time.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

ICONS = ("🟠", "⚫", "⚪")
KINDS = {
    "cannot see": re.compile(r"I cannot see"),
    "stale": re.compile(r"told nothing of|are silent"),
    "missed": re.compile(r"did not run"),
    "rpo": re.compile(r"\bRPO\b"),
    "stuck": re.compile(r"seems? stuck"),
    "gone": re.compile(r"no longer run"),
    "empty": re.compile(r"without any VM"),
    "shrunk": re.compile(r"green, but without|without some of their"),
    "unscheduled": re.compile(r"schedule"),
}
"""What is told of silence, by its words; the first that fits counts."""

SUBJECT = re.compile(r"Replica \d{3}")
SERVER = re.compile(r"vbr\d\d")
CLOSED = re.compile(r"; closed by")
OVER_OF_MANY = re.compile(r"✅ \d+ over")
GREEN = "✅"


@dataclass(frozen=True)
class Version:
    """What a message said from one moment on: its first line, and all that a person reads."""

    at: float
    text: str
    everything: str


@dataclass(frozen=True)
class Telling:
    """A message on silence with all its versions, oldest first, and the texts of its thread."""

    versions: tuple[Version, ...]
    replies: tuple[str, ...]

    @property
    def kind(self) -> str:
        """What it tells of."""
        text = self.versions[0].text
        return next((name for name, words in KINDS.items() if words.search(text)), text)

    def open_spans(self) -> dict[str, list[tuple[float, float]]]:
        """Say of each subject from when to when it stood there as open."""
        spans: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
        ends = (*(each.at for each in self.versions[1:]), float("inf"))
        for version, end in zip(self.versions, ends, strict=True):
            for subject in self._open_in(version):
                spans[subject].append((version.at, end))
        return spans

    def _open_in(self, version: Version) -> set[str]:
        if not version.text.startswith(ICONS) or CLOSED.search(version.text):
            return set()
        if not KINDS.get(self.kind, re.compile("")).search(version.text):
            return set()  # another message tells what has become of it
        if self.kind == "cannot see":
            return {"EM"}
        names = SERVER if self.kind == "stale" else SUBJECT
        return set(names.findall(OVER_OF_MANY.split(version.everything)[0]))


def find_twice(tellings: Sequence[Telling]) -> list[str]:
    """List what stood there as open in two messages at once, or was said twice in one thread."""
    twice = []
    spans: defaultdict[tuple[str, str], list[tuple[Telling, float, float]]] = defaultdict(list)
    for telling in tellings:
        for subject, of_subject in telling.open_spans().items():
            spans[telling.kind, subject] += [(telling, *span) for span in of_subject]
        twice += [
            f"“{text[:60]}” below “{telling.versions[0].text[:60]}”: {number} times"
            for text, number in Counter(telling.replies).items()
            if number > 1
        ]
    for (kind, subject), of_kind in spans.items():
        if _overlap(of_kind):
            twice.append(f"{subject}: {kind} is open in two messages at once")
    return twice


def _overlap(spans: Iterable[tuple[Telling, float, float]]) -> bool:
    ordered = sorted(spans, key=lambda span: span[1])
    return any(
        one is not other and begun < ended
        for at, (one, _, ended) in enumerate(ordered)
        for other, begun, _ in ordered[at + 1 :]
    )


def find_lost(tellings: Sequence[Telling]) -> list[str]:
    """List what is over and was never said to be: whoever read of it must hear of its end."""
    return [
        f"the end of “{telling.versions[0].text[:60]}”"
        for telling in tellings
        if telling.versions[-1].text.startswith(GREEN)
        and not any(text.startswith(GREEN) for text in telling.replies)
    ]
