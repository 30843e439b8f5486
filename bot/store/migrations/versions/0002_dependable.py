"""What alerts need to be dependable: acknowledgements, mutes, subscriptions, findings."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "blockages",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("em", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("since_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("told_late", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("blockages", schema=None) as batch_op:
        batch_op.create_index("blockages_by_end", ["em", "ended_at"], unique=False)

    op.create_table(
        "findings",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("em", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("job_uid", sa.Text(), nullable=False),
        sa.Column("backup_server", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("told_with", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_by", sa.Text(), server_default="", nullable=False),
        sa.Column("channels", sa.Text(), server_default="[]", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("findings", schema=None) as batch_op:
        batch_op.create_index("findings_by_end", ["em", "ended_at"], unique=False)
        batch_op.create_index("findings_by_message", ["told_with"], unique=False)

    op.create_table(
        "found_messages",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("em", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("message_ts", sa.Text(), nullable=False),
        sa.Column("thread_ts", sa.Text(), nullable=False),
        sa.Column("notice_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("found_messages", schema=None) as batch_op:
        batch_op.create_index("found_messages_by_key", ["em", "channel", "key"], unique=False)

    op.create_table(
        "mutes",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("em", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("muted_by", sa.Text(), nullable=False),
        sa.Column("muted_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_with_success", sa.Boolean(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("mutes", schema=None) as batch_op:
        batch_op.create_index("mutes_by_end", ["em", "ended_at"], unique=False)

    op.create_table(
        "subscriptions",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("em", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("patterns", sa.Text(), nullable=False),
        sa.Column("servers", sa.Text(), nullable=False),
        sa.Column("verdicts", sa.Text(), nullable=False),
        sa.Column("subscribed_by", sa.Text(), nullable=False),
        sa.Column("subscribed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("subscriptions", schema=None) as batch_op:
        batch_op.create_index("subscriptions_by_channel", ["em", "channel"], unique=False)

    op.create_table(
        "vm_sets",
        sa.Column("em", sa.Text(), nullable=False),
        sa.Column("job_uid", sa.Text(), nullable=False),
        sa.Column("session_uid", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("vms", sa.Text(), nullable=False),
        sa.Column("vms_before", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("em", "job_uid"),
    )
    op.create_table(
        "watches",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("em", sa.Text(), nullable=False),
        sa.Column("session_uid", sa.Text(), nullable=False),
        sa.Column("job_uid", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("watched_at", sa.BigInteger(), nullable=False),
        sa.Column("after_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_session_uid", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("watches", schema=None) as batch_op:
        batch_op.create_index("watches_by_end", ["em", "ended_at"], unique=False)

    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("mute_id", sa.Integer(), nullable=True))
        batch_op.create_index("decisions_by_mute", ["mute_id"], unique=False)

    with op.batch_alter_table("groups", schema=None) as batch_op:
        batch_op.add_column(sa.Column("mute_id", sa.Integer(), nullable=True))

    with op.batch_alter_table("incidents", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("is_mentioned", sa.Boolean(), server_default="0", nullable=False)
        )
        batch_op.add_column(sa.Column("pinged_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(
            sa.Column("reminders", sa.Integer(), server_default="0", nullable=False)
        )
        batch_op.add_column(sa.Column("acknowledged_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(
            sa.Column("acknowledged_by", sa.Text(), server_default="", nullable=False)
        )
        batch_op.add_column(
            sa.Column("acknowledged_note", sa.Text(), server_default="", nullable=False)
        )
        batch_op.add_column(sa.Column("closed_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(
            sa.Column("closed_because", sa.Text(), server_default="", nullable=False)
        )

    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("options_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("is_schedule_configured", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("is_schedule_enabled", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("retry_times", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("retry_wait_s", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("included_vms", sa.Text(), nullable=True))
        batch_op.add_column(
            sa.Column("was_scheduled", sa.Boolean(), server_default="0", nullable=False)
        )
        batch_op.add_column(sa.Column("touched_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("heard_at", sa.BigInteger(), nullable=True))

    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.add_column(sa.Column("say_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("mention", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(
            sa.Column("held_up_s", sa.Integer(), server_default="0", nullable=False)
        )
        batch_op.add_column(
            sa.Column("is_possible_duplicate", sa.Boolean(), server_default="0", nullable=False)
        )
