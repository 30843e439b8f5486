"""How states and results look: an icon and a word, never colour alone (DESIGN §6)."""

from bot.core.sessions import Session, TaskSession, Verdict
from bot.slack.words import plural

ICONS = {
    Verdict.UNFINISHED: "⏳",
    Verdict.SUCCESS: "✅",
    Verdict.WARNING: "🟡",
    Verdict.FAILED: "🔴",
}
DID = {
    Verdict.UNFINISHED: "is running",
    Verdict.SUCCESS: "succeeded",
    Verdict.WARNING: "ended with a warning",
    Verdict.FAILED: "failed",
}
HAS = {
    Verdict.UNFINISHED: "unfinished",
    Verdict.SUCCESS: "Success",
    Verdict.WARNING: "Warning",
    Verdict.FAILED: "Failed",
}
_KNOWN = {"success", "warning", "failed"}


def verdict_of(session: Session) -> Verdict:
    """Judge a session for showing: one that is over without a result counts as warned."""
    if session.is_stopped and not session.has_result:
        return Verdict.WARNING
    if not session.is_stopped:
        return Verdict.UNFINISHED
    known = {"success": Verdict.SUCCESS, "failed": Verdict.FAILED}
    return known.get(session.result.lower(), Verdict.WARNING)


def did(session: Session, verdict: Verdict) -> str:
    """Say how a session ended, in EM's own spelling where we do not know the word (DESIGN §2)."""
    if verdict is Verdict.UNFINISHED:
        return "is running"
    if not session.has_result:
        return "finished without a result"
    if session.result.lower() not in _KNOWN:
        return f"ended as “{session.result}”"
    return DID[verdict]


def task_word(task: TaskSession) -> str:
    """Say how one VM's part stands, in EM's own spelling where it has one."""
    return task.result if task.verdict is not Verdict.UNFINISHED else task.state or "not started"


def failures(count: int, peak: Verdict) -> str:
    """Count bad runs by the worst of them: `3 failures`, `1 warning`."""
    noun = "failure" if peak is Verdict.FAILED else "warning"
    return f"{count} {noun if count == 1 else noun + 's'}"


def over_phrase(jobs: int, closed: int, where: str = "") -> str:
    """Say that nothing is failing any more: what recovered is told from what a person closed."""
    if closed == jobs:
        return f"⚪ {plural(jobs, 'job')}{where} closed by hand"
    if closed:
        return (
            f"✅ {jobs - closed} of {plural(jobs, 'job')}{where} recovered, {closed} closed by hand"
        )
    return f"✅ {'All ' if jobs > 1 else ''}{plural(jobs, 'job')}{where} recovered"
