"""Frozen-tower features, computed once and kept on disk.

The tower does not learn, so its frames need to be made only once. A cache entry is a folder named
by the digest of everything the frames depend on; it is written beside its final place and moved
there when it is complete, so a kill leaves no half entry.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from tqdm.auto import tqdm

from audio_interaction.audio.features import log_mel
from audio_interaction.model.interaction import InteractionModel

FRAMES_FILE, RECORDS_FILE = "frames.npy", "records.jsonl"
CLIPS_AT_ONCE = 32  # short clips alone would leave the second core idle


def tower_digest(model: InteractionModel) -> str:
    """Digest of the frozen weights that make the frames: convolutions, layers, last norm."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.thinker.model.audio_tower.state_dict().items()):
        if name.startswith(("conv", "layers.", "ln_post.")):
            digest.update(name.encode() + tensor.detach().float().cpu().numpy().tobytes())
    return digest.hexdigest()


def cached_frames(
    root: Path,
    key: dict,
    model: InteractionModel,
    make: Callable[[], Iterable[tuple[dict, np.ndarray]]],
    total: int,
    title: str,
) -> tuple[list[dict], list[torch.Tensor]]:
    """Records and encoder frames from the cache, or made now.

    Args:
        root: folder of all entries.
        key: everything the records depend on, as JSON values; the tower's digest is added.
        model: whose tower encodes.
        make: yields pairs of a record (JSON values) and its float32 samples (S,) at 16 kHz; called
            only when the entry is missing.
        total: number of records, for the progress bar.
        title: what is being encoded, for the progress bar.

    Returns:
        The records, and for each its frames, float16 (chunks * 10, d_model), memory-mapped.
    """
    full_key = json.dumps({**key, "tower": tower_digest(model)}, sort_keys=True)
    folder = root / hashlib.sha256(full_key.encode()).hexdigest()[:24]
    if not folder.is_dir():
        root.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=root, prefix=".making-"))
        try:
            _write(temporary, model, iter(tqdm(make(), total=total, desc=title, unit="clip")))
            (temporary / "key.json").write_text(full_key)
            temporary.rename(folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    frames = torch.from_numpy(np.load(folder / FRAMES_FILE, mmap_mode="c"))
    records, pieces, start = [], [], 0
    for line in (folder / RECORDS_FILE).read_text().splitlines():
        entry = json.loads(line)
        records.append(entry["record"])
        pieces.append(frames[start : start + entry["frames"]])
        start += entry["frames"]
    return records, pieces


def _write(folder: Path, model: InteractionModel, pairs: Iterator[tuple[dict, np.ndarray]]) -> None:
    pieces = []
    with open(folder / RECORDS_FILE, "w") as lines:
        while group := list(islice(pairs, CLIPS_AT_ONCE)):
            mels = [log_mel(samples, model.n_mels) for _, samples in group]
            frames = model.features_of_mel(np.concatenate(mels)).half().numpy()
            ends = np.cumsum([len(mel) for mel in mels])
            for (record, _), piece in zip(group, np.split(frames, ends[:-1]), strict=True):
                pieces.append(piece.reshape(-1, piece.shape[-1]))
                entry = {"record": record, "frames": len(pieces[-1])}
                lines.write(json.dumps(entry) + "\n")
    np.save(folder / FRAMES_FILE, np.concatenate(pieces))
