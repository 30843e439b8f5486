"""The app's manifest, as Slack takes it: for Socket Mode, or for HTTP mode with its addresses.

`manifest.yml` is what `render_manifest` writes for Socket Mode; a test compares the two.
"""

import json
from urllib.parse import urlsplit

from bot.slack.scopes import EVENTS, SCOPES, SLASH_COMMAND

SOCKET_STEPS = """\
# Then: Basic Information → App-Level Tokens → one with connections:write is SLACK_APP_TOKEN;
# Install App → the Bot User OAuth Token is SLACK_BOT_TOKEN."""

HTTP_STEPS = """\
# Then: Basic Information → Signing Secret is SLACK_SIGNING_SECRET, and SLACK_APP_TOKEN stays unset;
# Install App → the Bot User OAuth Token is SLACK_BOT_TOKEN. Slack must reach the address below."""

USAGE = (
    "<session> | failed | running | jobs | job <name> | ack #12 | mute <job> 4h"
    " | watch <job> | help"
)

MANIFEST = """\
# The Slack app. Create it at https://api.slack.com/apps → Create New App → From a manifest.
{steps} Why each scope: README and
# bot/slack/scopes.py. Written by `replica-bot manifest`.
_metadata:
  major_version: 1
  minor_version: 1
display_information:
  name: Replica Bot
  description: Asks Veeam about replicas, tells when one fails, and sums up every morning.
  background_color: "#1d3557"
features:
  app_home:
    home_tab_enabled: true
    # People ask in direct messages too, and watches, subscriptions and files come there: the
    # message box must be open.
    messages_tab_enabled: true
    messages_tab_read_only_enabled: false
  bot_user:
    display_name: replica-bot
    always_online: true
  slash_commands:
    - command: {command}{command_url}
      description: Look up replication sessions and what fails; acknowledge, mute, subscribe, watch
      usage_hint: "{usage}"
      should_escape: false
oauth_config:
  scopes:
    bot:
{scopes}
settings:
  event_subscriptions:{request_url}
    bot_events:
{events}
  interactivity:
    is_enabled: true{request_url}
  org_deploy_enabled: false
  socket_mode_enabled: {is_socket}
  token_rotation_enabled: false
"""


def render_manifest(url: str = "") -> str:
    """Write the manifest; `url` is where Slack sends its requests, none for Socket Mode."""
    quoted = json.dumps(url)
    return MANIFEST.format(
        steps=HTTP_STEPS if url else SOCKET_STEPS,
        command=SLASH_COMMAND,
        command_url=f"\n      url: {quoted}" if url else "",
        usage=USAGE,
        scopes="\n".join(f"      - {scope}" for scope in SCOPES),
        events="\n".join(f"      - {event}" for event in EVENTS),
        request_url=f"\n    request_url: {quoted}" if url else "",
        is_socket="false" if url else "true",
    )


def request_url(base: str, path: str) -> str:
    """Tell where Slack sends its requests, from the bot's public address; raises ValueError.

    Slack takes https only (reference §2). An address that ends with the path already is left so.
    """
    parts = urlsplit(base.strip())
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("is not an https address, such as https://replica-bot.example.com")
    whole = base.strip().rstrip("/")
    return whole if whole.endswith(path) else whole + path
