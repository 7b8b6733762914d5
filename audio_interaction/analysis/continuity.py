"""Continuity ratio: does the border between two chunks show in the numbers? (paper §5.3)

The encoder sees one chunk at a time, so the last frame of a chunk and the first frame of the next,
neighbours in the sound, are computed without knowledge of each other. The paper compares the
cosine similarity of such pairs with that of pairs inside a chunk: 1 is seamless. It prints 0.25
after the encoder and 0.80 after layer 0 of its language model.

What it leaves open, and what is measured here:

* which pairs inside a chunk: neighbours only, so that every pair is 40 ms apart;
* how they are averaged: the mean over all border pairs of all streams, divided by the mean over
  all inner pairs. Intervals come from resampling whole streams;
* what the language model reads: the online layout with `<silent>` after every chunk, so that four
  positions lie between the two frames of a border. Hidden states are those at the frames, after
  each decoder layer.

Two controls are ours. `apart` pairs are a last and a first frame too, but of chunks at least 2 s
apart: what similarity the places alone make. And `alone=True` hides all other chunks from the
language model: what a layer does to the border without hearing across it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from tqdm.auto import tqdm

from audio_interaction.audio.features import log_mel
from audio_interaction.benchmarks.bootstrap import Bootstrap, Interval, Sums, ratio
from audio_interaction.corpus.schema import Stream
from audio_interaction.errors import UserError
from audio_interaction.layouts import online_layout
from audio_interaction.model.interaction import InteractionModel
from audio_interaction.model.tower import encode_chunks
from audio_interaction.protocol import FRAMES_PER_CHUNK, chunks_in

PAIRS = ("inside", "border", "apart")
"""Neighbours in one chunk; last and first frame across a border; the same places far apart."""

APART_CHUNKS = 5
"""From the chunk of one frame to that of the other in an `apart` pair: 2 s, or more."""


def pair_cosines(frames: torch.Tensor) -> dict[str, torch.Tensor]:
    """Cosine similarity of every pair of frames of one stream.

    Args:
        frames: float (C, 10, width), 10 frames of 40 ms for each chunk.

    Returns:
        float64 vectors by the names in `PAIRS`: 9 C, C - 1, and (C - 5)(C - 4) / 2 similarities
        (none of the last for 5 chunks or fewer).

    Raises:
        UserError: another shape, or fewer than two chunks.
    """
    if frames.ndim != 3 or frames.shape[1] != FRAMES_PER_CHUNK or len(frames) < 2:
        raise UserError(
            f"continuity needs frames (chunks, {FRAMES_PER_CHUNK}, width) of two chunks or more, "
            f"found shape {tuple(frames.shape)}"
        )
    unit = F.normalize(frames.double(), dim=-1)
    first, last = unit[:, 0], unit[:, -1]
    far = torch.ones(len(unit), len(unit), dtype=torch.bool).triu(APART_CHUNKS)
    return {
        "inside": (unit[:, :-1] * unit[:, 1:]).sum(-1).flatten(),
        "border": (last[:-1] * first[1:]).sum(-1),
        "apart": (last @ first.T)[far.to(unit.device)],
    }


def continuity_ratio(frames: torch.Tensor) -> float:
    """Mean cosine across the borders by that inside the chunks; frames float (C, 10, width).

    1 is seamless. Below it, a border can be seen in the numbers.

    Raises:
        UserError: as `pair_cosines`.
    """
    cosines = pair_cosines(frames)
    return (cosines["border"].mean() / cosines["inside"].mean()).item()


def encode_joined(model: InteractionModel, samples: np.ndarray) -> torch.Tensor:
    """Encode a whole clip as one window: what the encoder does when chunks are not isolated.

    Args:
        samples: float32 (S,) at 16 kHz, at most 30 s, the encoder's longest window.

    Returns:
        float32 (C, 10, d_model), comparable to `model.features(samples)`.

    Raises:
        UserError: there is no sample, or the clip is too long.
    """
    positions = model.thinker.config.audio_config.max_source_positions
    most = positions // (2 * FRAMES_PER_CHUNK)  # the encoder works on 20 positions a chunk
    chunks = chunks_in(len(samples))
    if not 0 < chunks <= most:
        raise UserError(f"one window holds 1 to {most} chunks, found {chunks}; cut the clip")
    tower = model.thinker.model.audio_tower
    mel = torch.from_numpy(log_mel(samples, model.n_mels)).to(tower.conv1.weight)
    with torch.inference_mode():
        return encode_chunks(tower, mel.transpose(0, 1).flatten(1)[None]).unflatten(
            1, (chunks, FRAMES_PER_CHUNK)
        )[0]


@torch.inference_mode()
def frames_by_stage(
    model: InteractionModel, samples: np.ndarray, system: str, alone: bool = False
) -> dict[str, torch.Tensor]:
    """One sound at every stage on its way through the model.

    Args:
        samples: float32 (S,) at 16 kHz.
        system: the written instruction of the stream.
        alone: the language model reads the instruction and one chunk, and no other chunk.

    Returns:
        float (C, 10, width) by stage, in order: "log-mel" (four spectra averaged to 40 ms,
        width 80), "encoder", "projector", "layer 0", "layer 1", …

    Raises:
        UserError: there is no sample.
    """
    mel = torch.from_numpy(log_mel(samples, model.n_mels))
    if not len(mel):
        raise UserError("there is no sound to look at: 0 samples")
    thinker, chunks = model.thinker, len(mel)
    encoded = model.features_of_mel(mel.numpy())
    stages = {
        "log-mel": mel.unflatten(2, (FRAMES_PER_CHUNK, -1)).mean(-1).transpose(1, 2),
        "encoder": encoded,
        "projector": thinker.model.audio_tower.proj(encoded),
    }
    layout = online_layout(model.tokens, model.encode(system), 1 if alone else chunks, {})
    rows = chunks if alone else 1
    ids = torch.tensor([layout.input_ids], device=thinker.device).expand(rows, -1)
    is_frame = torch.tensor([layout.is_frame], device=thinker.device).expand(rows, -1)
    embeddings = thinker.embed(ids, is_frame, encoded.flatten(0, 1))
    for number, states in enumerate(_layer_outputs(thinker, embeddings)):
        stages[f"layer {number}"] = states[is_frame].unflatten(0, (chunks, FRAMES_PER_CHUNK))
    return stages


def _layer_outputs(thinker: torch.nn.Module, embeddings: torch.Tensor) -> list[torch.Tensor]:
    """Hidden states (B, T, hidden) after every decoder layer, before the final norm."""
    outputs = []

    def keep(_layer, _inputs, output) -> None:
        outputs.append(output[0] if isinstance(output, tuple) else output)

    hooks = [layer.register_forward_hook(keep) for layer in thinker.model.language_model.layers]
    try:
        thinker.decode_embeddings(embeddings)
    finally:
        for hook in hooks:
            hook.remove()
    return outputs


@dataclass(frozen=True)
class Continuity:
    """Sums of cosine similarities of several streams, enough for every mean and its interval.

    Attributes:
        stages: names of the stages, in order.
        sums: float64 (streams, stages) for each name in `PAIRS`.
        counts: int64 (streams,), how many pairs each sum is over.
    """

    stages: tuple[str, ...]
    sums: dict[str, np.ndarray]
    counts: dict[str, np.ndarray]

    @property
    def streams(self) -> int:
        return len(self.counts["border"])

    def ratios(self, pairs: str = "border") -> dict[str, Interval]:
        """By stage: mean similarity of these pairs by that of the inner pairs, 95 % interval.

        The continuity ratio for "border"; what it would be without any continuity for "apart".
        """
        bootstrap = Bootstrap(self.streams)
        return {
            stage: bootstrap.interval(self._columns(pairs, at), _ratio, self.streams)
            for at, stage in enumerate(self.stages)
        }

    def gains(self, other: "Continuity") -> dict[str, Interval]:
        """By stage: this continuity ratio minus that of `other`, with its 95 % interval.

        The interval is paired: it draws the same streams for both.

        Raises:
            UserError: `other` is not of the same stages and equally many streams.
        """
        if (other.stages, other.streams) != (self.stages, self.streams):
            raise UserError(
                f"only measurements of the same streams can be paired, found {self.streams} "
                f"streams at {len(self.stages)} stages and {other.streams} at {len(other.stages)}"
            )
        bootstrap = Bootstrap(self.streams)
        found = {}
        for at, stage in enumerate(self.stages):
            columns = self._columns("border", at)
            columns |= {f"other {name}": col for name, col in other._columns("border", at).items()}
            found[stage] = bootstrap.interval(
                columns, lambda of: _ratio(of) - _ratio(of, "other "), self.streams
            )
        return found

    def select(self, chosen: Sequence[bool]) -> "Continuity":
        """Some of the streams: one truth value for each."""
        keep = np.asarray(chosen, bool)
        return Continuity(
            self.stages,
            {name: sums[keep] for name, sums in self.sums.items()},
            {name: counts[keep] for name, counts in self.counts.items()},
        )

    def _columns(self, pairs: str, at: int) -> dict[str, np.ndarray]:
        """What `_ratio` needs of one stage: arrays (streams,)."""
        return {
            "sum": self.sums[pairs][:, at],
            "pairs": self.counts[pairs],
            "inside": self.sums["inside"][:, at],
            "inner": self.counts["inside"],
        }


def _ratio(of: Sums, prefix: str = "") -> np.ndarray:
    """Mean similarity of some pairs by that of the inner pairs, from sums and counts."""
    total, pairs, inside, inner = (
        of[prefix + name] for name in ("sum", "pairs", "inside", "inner")
    )
    return ratio(ratio(total, pairs), ratio(inside, inner))


def measure_continuity(
    model: InteractionModel, streams: Sequence[Stream], alone: bool = False
) -> Continuity:
    """Similarities of all pairs of all streams at every stage; `alone` as `frames_by_stage`.

    Raises:
        UserError: no stream, or one shorter than two chunks.
    """
    if not streams:
        raise UserError("continuity is measured on streams, and there are none")
    sums, counts = {name: [] for name in PAIRS}, {name: [] for name in PAIRS}
    for stream in tqdm(streams, desc="continuity", unit="stream", leave=False):
        frames = frames_by_stage(model, stream.audio, stream.system, alone)
        cosines = [pair_cosines(each) for each in frames.values()]
        for name in PAIRS:
            sums[name].append([each[name].sum().item() for each in cosines])
            counts[name].append(len(cosines[0][name]))
    return Continuity(
        tuple(frames),
        {name: np.array(rows) for name, rows in sums.items()},
        {name: np.array(rows) for name, rows in counts.items()},
    )
