"""What leaves a browser, and what stays in it."""

from typing import Any

NO_SCRIPT = {"java_script_enabled": False}
STORED = "JSON.stringify([{...localStorage}, {...sessionStorage}])"


def watch(tab: Any) -> list[tuple[str, str, str]]:
    """Every request that leaves the browser: method, address, body."""
    seen: list[tuple[str, str, str]] = []
    tab.context.on("request", lambda sent: seen.append((sent.method, sent.url, sent.post_data or "")))
    return seen
