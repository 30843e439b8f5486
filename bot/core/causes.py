"""One cause, one line: reasons that differ only in ids, times, paths and numbers are the same.

EM words its reasons for one VM: the same dead proxy reads differently for each of 200 VMs.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.sessions import Verdict
from bot.core.views import IncidentView

UNKNOWN = "EM gives no reason"
PENDING = "reasons follow"

_GUID = r"\{?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?"
_MOMENT = (
    r"\b\d{1,4}[-./]\d{1,2}[-./]\d{1,4}(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
    r"(?:\s?(?:am|pm)\b)?Z?|\b\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:\s?(?:am|pm)\b)?"
)
_PATH = r"(?:\b[a-z]:\\|\\\\)[^\s'\"<>|,;]+|(?<![\w/:])/(?:[\w.@~+-]+/)+[\w.@~+-]*|(?<=\]) \S+/\S+"
_HEX = r"\b0x[0-9a-f]+\b|\b[0-9a-f]{8,}\b"
_MANAGED = r"\b(?:vm|host|datastore|session|job|task|snapshot|request)-\d+\b"
_NUMBER = r"(?<![\w.])\d[\d,.]*(?=\s|$|[%;,:.)\]'\"]|[kmgt]?b\b|ms\b|s\b)"
_VARIABLE = re.compile("|".join((_GUID, _MOMENT, _PATH, _HEX, _MANAGED, _NUMBER)), re.IGNORECASE)


def normalize(reason: str, vm: str = "") -> str:
    """Reduce a reason to what two VMs with the same trouble have in common; for comparing only.

    A name such as `VPRX02` or `ds7` stays: it is the cause. Numbers on their own do not, nor does
    the name of the VM itself.
    """
    nameless = re.sub(rf"\b{re.escape(vm)}\b", "#", reason, flags=re.IGNORECASE) if vm else reason
    words = _VARIABLE.sub("#", nameless).casefold().split()
    return " ".join(words).strip(" .!")


def shorten(reason: str, vm: str = "") -> str:
    """Leave out what EM puts before each reason, `Processing sql01 Error: `, and the last stop."""
    words = reason.strip()
    if vm:
        words = re.sub(rf"^Processing {re.escape(vm)}:?\s+", "", words, flags=re.IGNORECASE)
    return re.sub(r"^Error:\s+", "", words).rstrip(" .") or reason


@dataclass(frozen=True, slots=True)
class Cause:
    """What went wrong alike: the reason as EM worded it most often, whom it hit, since when.

    `vms` counts the VMs it was given for, 0 where it is a session's own message.
    """

    reason: str
    jobs: tuple[str, ...]
    vms: int
    since_at: datetime
    worst: Verdict


def find_causes(members: Sequence[IncidentView]) -> tuple[Cause, ...]:
    """Sum up why incidents are open, what hit most jobs first."""
    worded: dict[str, Counter[str]] = {}
    hit: dict[str, dict[str, IncidentView]] = {}
    vms: Counter[str] = Counter()
    for member in members:
        of_vms = [(vm.vm, vm.reason) for vm in member.vms or member.vms_before if vm.reason]
        for vm, reason in of_vms or [("", member.latest.failure_message or _nothing_said(member))]:
            key = normalize(reason, vm)
            worded.setdefault(key, Counter())[shorten(reason, vm)] += 1
            hit.setdefault(key, {})[member.job_name] = member
            vms[key] += bool(vm)
    causes = (_cause(worded[key], hit[key].values(), vms[key]) for key in hit)
    return tuple(sorted(causes, key=lambda each: (-len(each.jobs), -each.vms, each.reason)))


def _nothing_said(member: IncidentView) -> str:
    return PENDING if member.vms is None else UNKNOWN


def _cause(worded: Counter[str], members: Iterable[IncidentView], vms: int) -> Cause:
    of = list(members)
    reason = min(worded, key=lambda each: (-worded[each], each))
    return Cause(
        reason=reason,
        jobs=tuple(dict.fromkeys(each.job_name for each in of)),
        vms=vms,
        since_at=min(each.incident.opened_at for each in of),
        worst=max(each.verdict for each in of),
    )
