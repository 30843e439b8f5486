"""The control API of the workspace, below `/control/slack`: JSON in, JSON out.

`GET /state` tells everything that a person could see. Every action is a POST with a JSON object;
a field that is not given keeps the default in brackets, `channel` is an id or a name.

    command       line, user, channel            type a slash command, wait for its acknowledgement
    press         ts | view, action_id | text, channel, user                     press a button
    select        ts | view, action_id, value | text, channel, user              choose in a menu
    suggest       ts | view, action_id, text, channel, user    type in a menu; answers `options`
    fill          view, values                   fill in a modal by action id or block id
    submit        view, values ({})              fill in a modal by action id or block id, submit it
    close_view    view                           close a modal
    open_home     user, tab ("home")             open a tab of the app's Home; answers `acked`
    say           text, user, channel, thread_ts (null)      type a plain message
    add_person    name, real_name (name), guest (false)      answers `user`, their id
    add_usergroup  members, handle ("backup-admins")         answers `usergroup`, its id
    add_channel   name, member (true), private (false)      answers `channel`, its id
    open_direct   user, other (the bot)          a direct message; answers `channel`, its id
    delete        ts, channel                    delete a message as a person
    connect_http  url        switch from Socket Mode to this request URL, after verifying it
    event         event                          send an event of the Events API
    fault         method, kind, times (1; null: until cleared), after_acceptance (false),
                  error ("fatal_error"), retry_after (1), channel (null: everywhere)
                  kinds: time_out close reset http_500 refuse rate_limit hold
    clear                                        end all faults, release what is held
    archive, unarchive, remove_bot, invite_bot   channel
    rename        name, channel
    revoke_token  error ("token_revoked")        and restore_token, renew_token (a new one counts)
    go_deaf                                      sockets stay open and say nothing
    drop_sockets  by_reset (false)               and disconnect: reason ("refresh_requested")
    refuse_sockets  refuse (true)                apps.connections.open is refused
    redeliver                                    send the last envelope once more
    swap_envelopes                               deliver the next two in swapped order
    options       any of SlackOptions; spans in seconds: clock_skew, edit_window

With `block_id` a widget is looked for in that block only. A wrong body is HTTP 400, an unknown
action, channel, message or button 404, each with a sentence in `error`.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from aiohttp import web
from pydantic import ValidationError

from bot.demo.slack.bodies import (
    Body,
    Drop,
    Event,
    Line,
    NewChannel,
    NewGroup,
    NewName,
    NewPerson,
    OpenView,
    Pair,
    PlannedFault,
    Press,
    Reason,
    Refusal,
    Refuse,
    RequestUrl,
    Said,
    Selection,
    Submission,
    Switches,
    Tab,
    Typing,
    Where,
    Which,
    Widget,
)
from bot.demo.slack.faults import Fault, Held
from bot.demo.slack.handles import WorkspaceHandle
from bot.demo.slack.messages import Message
from bot.demo.slack.options import Json
from bot.demo.slack.snapshots import snapshot


@dataclass(frozen=True, slots=True)
class Action:
    """One action: the shape of its body and what it does."""

    body: type[Body]
    run: Callable[[WorkspaceHandle, Any], Awaitable[Json | None]]


def control_app(slack: WorkspaceHandle) -> web.Application:
    """The control API as an application to be mounted."""

    async def act(request: web.Request) -> web.Response:
        action = ACTIONS.get(request.match_info["action"])
        if action is None:
            return _refused(404, f"no such action; there are {', '.join(sorted(ACTIONS))}")
        if request.content_type != "application/json":
            return _refused(400, "the body must be JSON (Content-Type: application/json)")
        try:
            body = action.body.model_validate_json(await request.read() or b"{}")
            return web.json_response({"ok": True, **(await action.run(slack, body) or {})})
        except ValidationError as wrong:
            problems = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in wrong.errors()]
            return _refused(400, "; ".join(problems))
        except LookupError as missing:
            return _refused(404, str(missing.args[0]))

    async def state(_request: web.Request) -> web.Response:
        return web.json_response(snapshot(slack))

    app = web.Application()
    app.router.add_get("/state", state)
    app.router.add_post("/{action}", act)
    return app


def _refused(status: int, error: str) -> web.Response:
    return web.json_response({"ok": False, "error": error}, status=status)


def _channel(slack: WorkspaceHandle, body: Where) -> str:
    if body.channel is None:
        return slack.channel
    for channel in slack.workspace.channels.values():
        if body.channel in {channel.id, channel.name, f"#{channel.name}"}:
            return channel.id
    raise LookupError(f"there is no channel {body.channel}")


def _user(slack: WorkspaceHandle, user: str | None) -> str | None:
    if user is not None and user not in slack.workspace.people:
        raise LookupError(f"there is no person {user}")
    return user


def _message(slack: WorkspaceHandle, body: Where, ts: str) -> Message:
    message = slack.workspace.find(_channel(slack, body), ts)
    if message is None:
        raise LookupError(f"there is no message {ts}")
    return message


def _seen(slack: WorkspaceHandle, body: Widget) -> Message | Json:
    """The message or the view that an action names."""
    if body.ts is not None:
        return _message(slack, body, body.ts)
    return {"id": body.view}


async def _command(slack: WorkspaceHandle, body: Line) -> Json:
    user = _user(slack, body.user)
    return asdict(await slack.command(body.line, user, _channel(slack, body)))


async def _press(slack: WorkspaceHandle, body: Press) -> Json:
    seen, user = _seen(slack, body), _user(slack, body.user)
    result = await slack.press(
        seen, action_id=body.action_id, text=body.text, user=user, block_id=body.block_id
    )
    return asdict(result)


async def _select(slack: WorkspaceHandle, body: Selection) -> Json:
    seen, user = _seen(slack, body), _user(slack, body.user)
    result = await slack.select(
        seen, body.action_id, body.value, text=body.text, user=user, block_id=body.block_id
    )
    return asdict(result)


async def _suggest(slack: WorkspaceHandle, body: Typing) -> Json:
    seen, user = _seen(slack, body), _user(slack, body.user)
    offered = await slack.suggest(
        seen, body.action_id, body.text, user=user, block_id=body.block_id
    )
    return {"options": offered}


async def _fill(slack: WorkspaceHandle, body: Submission) -> None:
    slack.fill(body.view, body.values)


async def _submit(slack: WorkspaceHandle, body: Submission) -> Json:
    return asdict(await slack.submit(body.view, body.values))


async def _close_view(slack: WorkspaceHandle, body: OpenView) -> Json:
    return {"acked": await slack.close_view(body.view)}


async def _add_channel(slack: WorkspaceHandle, body: NewChannel) -> Json:
    return {"channel": slack.add_channel(body.name, member=body.member, private=body.private)}


async def _open_direct(slack: WorkspaceHandle, body: Pair) -> Json:
    return {"channel": slack.direct_message(_user(slack, body.user), _user(slack, body.other))}


async def _say(slack: WorkspaceHandle, body: Said) -> Json:
    user, channel = _user(slack, body.user), _channel(slack, body)
    return {"ts": slack.say(body.text, user, channel, thread_ts=body.thread_ts).ts}


async def _open_home(slack: WorkspaceHandle, body: Tab) -> Json:
    return {"acked": await slack.open_home(_user(slack, body.user), body.tab) is not None}


async def _add_person(slack: WorkspaceHandle, body: NewPerson) -> Json:
    return {"user": slack.add_person(body.name, body.real_name, guest=body.guest)}


async def _add_usergroup(slack: WorkspaceHandle, body: NewGroup) -> Json:
    members = [str(_user(slack, one)) for one in body.members]
    return {"usergroup": slack.add_usergroup(members, body.handle)}


async def _delete(slack: WorkspaceHandle, body: Which) -> None:
    slack.faults.delete_message(_message(slack, body, body.ts))


async def _connect_http(slack: WorkspaceHandle, body: RequestUrl) -> None:
    await slack.connect_http(body.url)


async def _event(slack: WorkspaceHandle, body: Event) -> Json:
    return {"acked": await slack.event(body.event) is not None}


async def _fault(slack: WorkspaceHandle, body: PlannedFault) -> None:
    held = Held(slack.workspace.changes) if body.kind == "hold" else None
    channel = None if body.channel is None else _channel(slack, body)
    slack.faults.add(Fault(**{**body.model_dump(), "channel": channel}, held=held))


async def _clear(slack: WorkspaceHandle, _body: Body) -> None:
    slack.faults.clear()


async def _archive(slack: WorkspaceHandle, body: Where) -> None:
    slack.faults.archive(_channel(slack, body))


async def _unarchive(slack: WorkspaceHandle, body: Where) -> None:
    slack.faults.unarchive(_channel(slack, body))


async def _remove_bot(slack: WorkspaceHandle, body: Where) -> None:
    slack.faults.remove_bot(_channel(slack, body))


async def _invite_bot(slack: WorkspaceHandle, body: Where) -> None:
    slack.faults.invite_bot(_channel(slack, body))


async def _rename(slack: WorkspaceHandle, body: NewName) -> None:
    slack.faults.rename(_channel(slack, body), body.name)


async def _revoke_token(slack: WorkspaceHandle, body: Refusal) -> None:
    slack.faults.revoke_token(body.error)


async def _restore_token(slack: WorkspaceHandle, _body: Body) -> None:
    slack.faults.restore_token()


async def _renew_token(slack: WorkspaceHandle, _body: Body) -> None:
    slack.faults.renew_token()


async def _go_deaf(slack: WorkspaceHandle, _body: Body) -> None:
    slack.faults.go_deaf()


async def _drop_sockets(slack: WorkspaceHandle, body: Drop) -> None:
    slack.faults.drop_sockets(by_reset=body.by_reset)


async def _disconnect(slack: WorkspaceHandle, body: Reason) -> None:
    await slack.faults.disconnect(body.reason)


async def _refuse_sockets(slack: WorkspaceHandle, body: Refuse) -> None:
    slack.faults.refuse_sockets = body.refuse


async def _redeliver(slack: WorkspaceHandle, _body: Body) -> Json:
    return {"acked": await slack.faults.redeliver() is not None}


async def _swap_envelopes(slack: WorkspaceHandle, _body: Body) -> None:
    slack.faults.swap_envelopes()


async def _options(slack: WorkspaceHandle, body: Switches) -> None:
    given = {name: getattr(body, name) for name in body.model_fields_set}
    slack.options = replace(slack.options, **given)


ACTIONS: Mapping[str, Action] = {
    "command": Action(Line, _command),
    "press": Action(Press, _press),
    "select": Action(Selection, _select),
    "suggest": Action(Typing, _suggest),
    "fill": Action(Submission, _fill),
    "submit": Action(Submission, _submit),
    "close_view": Action(OpenView, _close_view),
    "open_home": Action(Tab, _open_home),
    "say": Action(Said, _say),
    "add_person": Action(NewPerson, _add_person),
    "add_usergroup": Action(NewGroup, _add_usergroup),
    "add_channel": Action(NewChannel, _add_channel),
    "open_direct": Action(Pair, _open_direct),
    "delete": Action(Which, _delete),
    "connect_http": Action(RequestUrl, _connect_http),
    "event": Action(Event, _event),
    "fault": Action(PlannedFault, _fault),
    "clear": Action(Body, _clear),
    "archive": Action(Where, _archive),
    "unarchive": Action(Where, _unarchive),
    "remove_bot": Action(Where, _remove_bot),
    "invite_bot": Action(Where, _invite_bot),
    "rename": Action(NewName, _rename),
    "revoke_token": Action(Refusal, _revoke_token),
    "restore_token": Action(Body, _restore_token),
    "renew_token": Action(Body, _renew_token),
    "go_deaf": Action(Body, _go_deaf),
    "drop_sockets": Action(Drop, _drop_sockets),
    "disconnect": Action(Reason, _disconnect),
    "refuse_sockets": Action(Refuse, _refuse_sockets),
    "redeliver": Action(Body, _redeliver),
    "swap_envelopes": Action(Body, _swap_envelopes),
    "options": Action(Switches, _options),
}
