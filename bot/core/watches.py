"""Watches: one person wants to hear when one session ends (DESIGN §6, `watch`)."""

from dataclasses import dataclass
from datetime import datetime

from bot.core.sessions import Session


@dataclass(frozen=True, slots=True)
class Watch:
    """Tells `user_id` once, when a session is over.

    `session_uid` names it; where that is empty it is the job's next session, one that was created
    later than `after_at` (the backup server's clock, as the job's newest session known then had
    it). `ended_session_uid` is the session that ended it; a watch that was given up has none.
    """

    id: int
    user_id: str
    job_uid: str
    session_uid: str
    watched_at: datetime
    after_at: datetime | None = None
    ended_at: datetime | None = None
    ended_session_uid: str = ""

    def waits_for(self, session: Session) -> bool:
        """Whether this is the session whose end it tells."""
        if self.session_uid:
            return session.uid == self.session_uid
        is_next = self.after_at is None or session.created_at > self.after_at
        return session.job_uid == self.job_uid and is_next
