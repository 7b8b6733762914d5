"""Histories of the model's own: what an adapter says of training streams when it hears them freely.

Slips are drawn; these mistakes are the model's. Its histories are labelled by the `expert` and
learnt beside the drawn ones: DAgger (https://arxiv.org/abs/1011.0686), one round for each recipe
that starts from an adapter.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tqdm.auto import tqdm

from audio_interaction.corpus.labels import Said
from audio_interaction.corpus.schema import Stream
from audio_interaction.corpus.workers import run_jobs
from audio_interaction.files import write_json
from audio_interaction.model.interaction import InteractionModel
from audio_interaction.protocol import FRAMES_PER_CHUNK
from audio_interaction.training.behaviour import free_running
from audio_interaction.training.data import EncodedStream
from audio_interaction.training.frames import weights_digest

UNUSED = "audio_bos_eos_token"
"""Weights of the class that nothing reads; a tiny model has them drawn anew when it is loaded."""
PART = 40
"""Streams whose histories are one file: what a kill costs at most in each process."""


@dataclass(frozen=True)
class _Part:
    """Streams to hear, and where to write what was said; frames are float16 (chunks * 10, d_model).

    They are arrays, since a tensor would take the whole cache that it is a view of to the worker.
    """

    model: InteractionModel
    streams: tuple[Stream, ...]
    frames: tuple[np.ndarray, ...]
    threads: int
    path: Path


def own_histories(
    model: InteractionModel, streams: Sequence[EncodedStream], cache: Path, workers: int = 1
) -> list[Said]:
    """What the model says of each stream at its threshold; kept in `cache`, part by part.

    Args:
        model: an adapted one.
        streams: of its tower.
        cache: folder of the histories.
        workers: processes that hear, for a model on the CPU.
    """
    weights = weights_digest(model.network, lambda name: UNUSED not in name)
    digest = hashlib.sha256(f"{model.threshold} {weights}".encode())
    for encoded in streams:
        digest.update(json.dumps(encoded.stream.timeline()).encode())
    folder = cache / f"histories-{digest.hexdigest()[:24]}"
    threads = max(1, torch.get_num_threads() // workers)
    starts = ((start, streams[start : start + PART]) for start in range(0, len(streams), PART))
    parts = [
        _Part(
            model,
            tuple(encoded.stream for encoded in some),
            tuple(encoded.frames.numpy() for encoded in some),
            threads,
            folder / f"{start:06}.json",
        )
        for start, some in starts
    ]
    missing = [part for part in parts if not part.path.is_file()]
    heard = run_jobs(_hear, missing, workers)
    for _ in tqdm(heard, "hear streams freely", len(missing), unit=f"{PART} streams"):
        pass
    return [
        {chunk: (text, emotion) for chunk, (text, emotion) in said}
        for part in parts
        for said in json.loads(part.path.read_text())
    ]


def _hear(part: _Part) -> None:
    torch.set_num_threads(part.threads)
    encoded = [
        EncodedStream(stream, len(frames) // FRAMES_PER_CHUNK, torch.from_numpy(frames))
        for stream, frames in zip(part.streams, part.frames, strict=True)
    ]
    heard = free_running(part.model, encoded, part.model.threshold)
    write_json(part.path, [list(one.said.items()) for one in heard])
