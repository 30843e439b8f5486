"""Turns answers into HTTP responses: negotiation, headers, errors (reference §4, §10, §11)."""

from collections.abc import Mapping
from email.utils import format_datetime
from http import HTTPStatus

from aiohttp import web

from bot.demo.em.calls import Answer
from bot.demo.em.logons import CHALLENGE
from bot.demo.em.refusals import Refusal, error_body, reason_phrase
from bot.demo.em.rendering import render_json, render_xml
from bot.demo.em.sites import Site

# What a 9.5 server called itself (reference §2).
SERVER = "Microsoft-HTTPAPI/2.0"


def wants_json(request: web.Request) -> bool:
    """JSON as soon as Accept names it, alone or in a list; XML otherwise (reference §4)."""
    return "application/json" in request.headers.get("Accept", "").lower()


def reply(site: Site, request: web.Request, answer: Answer) -> web.Response:
    """The response for an answer, in the form that was asked for."""
    reason = reason_phrase(answer.status) if answer.status >= HTTPStatus.BAD_REQUEST else None
    response = web.Response(status=answer.status, reason=reason, headers=answer.headers)
    if answer.tree is None:
        return response
    if wants_json(request):
        response.body = render_json(answer.tree, site.options)
        response.headers["Content-Type"] = "application/json; charset=utf-8"
    else:
        response.body = render_xml(answer.tree, site.options)
        response.headers["Content-Type"] = "application/xml; charset=utf-8"
    return response


def refusal(refused: Refusal, headers: Mapping[str, str] | None = None) -> Answer:
    """The answer for a refusal; 401 comes with the challenge for Basic (reference §3)."""
    own = dict(headers or {})
    if refused.status is HTTPStatus.UNAUTHORIZED:
        own["WWW-Authenticate"] = CHALLENGE
    return Answer(error_body(refused.status, refused.message), refused.status, own)


def stamp(site: Site, response: web.StreamResponse) -> None:
    """Sign a response with the emulator's own clock, which may be wrong."""
    response.headers["Date"] = format_datetime(site.world.now(), usegmt=True)
    response.headers["Server"] = SERVER
