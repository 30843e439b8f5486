"""Everything that can go wrong, split by what the one who catches it does next.

ReplicaBotError
├── SettingsWrong                      tell the person, exit 2
├── DatabaseUnusable                   tell the person, exit 1
│   └── DatabaseInUse                  another bot holds the lock
├── DatabaseUnavailable                go on trying: it is locked, or its disk is full
├── EnterpriseManagerError             EM did not give what was asked
│   ├── EnterpriseManagerUnavailable   ask again later
│   │   ├── EnterpriseManagerUnreachable   no connection, or no trust in it
│   │   └── EnterpriseManagerBusy          it answered 503
│   ├── LogonRefused                   a person must mend the credentials
│   ├── NotAllowed                     the account's role lacks the right
│   ├── NotFound                       there is no such thing (any more)
│   ├── OrderUnclear                   it may have done what it was told: look, never tell it again
│   └── UnexpectedReply                not what EM would say: a proxy, a cut body, a wrong version
└── DeliveryFailed                     Slack did not take a message
    ├── DeliveryAmbiguous              it may have taken it: look before posting again
    ├── DeliveryPostponed              not now: `retry_after` seconds
    ├── ChannelRefused                 nothing goes to this channel until a person acts
    ├── TokenRefused                   nothing goes anywhere until a person acts
    ├── UpdateRefused                  this message cannot be changed any more
    └── MessageRefused                 this very message is not acceptable, now or later
"""


class ReplicaBotError(Exception):
    """Anything this program raises on purpose; its text is fit for people."""


class SettingsWrong(ReplicaBotError):
    """One line per missing or wrong setting: name, what is wrong, an example of what is right."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class DatabaseUnusable(ReplicaBotError):
    """The database cannot be opened, read or migrated; the text says what to do."""


class DatabaseInUse(DatabaseUnusable):
    """Another bot holds this SQLite database."""


class DatabaseUnavailable(ReplicaBotError):
    """The open database takes or gives nothing now; the text says why and what to do."""


class EnterpriseManagerError(ReplicaBotError):
    """EM did not give what was asked.

    `asked` is what the bot wanted ("read session 04f6…"), `said` is EM's own message or the cause
    of the failure, `hint` tells the reader what to do next.
    """

    def __init__(self, asked: str, said: str, hint: str) -> None:
        super().__init__(f"Could not {asked}: {said}. {hint}")
        self.asked = asked
        self.said = said
        self.hint = hint


class EnterpriseManagerUnavailable(EnterpriseManagerError):
    """EM cannot answer now; the same question may be answered later."""


class EnterpriseManagerUnreachable(EnterpriseManagerUnavailable):
    """No connection to EM, or a certificate that is not trusted."""


class EnterpriseManagerBusy(EnterpriseManagerUnavailable):
    """EM answers 503: overload or maintenance."""


class LogonRefused(EnterpriseManagerError):
    """EM does not accept the account."""


class NotAllowed(EnterpriseManagerError):
    """The account's role lacks this right (403)."""


class NotFound(EnterpriseManagerError):
    """EM has no such thing, or has it no longer (404)."""


class OrderUnclear(EnterpriseManagerError):
    """EM was told to do something, and may have taken it: it must not be told again."""


class UnexpectedReply(EnterpriseManagerError):
    """The answer is not one that EM gives: HTML, a cut body, too large, an unknown status."""


class DeliveryFailed(ReplicaBotError):
    """Slack did not take a message: `code` is Slack's own word, `fix` what a person can do."""

    def __init__(self, doing: str, code: str, fix: str = "") -> None:
        super().__init__(f"{doing}: {code}. {fix}" if fix else f"{doing}: {code}")
        self.code = code


class DeliveryAmbiguous(DeliveryFailed):
    """The message may stand in the channel: time-out, reset, 5xx, `fatal_error`."""


class DeliveryPostponed(DeliveryFailed):
    """Slack wants fewer messages (429) or was not reached at all; nothing was sent."""

    def __init__(self, doing: str, code: str, retry_after: float) -> None:
        super().__init__(doing, code)
        self.retry_after = retry_after


class ChannelRefused(DeliveryFailed):
    """The channel is unknown, archived, or the bot is not in it."""


class TokenRefused(DeliveryFailed):
    """The bot's token is invalid, revoked, or lacks a scope."""


class UpdateRefused(DeliveryFailed):
    """The message can no longer be changed."""


class MessageGone(UpdateRefused):
    """A person deleted the message."""


class ReadBackRefused(DeliveryFailed):
    """The channel's history may not be read: whether a message stands there stays unknown."""


class MessageRefused(DeliveryFailed):
    """Slack calls the message itself wrong; sending it again unchanged cannot help."""
