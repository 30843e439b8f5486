"""views.*: App Home and modals (reference §1.1, §1.10; errors of views.open and views.update)."""

from bot.demo.slack.methods.context import Context
from bot.demo.slack.modals import Modal
from bot.demo.slack.options import Json
from bot.demo.slack.refusals import SlackRefusal
from bot.demo.slack.views import read_home, read_modal, stored_view


def publish(context: Context) -> Json:
    """views.publish: a person's Home tab; a stale `hash` is a conflict (reference §1.10)."""
    workspace = context.workspace
    if not workspace.options.app_home:
        raise SlackRefusal("not_enabled")
    user = context.request.required("user_id")
    if user not in workspace.members:
        raise SlackRefusal("invalid_user")
    view = read_home(workspace, context.request.values.get("view"))
    before = workspace.homes.get(user, {})
    _check_hash(context, before)
    workspace.homes[user] = stored_view(workspace, view, before.get("id"))
    workspace.changes.ring()
    return {"ok": True, "view": workspace.homes[user]}


def open_modal(context: Context) -> Json:
    """views.open: a modal, within three seconds of what it answers (reference §1.1)."""
    workspace = context.workspace
    trigger = context.request.required("trigger_id")
    view = read_modal(workspace, context.request.values.get("view"))
    external_id = view.get("external_id", "")
    if external_id and workspace.modals.find_external(external_id):
        raise SlackRefusal("duplicate_external_id")
    user = workspace.triggers.exchange(trigger)
    modal = workspace.modals.open(user, stored_view(workspace, view))
    workspace.changes.ring()
    return {"ok": True, "view": modal.as_json()}


def update_modal(context: Context) -> Json:
    """views.update: another version of an open modal; a stale `hash` is a conflict."""
    workspace = context.workspace
    modal = _modal(context)
    _check_hash(context, modal.view)
    view = read_modal(workspace, context.request.values.get("view"))
    modal.show(stored_view(workspace, view, modal.view["id"]))
    workspace.changes.ring()
    return {"ok": True, "view": modal.as_json()}


def _modal(context: Context) -> Modal:
    modals, view_id = context.workspace.modals, context.request.text("view_id")
    if view_id is not None:
        modal = modals.find(view_id)
    else:
        modal = modals.find_external(context.request.required("external_id"))
    if modal is None:
        raise SlackRefusal("not_found")
    return modal


def _check_hash(context: Context, before: Json) -> None:
    given = context.request.text("hash")
    if given is not None and given != before.get("hash"):
        raise SlackRefusal("hash_conflict")
