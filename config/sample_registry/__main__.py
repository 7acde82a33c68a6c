"""`python -m config.sample_registry --port P --state DIR`: the demo's registry, until SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import os
import signal
import threading
from pathlib import Path

from config.sample_registry.server import SampleRegistry, wall_clock


def main() -> None:
    parser = argparse.ArgumentParser(prog="sample_registry", description="A small registry for the demo.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--state", type=Path, help="folder that remembers the changes made so far")
    pace = float(os.environ.get("SAMPLE_CHANGE_SECONDS", "20"))
    parser.add_argument("--change-every", type=float, default=pace, metavar="SECONDS", help="0: nothing ever changes")
    asked = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with SampleRegistry(
        change_every=asked.change_every, state=asked.state, host=asked.host, port=asked.port, clock=wall_clock
    ) as registry:
        print(f"Sample registry: {registry.url}", flush=True)
        ended.wait()


if __name__ == "__main__":
    main()
