"""Frozen-tower features, computed once and kept on disk.

Where the tower does not learn, its frames need to be made only once; where it does, what is kept is
the log-mel that it hears. A cache entry is a folder named
by the digest of everything the frames depend on: what was asked for, the tower's weights, and the
source code that composes and encodes (`provenance`). It is written beside its final place and
moved there when it is complete, so a kill leaves no half entry; one process makes it and others
wait; and it is compared with its checksums when it is opened.
"""

import hashlib
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from tqdm.auto import tqdm

from audio_interaction.audio.features import log_mel
from audio_interaction.files import umask, writing
from audio_interaction.model.interaction import InteractionModel
from audio_interaction.protocol import FRAMES_PER_CHUNK, MEL_FRAMES_PER_CHUNK
from audio_interaction.training.precision import frames_dtype
from audio_interaction.training.provenance import code_digest

FRAMES_FILE, RECORDS_FILE, ENTRY_FILE = "frames.f16", "records.jsonl", "entry.json"
CLIPS_AT_ONCE = 32  # short clips alone would leave the second core idle
ENCODERS = ("audio_interaction.audio.features", "audio_interaction.model.tower")
FORMAT = 3
"""Of the files of an entry."""


def tower_digest(model: InteractionModel) -> str:
    """Digest of the frozen weights that make the frames: convolutions, layers, last norm."""
    made_of = ("conv", "layers.", "ln_post.")
    return weights_digest(model.thinker.model.audio_tower, lambda name: name.startswith(made_of))


def weights_digest(module: torch.nn.Module, chosen: Callable[[str], bool]) -> str:
    """Digest of the weights of a module whose names are `chosen`."""
    digest = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        if chosen(name):
            digest.update(name.encode() + tensor.detach().float().cpu().numpy().tobytes())
    return digest.hexdigest()


def frame_count(heard: torch.Tensor) -> int:
    """Frames of a piece of (N, d_model), or of log-mel (chunks, n_mels, 40)."""
    return len(heard) * (FRAMES_PER_CHUNK if heard.ndim == 3 else 1)


def cached_frames(
    root: Path,
    key: dict,
    model: InteractionModel,
    make: Callable[[], Iterable[tuple[dict, np.ndarray]]],
    total: int | None,
    title: str,
    code: tuple[str, ...] = (),
    *,
    mel: bool = False,
) -> tuple[list[dict], list[torch.Tensor]]:
    """Records and encoder frames from the cache, or made now.

    Args:
        root: folder of all entries.
        key: everything the records depend on, as JSON values; the digests of the tower and of the
            code are added.
        model: whose tower encodes.
        make: yields pairs of a record (JSON values) and its float32 samples (S,) at 16 kHz; called
            only when the entry is missing or damaged.
        total: number of records for the progress bar, None if it is not known.
        title: what is being encoded, for the progress bar.
        code: names of the modules that `make` calls; another source of theirs, or of what they
            import, is another entry.
        mel: keep the log-mel instead, for a tower that is to learn.

    Returns:
        The records, and for each its frames, float16 (chunks * 10, d_model), or its log-mel,
        float16 (chunks, n_mels, 40), memory-mapped.

    Raises:
        UserError: the cache cannot be written to.
    """
    full_key = {
        **key,
        "tower": f"log-mel of {model.n_mels}" if mel else tower_digest(model),
        "dtype": "float32" if mel else str(frames_dtype(model.thinker.device)),
        "code": code_digest(*code, *ENCODERS),
        "format": FORMAT,
    }
    text = json.dumps(full_key, sort_keys=True)
    folder = root / hashlib.sha256(text.encode()).hexdigest()[:24]
    with writing(root, "make room, or choose another --cache; what is there is kept"):
        if not _sound(folder):
            root.mkdir(parents=True, exist_ok=True)
            with _alone(root / f".{folder.name}.lock"):
                if not _sound(folder):  # nobody else has made it meanwhile
                    _discard(folder)
                    clips = tqdm(make(), total=total, desc=title, unit="clip")
                    _make(folder, full_key, model, iter(clips), mel)
    return _read(folder)


def _sound(folder: Path) -> bool:
    """Whether an entry is there and as it was written; tells if it is damaged."""
    if not folder.is_dir():
        return False
    try:
        for name, checksum in json.loads((folder / ENTRY_FILE).read_text())["files"].items():
            with open(folder / name, "rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != checksum:
                    raise ValueError(name)
    except (OSError, ValueError, KeyError) as error:
        print(f"{folder}: damaged ({error}); its frames are made anew", file=sys.stderr)
        return False
    return True


def _discard(folder: Path) -> None:
    """Remove an entry as a whole: half of one is never seen under its name."""
    if folder.is_dir():
        grave = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".damaged-"))
        folder.rename(grave / folder.name)
        shutil.rmtree(grave)


def _make(
    folder: Path,
    key: dict,
    model: InteractionModel,
    pairs: Iterator[tuple[dict, np.ndarray]],
    mel: bool,
) -> None:
    prefix = f".making-{folder.name}-"
    for left in folder.parent.glob(f"{prefix}*"):  # by a killed process
        shutil.rmtree(left)
    temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=prefix))
    try:
        shape = _write(temporary, model, pairs, mel)
        files = {}
        for name in (FRAMES_FILE, RECORDS_FILE):
            with open(temporary / name, "rb") as file:
                files[name] = hashlib.file_digest(file, "sha256").hexdigest()
        entry = {"key": key, "shape": shape, "files": files}
        (temporary / ENTRY_FILE).write_text(json.dumps(entry, indent=1))
        temporary.chmod(0o777 & ~umask())  # mkdtemp makes it private
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _write(
    folder: Path, model: InteractionModel, pairs: Iterator[tuple[dict, np.ndarray]], mel: bool
) -> tuple[int, ...]:
    """Write pieces one behind the other, and records; returns the shape of a piece's row."""
    audio, device = model.thinker.config.audio_config, model.thinker.device
    dtype = frames_dtype(device)
    with open(folder / RECORDS_FILE, "w") as lines, open(folder / FRAMES_FILE, "wb") as rows:
        while group := list(islice(pairs, CLIPS_AT_ONCE)):
            mels = [log_mel(samples, model.n_mels) for _, samples in group]
            heard = np.concatenate(mels)
            if not mel:
                with torch.autocast(device.type, torch.bfloat16, enabled=dtype is torch.bfloat16):
                    heard = model.features_of_mel(heard).flatten(0, 1).numpy()
            heard.astype(np.float16).tofile(rows)
            for (record, _), piece in zip(group, mels, strict=True):
                count = len(piece) * (1 if mel else FRAMES_PER_CHUNK)
                lines.write(json.dumps({"record": record, "rows": count}) + "\n")
    return (model.n_mels, MEL_FRAMES_PER_CHUNK) if mel else (audio.d_model,)


def _read(folder: Path) -> tuple[list[dict], list[torch.Tensor]]:
    shape = json.loads((folder / ENTRY_FILE).read_text())["shape"]
    flat = np.memmap(folder / FRAMES_FILE, np.float16, mode="c")  # copied where written to
    heard = torch.from_numpy(flat).view(-1, *shape)
    records, pieces, start = [], [], 0
    for line in (folder / RECORDS_FILE).read_text().splitlines():
        entry = json.loads(line)
        records.append(entry["record"])
        pieces.append(heard[start : start + entry["rows"]])
        start += entry["rows"]
    return records, pieces


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Hold a lock that other processes wait for; it ends with the process, however that ends."""
    try:
        import fcntl
    except ImportError:  # Windows, where one process trains
        yield
        return
    with open(lock, "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"{lock}: waiting for the process that makes these frames", file=sys.stderr)
            fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)
