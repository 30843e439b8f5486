"""Which session a watch waits for."""

from bot.core.watches import Watch
from tests.builders import MINUTE, NOW, a_session


def a_watch(session_uid: str = "", job_uid: str = "urn:veeam:Job:sql") -> Watch:
    return Watch(1, "UANA", job_uid, session_uid, NOW, after_at=NOW - 10 * MINUTE)


def test_a_watched_session_is_known_by_its_uid() -> None:
    assert a_watch("urn:1").waits_for(a_session(uid="urn:1"))
    assert not a_watch("urn:1").waits_for(a_session(NOW + MINUTE, uid="urn:2"))


def test_a_watched_job_waits_for_its_next_session() -> None:
    assert a_watch().waits_for(a_session(NOW + MINUTE))
    assert not a_watch().waits_for(a_session(NOW + MINUTE, job_uid="urn:other"))


def test_a_session_that_was_there_before_is_not_the_next() -> None:
    assert not a_watch().waits_for(a_session(NOW))
    assert not a_watch().waits_for(a_session(NOW - MINUTE))
