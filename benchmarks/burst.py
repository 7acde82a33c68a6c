"""A crowd on loopback: so many visitors, each of whom asks for the next page as soon as the last one is there."""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import quantiles

PATIENCE = 60.0


@dataclass
class Crowd:
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    """Connections refused, cut or silent, by name."""
    without_time: int = 0
    """429 and 503 that did not say when to come back."""

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    def percentile(self, share: int) -> float:
        return quantiles(self.latencies, n=100)[share - 1] if len(self.latencies) > 1 else 0.0

    @property
    def faults(self) -> int:
        """What no visitor may meet: 5xx but 503, a refusal without Retry-After, a broken connection."""
        bad = sum(count for status, count in self.statuses.items() if status >= 500 and status != 503)
        return bad + self.without_time + sum(self.failures.values())


def crowd(port: int, paths: Sequence[str], *, visitors: int, seconds: float) -> Crowd:
    return asyncio.run(_crowd(port, paths, visitors, seconds))


async def _crowd(port: int, paths: Sequence[str], visitors: int, seconds: float) -> Crowd:
    seen, turn = Crowd(), itertools.cycle(paths)
    began = time.perf_counter()
    await asyncio.gather(*(_visit(port, turn, began + seconds, seen) for _ in range(visitors)))
    seen.seconds = time.perf_counter() - began
    return seen


async def _visit(port: int, turn: "itertools.cycle[str]", until: float, seen: Crowd) -> None:
    """Who is cut off or sent away comes back a second later, as people do."""
    while time.perf_counter() < until:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError as error:
            seen.failures[type(error).__name__] += 1
            await asyncio.sleep(1)
            continue
        try:
            while time.perf_counter() < until and await _ask(port, reader, writer, next(turn), seen):
                pass
        except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
            seen.failures[type(error).__name__] += 1
        finally:
            writer.close()


async def _ask(port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, seen: Crowd) -> bool:
    """One page; whether the connection goes on."""
    asked = time.perf_counter()
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept-Encoding: gzip\r\n\r\n".encode())
    async with asyncio.timeout(PATIENCE):
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        await _read_body(reader, head)
    status = int(head[9:12])
    seen.latencies.append(time.perf_counter() - asked)
    seen.statuses[status] += 1
    if status in (429, 503):
        seen.without_time += b"\r\nretry-after:" not in head
        await asyncio.sleep(1)
    return b"connection: close" not in head


async def _read_body(reader: asyncio.StreamReader, head: bytes) -> None:
    at = head.find(b"content-length:")
    if at >= 0:
        await reader.readexactly(int(head[at + 15 : head.index(b"\r", at)]))
    elif b"transfer-encoding: chunked" in head:
        while size := int((await reader.readline()).strip(), 16):
            await reader.readexactly(size + 2)
        await reader.readline()
