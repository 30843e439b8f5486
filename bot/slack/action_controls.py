"""The buttons that reach into Veeam: retry or start a job, collect; each says what will happen."""

from bot.core.actions import Action
from bot.core.incidents import Status
from bot.core.sessions import Verdict
from bot.core.views import IncidentView
from bot.slack.action_ids import COLLECT, RETRY_JOB, START_JOB
from bot.slack.documents import Button, Confirm
from bot.slack.words import cut

NAME = 60  # characters of a job's name in a dialog, whose title Slack cuts at 100

IDS = {Action.RETRY: RETRY_JOB, Action.START: START_JOB}
WORDS = {Action.RETRY: "Retry job", Action.START: "Start job"}
WILL = {
    Action.RETRY: "Veeam runs “{job}” once more now, for the VMs that failed.",
    Action.START: "Veeam runs “{job}” now, as if its time had come.",
}


def action_for(view: IncidentView) -> Action | None:
    """Choose what an alert offers: a retry after Failed, a start after Warning.

    Nothing is offered where EM gives no link to it, or where a retry runs already. Where it is not
    known whether EM does, pressing tells.
    """
    if view.incident.status is not Status.OPEN or view.retry:
        return None
    action = {Verdict.FAILED: Action.RETRY, Verdict.WARNING: Action.START}.get(view.verdict)
    return action if action and (view.offers is None or action in view.offers) else None


def action_button(action: Action, job_uid: str, job_name: str, *, asks: bool = True) -> Button:
    """Offer to retry or start a job; a dialog asks first, unless the message itself does."""
    name = cut(job_name, NAME)
    word = WORDS[action]
    confirm = Confirm(
        title=f"{action.value.capitalize()} {name}?",
        text=f"{WILL[action].format(job=name)} Everybody sees that it was you.",
        confirm=word,
        deny="Not now",
    )
    return Button(
        word, IDS[action], job_uid, label=f"{word}: {job_name}", confirm=confirm if asks else None
    )


def collect_button(server_uid: str, server: str) -> Button:
    """Offer to have EM collect from a backup server now."""
    return Button("Collect now", COLLECT, server_uid, label=f"Collect from {server} now")
