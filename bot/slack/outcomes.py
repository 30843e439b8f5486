"""What Slack's refusals mean for what happens next: tables of its own words (reference §1.8)."""

from bot.errors import (
    ChannelRefused,
    DeliveryAmbiguous,
    DeliveryFailed,
    DeliveryPostponed,
    MessageGone,
    MessageRefused,
    ReadBackRefused,
    TokenRefused,
    UpdateRefused,
)

RETRY_UNREACHED = 5.0  # seconds, ours: Slack was not reached, nothing was sent
RETRY_UNTOLD = 30.0  # seconds, ours: a rate limit without Retry-After

NOT_SENT = 0  # instead of an HTTP status: nothing was written to Slack
UNANSWERED = 599  # likewise: the request was written, and no whole answer came

RATE_LIMITS = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
UNDECIDED = frozenset({"fatal_error", "internal_error", "service_unavailable"})
"""`it's possible some aspect of the operation succeeded` (reference §1.8)."""

TOKEN = frozenset(
    {
        "invalid_auth",
        "not_authed",
        "account_inactive",
        "token_revoked",
        "token_expired",
        "missing_scope",
        "no_permission",
        "not_allowed_token_type",
        "org_login_required",
        "ekm_access_denied",
        "accesslimited",
        "access_denied",
        "enterprise_is_restricted",
        "team_access_not_granted",
        "two_factor_setup_required",
    }
)
CHANNEL = frozenset(
    {
        "channel_not_found",
        "is_archived",
        "is_inactive",
        "not_in_channel",
        "posting_to_channel_denied",
        "channel_type_not_supported",
        "method_not_supported_for_channel_type",
        "messages_tab_disabled",
    }
)
THREAD_LOCKED = frozenset(
    {"restricted_action_thread_locked", "restricted_action_non_threadable_channel"}
)
CLOSED = frozenset({"cant_update_message", "edit_window_closed"})
GONE = frozenset({"message_not_found", "thread_not_found"})
TOO_RICH = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"})
"""Refusals of a message that a plainer rendering may pass (DESIGN §6)."""

UNREADABLE = frozenset({"missing_scope", "no_permission", "access_denied"}) | CHANNEL


FIXES = {
    "missing_scope": "Install the app again from manifest.yml, so that it has all scopes.",
    "is_archived": "Unarchive the channel, or let ALERT_CHANNEL name another one if it is that.",
    "not_in_channel": "Invite the bot: /invite @replica-bot in that channel.",
    "channel_not_found": "Invite the bot there; if it is the alert channel, check ALERT_CHANNEL.",
}
"""What a person does about a refusal; for other words of the token or channel, see below."""

REINSTALL = "Install the app to the workspace again and set SLACK_BOT_TOKEN to its new token."
LET_IN = "Let the bot post in that channel; if it is the alert channel, name another one."


def delivery_failure(
    doing: str, code: str, status: int = 200, retry_after: float | None = None
) -> DeliveryFailed:
    """Name what a refused post or update means."""
    if status == NOT_SENT:
        return DeliveryPostponed(doing, code, RETRY_UNREACHED)
    if status == 429 or code in RATE_LIMITS:
        return DeliveryPostponed(doing, code, RETRY_UNTOLD if retry_after is None else retry_after)
    if not 200 <= status < 300 or code in UNDECIDED or not code:
        return DeliveryAmbiguous(doing, code or f"HTTP {status} without Slack's answer")
    return _refusal(doing, code)


def read_back_failure(
    doing: str, code: str, status: int = 200, retry_after: float | None = None
) -> DeliveryFailed:
    """Name what a refused look at the history means; reading may always be tried again."""
    if code in UNREADABLE:
        return ReadBackRefused(doing, code)
    failure = delivery_failure(doing, code, status, retry_after)
    if isinstance(failure, DeliveryAmbiguous | MessageRefused):
        return DeliveryPostponed(doing, failure.code, retry_after or RETRY_UNREACHED)
    return failure


def _refusal(doing: str, code: str) -> DeliveryFailed:
    if code in TOKEN:
        return TokenRefused(doing, code, FIXES.get(code, REINSTALL))
    if code in GONE:
        return MessageGone(doing, code)
    if code in CLOSED:
        return UpdateRefused(doing, code)
    if code in THREAD_LOCKED:
        return MessageRefused(doing, code)
    if code in CHANNEL or code.startswith("restricted_action"):
        return ChannelRefused(doing, code, FIXES.get(code, LET_IN))
    return MessageRefused(doing, code)
