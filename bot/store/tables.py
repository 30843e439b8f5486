"""The tables. Keys carry the EM server; moments are whole microseconds since 1970, in UTC.

Integers sort and compare alike on SQLite and PostgreSQL, and lose nothing of what EM sends.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_microseconds(moment: datetime) -> int:
    """Turn a moment into its number."""
    return (moment - _EPOCH) // _MICROSECOND


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime, stored as microseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Turn a moment into its number."""
        return None if value is None else to_microseconds(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Turn the number back into the moment."""
        return None if value is None else _EPOCH + timedelta(microseconds=value)


metadata = MetaData()

servers = Table(
    "enterprise_managers",
    metadata,
    Column("em", Text, primary_key=True),
    Column("import_started_at", Moment),
    Column("import_cursor_at", Moment),
    Column("baseline_at", Moment),
    Column("watermark_at", Moment),
    Column("server_time_at", Moment),
    Column("polled_at", Moment),
    Column("failed_polls", Integer, nullable=False, server_default="0"),
    Column("failing_since_at", Moment),
    Column("problem", Text, nullable=False, server_default=""),
    Column("swept_at", Text, nullable=False, server_default="{}"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("em", Text, primary_key=True),
    Column("job_uid", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("folded_name", Text, nullable=False),
    Column("backup_server", Text, nullable=False),
    Column("named_at", Moment, nullable=False),
    Column("next_run_at", Moment),
    Column("options_at", Moment),
    Column("is_schedule_configured", Boolean),
    Column("is_schedule_enabled", Boolean),
    Column("retry_times", Integer),
    Column("retry_wait_s", Integer),
    Column("included_vms", Text),
    Column("was_scheduled", Boolean, nullable=False, server_default="0"),
    Column("touched_at", Moment),
    Column("heard_at", Moment),
    Column("offers", Text),
    Index("jobs_by_name", "em", "folded_name"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("em", Text, primary_key=True),
    Column("uid", Text, primary_key=True),
    Column("job_uid", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("job_name", Text, nullable=False),
    Column("job_type", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("sorted_at", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("verdict", Integer, nullable=False),
    Column("progress", Integer),
    Column("is_retry", Boolean, nullable=False),
    Column("failure_message", Text, nullable=False),
    Column("backup_server_uid", Text, nullable=False),
    Column("backup_server", Text, nullable=False),
    Column("links", Text, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("reported_at", Moment, nullable=False),
    Column("confirmed_at", Moment, nullable=False),
    Column("incident_id", Integer),
    Column("reasons_at", Moment),
    Column("is_vanished", Boolean, nullable=False, server_default="0"),
    # With the verdict, a job's last Success is found in this index alone; else SQLite goes through
    # the Successes of all jobs for it.
    Index("sessions_by_job", "em", "job_uid", "sorted_at", "verdict"),
    Index("sessions_by_end", "em", "sorted_at"),
    Index("sessions_by_incident", "em", "incident_id"),
    Index("sessions_unfinished", "em", "verdict"),
)

task_sessions = Table(
    "task_sessions",
    metadata,
    Column("em", Text, primary_key=True),
    Column("uid", Text, primary_key=True),
    Column("session_uid", Text, nullable=False),
    Column("vm", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", Moment),
    Column("ended_at", Moment),
    Column("total_size", BigInteger),
    Column("backup_server", Text, nullable=False),
    Index("task_sessions_by_session", "em", "session_uid"),
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("em", Text, nullable=False),
    Column("job_uid", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("peak", Integer, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("last_bad_at", Moment, nullable=False),
    Column("session_uids", Text, nullable=False),
    Column("run_count", Integer, nullable=False),
    Column("streak", Integer, nullable=False),
    Column("recovered_at", Moment),
    Column("recovered_by", Text, nullable=False),
    Column("is_said", Boolean, nullable=False),
    Column("is_mentioned", Boolean, nullable=False, server_default="0"),
    Column("pinged_at", Moment),
    Column("reminders", Integer, nullable=False, server_default="0"),
    Column("acknowledged_at", Moment),
    Column("acknowledged_by", Text, nullable=False, server_default=""),
    Column("acknowledged_note", Text, nullable=False, server_default=""),
    Column("closed_at", Moment),
    Column("closed_because", Text, nullable=False, server_default=""),
    Index("incidents_by_job", "em", "job_uid"),
    Index("incidents_by_status", "em", "status"),
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("incident_id", Integer, nullable=False),
    Column("session_uid", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("decided_at", Moment, nullable=False),
    Column("notice_id", Text),
    Column("mute_id", Integer),
    Index("decisions_by_notice", "notice_id"),
    Index("decisions_by_incident", "incident_id"),
    Index("decisions_by_mute", "mute_id"),
)

groups = Table(
    "groups",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("em", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("backup_server", Text, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("mute_id", Integer),
)

outages = Table(
    "outages",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("em", Text, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("reason", Text, nullable=False),
)

notices = Table(
    "notices",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    Column("em", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("wanted_revision", Integer, nullable=False),
    Column("shown_revision", Integer, nullable=False),
    Column("parent_id", Text, nullable=False),
    Column("is_broadcast", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("owner", Text, nullable=False),
    Column("attempt_started_at", Moment),
    Column("attempt_slack_at", Moment),
    Column("channel_id", Text, nullable=False),
    Column("message_ts", Text, nullable=False),
    Column("told_by", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("is_closed", Boolean, nullable=False),
    Column("say_at", Moment),
    Column("mention", Text, nullable=False, server_default=""),
    Column("held_up_s", Integer, nullable=False, server_default="0"),
    Column("is_possible_duplicate", Boolean, nullable=False, server_default="0"),
    Index("notices_by_subject", "kind", "subject"),
    Index("notices_due", "is_closed", "due_at"),
    Index("notices_by_group", "told_by"),
)

summaries = Table(
    "summaries",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("em", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("on_date", Text, nullable=False),
    Column("period_start", Moment, nullable=False),
    Column("period_end", Moment, nullable=False),
    UniqueConstraint("em", "channel", "on_date", name="one_summary_per_channel_and_day"),
)

channels = Table(
    "channels",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("problem", Text, nullable=False),
    Column("refused_since_at", Moment, nullable=False),
    Column("probe_at", Moment, nullable=False),
)

blockages = Table(
    "blockages",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("em", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("since_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("told_late", Integer, nullable=False, server_default="0"),
    Index("blockages_by_end", "em", "ended_at"),
)

mutes = Table(
    "mutes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("em", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("muted_by", Text, nullable=False),
    Column("muted_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("ends_with_success", Boolean, nullable=False),
    Column("ended_at", Moment),
    Column("ended_by", Text, nullable=False, server_default=""),
    Index("mutes_by_end", "em", "ended_at"),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("em", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("patterns", Text, nullable=False),
    Column("servers", Text, nullable=False),
    Column("verdicts", Text, nullable=False),
    Column("subscribed_by", Text, nullable=False),
    Column("subscribed_at", Moment, nullable=False),
    Index("subscriptions_by_channel", "em", "channel"),
)

watches = Table(
    "watches",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("em", Text, nullable=False),
    Column("session_uid", Text, nullable=False),
    Column("job_uid", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("watched_at", Moment, nullable=False),
    Column("after_at", Moment),
    Column("ended_at", Moment),
    Column("ended_session_uid", Text, nullable=False, server_default=""),
    Index("watches_by_end", "em", "ended_at"),
)

findings = Table(
    "findings",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("em", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("job_uid", Text, nullable=False),
    Column("backup_server", Text, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("details", Text, nullable=False),
    Column("told_with", Integer),
    Column("ended_at", Moment),
    Column("closed_by", Text, nullable=False, server_default=""),
    Column("channels", Text, nullable=False, server_default="[]"),
    Index("findings_by_end", "em", "ended_at"),
    Index("findings_by_message", "told_with"),
)

vm_sets = Table(
    "vm_sets",
    metadata,
    Column("em", Text, primary_key=True),
    Column("job_uid", Text, primary_key=True),
    Column("session_uid", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("vms", Text, nullable=False),
    Column("vms_before", Text),
)

found_messages = Table(
    "found_messages",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("em", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("channel_id", Text, nullable=False),
    Column("message_ts", Text, nullable=False),
    Column("thread_ts", Text, nullable=False),
    Column("notice_id", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("key", Text, nullable=False),
    Index("found_messages_by_key", "em", "channel", "key"),
)

handles = Table(
    "handles",
    metadata,
    Column("em", Text, primary_key=True),
    Column("handle", Text, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
    Index("handles_by_subject", "em", "subject", unique=True),
)

audits = Table(
    "audits",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("em", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("subject_name", Text, nullable=False, server_default=""),
    Column("outcome", Text, nullable=False),
    Column("session_uid", Text, nullable=False, server_default=""),
    Index("audits_by_time", "em", "at"),
)

live_answers = Table(
    "live_answers",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("em", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("message_ts", Text, nullable=False),
    Column("session_uid", Text, nullable=False),
    Column("shown", Text, nullable=False, server_default=""),
    Column("shared_by", Text, nullable=False),
    Column("shared_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Index("live_answers_by_end", "em", "ended_at"),
)

collections = Table(
    "collections",
    metadata,
    Column("em", Text, primary_key=True),
    Column("server_uid", Text, primary_key=True),
    Column("asked_at", Moment, nullable=False),
    Column("asked_by", Text, nullable=False),
)

job_actions = Table(
    "job_actions",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("em", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("job_uid", Text, nullable=False),
    Column("job_name", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("thread_ts", Text, nullable=False, server_default=""),
    Column("asked_at", Moment, nullable=False),
    Column("after_at", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("detail", Text, nullable=False, server_default=""),
    Column("session_uid", Text, nullable=False, server_default=""),
    Column("ended_at", Moment),
    Index("job_actions_by_job", "em", "job_uid"),
)
