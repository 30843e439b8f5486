"""How the end of a mute tells what was noticed meanwhile, beside what failed."""

from bot.core.views import FindingLine, MuteEnd
from bot.slack.documents import Bold, Bullets, Line, Part, paragraph
from bot.slack.findings import line_of, name_of
from bot.slack.words import listed, more

NOTICED = 10  # findings listed, and as many named of the rest


def noticed_parts(ended: MuteEnd | None) -> list[Part]:
    """List what has no message of its own to come, and name what has."""
    if ended is None or not ended.findings:
        return []
    here, following = _split(ended)
    parts: list[Part] = []
    if here:
        lines = [line_of(each) for each in here[:NOTICED]]
        if len(here) > NOTICED:
            names = listed(map(name_of, here[NOTICED:]), NOTICED)
            lines.append((more(here, NOTICED, "… and {} more: "), names))
        parts += [paragraph((Bold("Also noticed meanwhile:"),)), Bullets(tuple(lines))]
    if following:
        names = listed(map(name_of, following), NOTICED)
        parts.append(paragraph((Bold("Noticed meanwhile, with a message of its own: "), names)))
    return parts


def noticed_phrase(ended: MuteEnd | None) -> Line:
    """Say it in a notification."""
    here, _ = _split(ended) if ended else ([], [])
    if len(here) == 1:
        return (". Also noticed: ", *line_of(here[0]))
    names = listed(map(name_of, here), 5)
    return (f". Also noticed something about {names}",) if here else ()


def _split(ended: MuteEnd) -> tuple[list[FindingLine], list[FindingLine]]:
    """Tell what only this message says from what has a message of its own, or is to get it.

    That is what began while it was muted, unless it was over before anybody could be told.
    """
    here: list[FindingLine] = []
    following: list[FindingLine] = []
    for each in ended.findings:
        was_told_before = each.finding.opened_at < ended.mute.muted_at
        was_never_told = each.finding.is_over and each.finding.told_with is None
        (here if was_told_before or was_never_told else following).append(each)
    return here, following
