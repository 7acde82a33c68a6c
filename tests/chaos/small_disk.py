"""A disk of a few megabytes under the outbox, that a test fills to the last byte and empties again."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests.chaos.driver import World

TABLE = "subscriptions_email"
MEGABYTES = 8


@dataclass
class SmallDisk:
    folder: Path
    database: str
    holding: psycopg.Connection[tuple[object, ...]] | None = None

    def fill(self) -> None:
        """And an old snapshot keeps the room of dead rows from being used again, as a long report would."""
        self.holding = psycopg.connect(self.database)
        self.holding.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        self.holding.execute(f"SELECT count(*) FROM {TABLE}")
        with contextlib.suppress(OSError), (self.folder / "filler").open("wb", buffering=0) as filler:
            while True:
                filler.write(bytes(4096))

    def free(self) -> None:
        (self.folder / "filler").unlink(missing_ok=True)
        if self.holding is not None:
            self.holding.close()
            self.holding = None


@contextlib.contextmanager
def under_the_outbox(world: World) -> Iterator[SmallDisk]:
    """Skips, aloud, where this machine lets no test mount a disk."""
    folder = world.folder / "small"
    folder.mkdir(exist_ok=True)
    owner = Path(world.query("SHOW data_directory")[0][0]).stat()
    options = f"size={MEGABYTES}m,mode=0700,uid={owner.st_uid},gid={owner.st_gid}"
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"a full disk was not tried: this machine lets no test mount one ({done.stderr.strip()})")
    disk = SmallDisk(folder, world.database)
    try:
        (folder / "space").mkdir()
        os.chown(folder / "space", owner.st_uid, owner.st_gid)
        world.query(f"CREATE TABLESPACE small LOCATION '{folder}/space'")
        world.query(f"ALTER TABLE {TABLE} SET TABLESPACE small")
        yield disk
    finally:
        disk.free()
        world.stop_children()
        world.query(f"ALTER TABLE {TABLE} SET TABLESPACE pg_default")
        world.query("DROP TABLESPACE IF EXISTS small")
        subprocess.run(["umount", str(folder)], check=True)
