"""What there is to say of a payload that nobody acknowledged."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Missed:
    """What its person reads, why it may be sent again (§1.1), or that it must not be."""

    error: str
    reason: str
    is_final: bool = False
