"""The folder of a corpus: what was asked for is written down, and what was half-written removed."""

import json
import re
from contextlib import AbstractContextManager
from pathlib import Path

from audio_interaction import files
from audio_interaction.corpus.language import SPLITS
from audio_interaction.errors import UserError

MANIFEST, REJECTS = "corpus.json", "rejects.json"

# How `atomic_write` calls the files of a corpus until they are whole.
_LEFTOVER = re.compile(
    rf"\.(corpus|rejects|(plans-)?({'|'.join(SPLITS)})-\d+)-\w+\.(json|jsonl|parquet)"
)


def writing(path: Path) -> AbstractContextManager[None]:
    """`files.writing` for a file of a corpus."""
    return files.writing(
        path,
        "make room or choose another folder, and run the same command again: finished shards are "
        "kept",
    )


def record(path: Path, values: dict) -> None:
    """`files.write_json`; a file that cannot be written is a `UserError`."""
    with writing(path):
        files.write_json(path, values)


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
        keys = dict.fromkeys([*recipe, *found])
        if different := [key for key in keys if found.get(key) != recipe.get(key)]:
            raise UserError(
                f"{out}: holds a corpus with other {', '.join(different)}; "
                "delete the folder or choose another one"
            )
        with writing(out):
            for file in out.iterdir():
                if _LEFTOVER.fullmatch(file.name):
                    file.unlink()
    else:
        record(manifest, recipe)


def load_recipe(folder: str | Path) -> dict:
    """The recipe of the corpus in a folder.

    Raises:
        UserError: it holds none.
    """
    manifest = Path(folder) / MANIFEST
    if not manifest.is_file():
        raise UserError(f"{folder}: holds no {MANIFEST}; build a corpus there first")
    return json.loads(manifest.read_text())
