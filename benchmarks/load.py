"""A small load generator for loopback: keep-alive connections, closed loop for rate, open loop for latency."""

import asyncio
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import quantiles


@dataclass
class Outcome:
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    def percentile(self, share: int) -> float:
        """Seconds within which `share` percent were answered."""
        return quantiles(self.latencies, n=100)[share - 1] if len(self.latencies) > 1 else 0.0


def rate(port: int, paths: Sequence[str], *, seconds: float, connections: int = 8, headers: str = "") -> Outcome:
    """As many requests as the server answers."""
    return asyncio.run(_closed(port, paths, seconds, connections, headers))


def steady(port: int, paths: Sequence[str], *, per_second: float, seconds: float, connections: int = 64) -> Outcome:
    """So many requests a second whatever the server does; latency counts from when each was due."""
    return asyncio.run(_open(port, paths, per_second, seconds, connections))


async def _closed(port: int, paths: Sequence[str], seconds: float, connections: int, headers: str) -> Outcome:
    outcome, turn = Outcome(), itertools.cycle(paths)
    began = time.perf_counter()

    async def visitor() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() - began < seconds:
            asked = time.perf_counter()
            reader, writer = await _ask(port, reader, writer, next(turn), headers, outcome)
            outcome.latencies.append(time.perf_counter() - asked)
        writer.close()

    await asyncio.gather(*(visitor() for _ in range(connections)))
    outcome.seconds = time.perf_counter() - began
    return outcome


async def _open(port: int, paths: Sequence[str], per_second: float, seconds: float, connections: int) -> Outcome:
    outcome, turn = Outcome(), itertools.cycle(paths)
    due: asyncio.Queue[float | None] = asyncio.Queue()

    async def visitor() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (moment := await due.get()) is not None:
            reader, writer = await _ask(port, reader, writer, next(turn), "", outcome)
            outcome.latencies.append(time.perf_counter() - moment)
        writer.close()

    visitors = [asyncio.create_task(visitor()) for _ in range(connections)]
    began = time.perf_counter()
    for number in range(int(per_second * seconds)):
        moment = began + number / per_second
        await asyncio.sleep(max(0.0, moment - time.perf_counter()))
        due.put_nowait(moment)
    for _ in visitors:
        due.put_nowait(None)
    await asyncio.gather(*visitors)
    outcome.seconds = time.perf_counter() - began
    return outcome


async def _ask(
    port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, headers: str, outcome: Outcome
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """One request; a connection that the server closed is opened again."""
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{headers}\r\n".encode())
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{headers}\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    outcome.statuses[status] = outcome.statuses.get(status, 0) + 1
    lower = head.lower()
    at = lower.find(b"content-length:")
    if at >= 0 and status != 304:
        await reader.readexactly(int(lower[at + 15 : lower.index(b"\r", at)]))
    elif b"transfer-encoding: chunked" in lower:
        while size := int((await reader.readline()).strip(), 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    if b"connection: close" in lower:
        writer.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    return reader, writer
