"""Starts the emulated EM and the emulated Slack together, under one address."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.demo.em import EnterpriseManager
from bot.demo.slack import SlackOptions, SlackWorkspace

PLAY_EVERY_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class Demo:
    """Two running servers; `page` shows the channel, `control_url` makes things happen."""

    em: EnterpriseManager
    slack: SlackWorkspace

    def describe(self) -> dict[str, str]:
        """List what a client needs to be tried against them."""
        return {
            "page": self.slack.url,
            "veeam_url": self.em.url,
            "veeam_ca_file": str(self.em.ca_file),
            "veeam_username": self.em.username,
            "veeam_password": self.em.password,
            "slack_api_url": self.slack.api_url,
            "slack_bot_token": self.slack.bot_token,
            "slack_app_token": self.slack.app_token,
            "slack_channel": self.slack.channel,
            "control_url": self.slack.control_url,
        }

    def environment(self) -> dict[str, str]:
        """Lay out the settings of a bot that is to use them."""
        return {
            "SLACK_BOT_TOKEN": self.slack.bot_token,
            "SLACK_APP_TOKEN": self.slack.app_token,
            "SLACK_API_URL": self.slack.api_url,
            "VEEAM_URL": self.em.url,
            "VEEAM_USERNAME": self.em.username,
            "VEEAM_PASSWORD": self.em.password,
            "VEEAM_CA_FILE": str(self.em.ca_file),
            "ALERT_CHANNEL": self.slack.channel,
        }


@asynccontextmanager
async def serve_demo(port: int = 0) -> AsyncIterator[Demo]:
    """Serve both until the block ends, with 30 days of history and jobs that run by themselves."""
    em = await EnterpriseManager.start(history=True)
    try:
        slack = await SlackWorkspace.start(
            port=port,
            options=SlackOptions(rate_limit_per_channel=True),
            extra_apps={"/control/em": em.control_app()},
        )
        try:
            em.play(PLAY_EVERY_SECONDS)
            yield Demo(em, slack)
        finally:
            await slack.stop()
    finally:
        await em.stop()
