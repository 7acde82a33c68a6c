"""`python -m config.health web|worker|beat`: is this container's process well? The exit code tells."""

import http.client
import os
import socket
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

BEAT_FILE = "/tmp/beat-schedule"  # noqa: S108  a tmpfs of the container's own
BEAT_WRITES_WITHIN = 10 * 60


def main(argv: list[str]) -> int:
    checks = {"web": web, "worker": worker, "beat": beat}
    if len(argv) != 1 or argv[0] not in checks:
        print(f"usage: python -m config.health {'|'.join(checks)}", file=sys.stderr)
        return 2
    return 0 if checks[argv[0]]() else 1


def web(port: int = 8000) -> bool:
    """Asks as the proxy would, by the site's own name."""
    host = urlsplit(os.environ.get("SITE_URL", "")).netloc or "127.0.0.1"
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT", port)), timeout=4)
    try:
        connection.request("GET", "/health/live", headers={"Host": host})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def worker() -> bool:
    from config.celery import app

    name = f"celery@{socket.gethostname()}"
    return bool(app.control.inspect(destination=[name], timeout=5).ping())


def beat() -> bool:
    """Beat writes its schedule down every three minutes."""
    files = [Path(BEAT_FILE + suffix) for suffix in ("", ".db", ".dat")]
    written = [file.stat().st_mtime for file in files if file.exists()]
    return bool(written) and time.time() - max(written) < BEAT_WRITES_WITHIN


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    sys.exit(main(sys.argv[1:]))
