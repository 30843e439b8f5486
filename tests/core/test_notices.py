"""What is known of a message by its notice."""

from dataclasses import replace

from bot.core.notices import Kind, Notice
from tests.builders import NOW

NOTICE = Notice("id", Kind.INCIDENT, "1", "C1", 1, NOW, NOW)


def test_a_new_notice_is_unseen() -> None:
    assert not any((NOTICE.is_maybe_seen, NOTICE.is_posted, NOTICE.is_ambiguous))


def test_an_attempt_without_an_answer_may_be_seen() -> None:
    attempted = replace(NOTICE, attempt_started_at=NOW)
    assert attempted.is_ambiguous
    assert attempted.is_maybe_seen


def test_a_posted_message_is_seen_even_while_an_edit_is_under_way() -> None:
    posted = replace(NOTICE, message_ts="1.2", attempt_started_at=NOW)
    assert posted.is_posted
    assert posted.is_maybe_seen
    assert not posted.is_ambiguous
