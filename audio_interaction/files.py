"""Writing files so that a kill or a full disk never leaves half of one behind."""

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from audio_interaction.errors import UserError


@contextmanager
def atomic_write(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; move it there only if the block ends without error.

    The temporary name keeps the suffix of `path`, since many writers choose the format by it.

    Raises:
        OSError: the folder is not writable or the disk is full; `path` is then unchanged.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    # mkstemp makes the file private; the finished file gets the usual permissions.
    temporary.chmod(0o666 & ~umask())
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def umask() -> int:
    """The permissions that new files of this process do not get."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def write_json(path: str | Path, values: dict, default: Callable | None = None) -> None:
    """Write values of JSON, indented, UTF-8, atomically; `default` as for `json.dumps`."""
    with atomic_write(path) as temporary:
        text = json.dumps(values, indent=1, ensure_ascii=False, default=default)
        temporary.write_text(text + "\n", encoding="utf-8")


@contextmanager
def writing(path: str | Path, advice: str) -> Iterator[None]:
    """Tell that a file cannot be written (no space, no permission) as one line about `path`.

    Raises:
        UserError: an `OSError`, or the error in which safetensors wraps one.
    """
    try:
        yield
    except (OSError, SafetensorError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"{path}: cannot be written ({reason}); {advice}") from error
