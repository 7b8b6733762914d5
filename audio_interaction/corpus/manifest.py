"""The folder of a corpus: what was asked for is written down, and what was half-written removed."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from audio_interaction.corpus.language import SPLITS
from audio_interaction.errors import UserError
from audio_interaction.files import atomic_write

MANIFEST, REJECTS = "corpus.json", "rejects.json"

# How `atomic_write` calls the files of a corpus until they are whole.
_LEFTOVER = re.compile(rf"\.(corpus|rejects|({'|'.join(SPLITS)})-\d+)-\w+\.(json|parquet)")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Tell an error of the file system as a `UserError` about `path`."""
    try:
        yield
    except OSError as error:
        raise UserError(
            f"{path}: cannot be written ({error.strerror or error}); make room or choose another "
            "folder, and run the same command again: finished shards are kept"
        ) from error


def write_json(path: Path, record: dict) -> None:
    """Write plain values atomically; the same values always give the same bytes.

    Raises:
        UserError: the file cannot be written.
    """
    with writing(path), atomic_write(path) as temporary:
        temporary.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n")


def claim(out: Path, recipe: dict) -> None:
    """Begin a corpus in `out`, or go on with the one begun there, which must be the same.

    Args:
        recipe: what decides its content, as plain values of JSON.

    Raises:
        UserError: `out` holds another corpus, or cannot be written to.
    """
    manifest = out / MANIFEST
    if manifest.exists():
        found = json.loads(manifest.read_text())
        if different := [key for key in recipe if found.get(key) != recipe[key]]:
            raise UserError(
                f"{out}: holds a corpus with other {', '.join(different)}; "
                "delete the folder or choose another one"
            )
        with writing(out):
            for file in out.iterdir():
                if _LEFTOVER.fullmatch(file.name):
                    file.unlink()
    else:
        write_json(manifest, recipe)


def load_recipe(folder: str | Path) -> dict:
    """The recipe of the corpus in a folder.

    Raises:
        UserError: it holds none.
    """
    manifest = Path(folder) / MANIFEST
    if not manifest.is_file():
        raise UserError(f"{folder}: holds no {MANIFEST}; build a corpus there first")
    return json.loads(manifest.read_text())
