"""From layouts and frames to padded batches of similar length."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from audio_interaction.protocol import IGNORED, Layout

MIXING = 1.0
"""How much longer a sequence may pretend to be when batches are sorted by length."""


@dataclass(frozen=True)
class Example:
    """One training sequence.

    Attributes:
        layout: ids and labels.
        frames: (N, d_model) frames of its N placeholders, any float dtype.
        transcript: ids of the words heard, for the auxiliary CTC loss; empty for none.
        item_weight: scales the loss of the whole sequence.
    """

    layout: Layout
    frames: torch.Tensor
    transcript: tuple[int, ...] = ()
    item_weight: float = 1.0


@dataclass
class Batch:
    """Right-padded sequences: B of them, T positions, N frames in all.

    Attributes:
        input_ids, labels: int64 (B, T); labels are not shifted.
        is_frame, is_decision: bool (B, T).
        weights: float (B, T), the loss weight of a label.
        frames: float32 (N, d_model).
        transcripts: int64 (sum of lengths,); transcript_lengths: int64 (B,).
    """

    input_ids: torch.Tensor
    labels: torch.Tensor
    is_frame: torch.Tensor
    is_decision: torch.Tensor
    weights: torch.Tensor
    frames: torch.Tensor
    transcripts: torch.Tensor
    transcript_lengths: torch.Tensor


def collate(examples: Sequence[Example], pad: int) -> Batch:
    """Pad on the right and stack."""
    length = max(len(example.layout) for example in examples)
    shape = (len(examples), length)
    batch = Batch(
        input_ids=torch.full(shape, pad),
        labels=torch.full(shape, IGNORED),
        is_frame=torch.zeros(shape, dtype=torch.bool),
        is_decision=torch.zeros(shape, dtype=torch.bool),
        weights=torch.zeros(shape),
        frames=torch.cat([example.frames.float() for example in examples]),
        transcripts=torch.tensor([i for example in examples for i in example.transcript]).long(),
        transcript_lengths=torch.tensor([len(example.transcript) for example in examples]),
    )
    for row, example in enumerate(examples):
        layout, n = example.layout, len(example.layout)
        batch.input_ids[row, :n] = torch.tensor(layout.input_ids)
        batch.labels[row, :n] = torch.tensor(layout.labels)
        batch.is_frame[row, :n] = torch.tensor(layout.is_frame)
        batch.is_decision[row, :n] = torch.tensor(layout.is_decision)
        batch.weights[row, :n] = example.item_weight
    return batch


class LengthBatches(torch.utils.data.Sampler):
    """Batches of sequences of similar length, at most `positions` positions each, padding included.

    Shuffled anew every epoch from (seed, epoch); endless, since training is counted in steps.
    """

    def __init__(self, lengths: Sequence[int], positions: int, seed: int) -> None:
        self.lengths = torch.tensor(lengths)
        self.positions = positions
        self.seed = seed

    def __iter__(self) -> Iterator[list[int]]:
        epoch = 0
        while True:
            generator = torch.Generator().manual_seed(self.seed * 100_003 + epoch)
            yield from self._epoch(generator)
            epoch += 1

    def _epoch(self, generator: torch.Generator) -> list[list[int]]:
        # Noise on the lengths, so that a batch is not made of one sub-task alone: transcription
        # streams are short and full of responses, the others long and nearly silent.
        noise = 1 + MIXING * torch.rand(len(self.lengths), generator=generator)
        batches, batch, longest = [], [], 0
        for index in (self.lengths * noise).argsort().tolist():
            longest_now = max(longest, self.lengths[index].item())
            if batch and longest_now * (len(batch) + 1) > self.positions:
                batches.append(batch)
                batch, longest_now = [], self.lengths[index].item()
            batch.append(index)
            longest = longest_now
        batches.append(batch)
        order = torch.randperm(len(batches), generator=generator).tolist()
        return [batches[i] for i in order]
