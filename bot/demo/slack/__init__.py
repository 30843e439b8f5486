"""An emulated Slack workspace: Web API, Socket Mode, `response_url`, people, and its web page.

Written from the reference, strict, and sharing no code with the bot that it tests.
"""

from bot.demo.slack.api import ApiCall
from bot.demo.slack.faults import Fault, Held
from bot.demo.slack.interactions import CommandResult, PressResult
from bot.demo.slack.messages import Message
from bot.demo.slack.modals import Modal
from bot.demo.slack.options import DEFAULT_EVENTS, DEFAULT_SCOPES, SlackOptions
from bot.demo.slack.server import SlackWorkspace
from bot.demo.slack.signed_requests import SignedRequest
from bot.demo.slack.submissions import SubmitResult

__all__ = [
    "DEFAULT_EVENTS",
    "DEFAULT_SCOPES",
    "ApiCall",
    "CommandResult",
    "Fault",
    "Held",
    "Message",
    "Modal",
    "PressResult",
    "SignedRequest",
    "SlackOptions",
    "SlackWorkspace",
    "SubmitResult",
]
