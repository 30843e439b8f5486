"""Starts the demo and waits until its channel shows an alert; ends it with Ctrl-C's signal."""

import json
import signal
import subprocess
import sys
import time
import urllib.request

PATIENCE_SECONDS = 60


def texts(control_url: str) -> list[str]:
    """List what stands in the channel."""
    with urllib.request.urlopen(f"{control_url}/slack/state") as answer:  # noqa: S310 - our own address
        return [message["text"] for message in json.load(answer)["messages"]]


def main() -> int:
    """Run the demo of the given command; 0 when an alert came and everything ended."""
    started_at = time.monotonic()
    demo = subprocess.Popen([sys.argv[1], "demo", "--json"], stdout=subprocess.PIPE, text=True)  # noqa: S603 - the command under test
    try:
        line = demo.stdout.readline() if demo.stdout else ""
        control_url = json.loads(line)["control_url"]
        while not any("🔴" in text or "🟡" in text for text in texts(control_url)):
            if time.monotonic() - started_at > PATIENCE_SECONDS:
                print("no alert came")  # noqa: T201 - a script's output
                return 1
            time.sleep(0.5)
        print(f"first alert after {time.monotonic() - started_at:.0f} s")  # noqa: T201 - likewise
    finally:
        demo.send_signal(signal.SIGINT)
        code = demo.wait(timeout=15)
    return code


if __name__ == "__main__":
    sys.exit(main())
