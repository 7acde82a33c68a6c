"""What the tests of the set-up share."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Short enough for a socket, and open to nobody; pytest's own tmp_path is neither."""
    with tempfile.TemporaryDirectory(prefix="pt-") as name:
        Path(name).chmod(0o711)
        yield Path(name)
