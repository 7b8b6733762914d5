"""From layouts and frames to packed batches of a steady mixture."""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import accumulate, islice
from typing import NamedTuple

import numpy as np
import torch

from audio_interaction.layouts import IGNORED, Layout
from audio_interaction.training.frames import frame_count
from audio_interaction.training.listening import QUESTIONS
from audio_interaction.training.ranks import rank_and_world, share


def unlabelled(layout: Layout) -> Layout:
    """The same sequence with nothing to predict in it."""
    length = len(layout)
    return replace(layout, labels=[IGNORED] * length, is_decision=[False] * length)


@dataclass(frozen=True)
class Example:
    """One training sequence.

    Attributes:
        layout: ids and labels.
        frames: (N, d_model) frames of its N placeholders, or the log-mel (chunks, n_mels, 40) that
            the tower makes them of; any float dtype.
        transcript: ids of what is heard, for the auxiliary CTC loss; empty for none.
        item_weight: scales the loss of the whole sequence.
        group: what the sequence is an example of; every batch holds its share of each group.
        heard: int64 (chunks, questions), for the auxiliary loss of `training.listening`; empty for
            none.
        id: of the stream or clip it was made of.
    """

    layout: Layout
    frames: torch.Tensor
    transcript: tuple[int, ...] = ()
    item_weight: float = 1.0
    group: Hashable = None
    heard: np.ndarray = field(default_factory=lambda: np.empty((0, len(QUESTIONS)), np.int64))
    id: str = ""

    @property
    def heard_at(self) -> list[int]:
        """Positions of the states that `heard` is asked of: those that decide, one a chunk."""
        return [position - 1 for position in self.layout.decisions] if len(self.heard) else []

    def unlabelled(self) -> "Example":
        """The same sequence with nothing to learn in it."""
        layout = unlabelled(self.layout)
        return replace(self, layout=layout, transcript=(), item_weight=0.0, heard=self.heard[:0])


@dataclass
class Batch:
    """Sequences packed into one row: B of them, T positions, N frames in all.

    Attributes:
        input_ids, labels: int64 (1, T); labels are not shifted.
        is_frame, is_decision: bool (1, T).
        weights: float (1, T), the loss weight of a label.
        frames: float32 (N, d_model), or log-mel (N / 10, n_mels, 40).
        segments: positions of each sequence, T in sum.
        frame_counts: int64 (B,), N in sum.
        transcripts: int64 (sum of lengths,); transcript_lengths: int64 (B,).
        heard, heard_at: int64 (H, questions) and (H,), what is asked of which positions.
        ids: of the B sequences.
    """

    input_ids: torch.Tensor
    labels: torch.Tensor
    is_frame: torch.Tensor
    is_decision: torch.Tensor
    weights: torch.Tensor
    frames: torch.Tensor
    segments: tuple[int, ...]
    frame_counts: torch.Tensor
    transcripts: torch.Tensor
    transcript_lengths: torch.Tensor
    heard: torch.Tensor
    heard_at: torch.Tensor
    ids: tuple[str, ...] = ()

    def to(self, device: torch.device) -> "Batch":
        """The batch on another device."""
        moved = {}
        for each in fields(self):
            value = getattr(self, each.name)
            moved[each.name] = value.to(device) if isinstance(value, torch.Tensor) else value
        return Batch(**moved)


def collate(examples: Sequence[Example]) -> Batch:
    """Pack examples into one row."""
    layouts = [example.layout for example in examples]

    def row(name: str) -> torch.Tensor:
        return torch.tensor([[value for layout in layouts for value in getattr(layout, name)]])

    segments = tuple(len(layout) for layout in layouts)
    weights = torch.tensor([[example.item_weight for example in examples]])
    return Batch(
        input_ids=row("input_ids"),
        labels=row("labels"),
        is_frame=row("is_frame"),
        is_decision=row("is_decision"),
        weights=weights.repeat_interleave(torch.tensor(segments), dim=1),
        frames=torch.cat([example.frames.float() for example in examples]),
        segments=segments,
        frame_counts=torch.tensor([frame_count(example.frames) for example in examples]),
        transcripts=torch.tensor([i for example in examples for i in example.transcript]).long(),
        transcript_lengths=torch.tensor([len(example.transcript) for example in examples]),
        heard=torch.from_numpy(np.concatenate([example.heard for example in examples])),
        heard_at=torch.tensor(
            [
                begin + position
                for begin, example in zip(accumulate(segments, initial=0), examples, strict=False)
                for position in example.heard_at
            ]
        ).long(),
        ids=tuple(example.id for example in examples),
    )


class MixedBatches(torch.utils.data.Sampler):
    """Batches of at most `positions` positions, each with its share of every group.

    A batch by chance, or by length, may hold transcription streams alone, full of responses, and
    the next one none at all; the decision then swings between always and never. So the groups are
    shuffled within themselves and dealt out evenly. Shuffled anew every epoch from (seed, epoch);
    endless, since training is counted in steps.
    """

    def __init__(self, examples: Sequence[Example], positions: int, seed: int) -> None:
        self.lengths = [len(example.layout) for example in examples]
        self.positions = positions
        self.seed = seed
        groups: dict[Hashable, list[int]] = {}
        for index, example in enumerate(examples):
            groups.setdefault(example.group, []).append(index)
        self.groups = [np.array(members) for members in groups.values()]

    def __iter__(self) -> Iterator[list[int]]:
        epoch = 0
        while True:
            yield from self._epoch(np.random.default_rng([self.seed, epoch]))
            epoch += 1

    def _epoch(self, rng: np.random.Generator) -> Iterator[list[int]]:
        batch: list[int] = []
        filled = 0
        for index in self._dealt(rng):
            if batch and filled + self.lengths[index] > self.positions:
                yield batch
                batch, filled = [], 0
            batch.append(index)
            filled += self.lengths[index]
        yield batch

    def _dealt(self, rng: np.random.Generator) -> list[int]:
        # A group of n fills the epoch at n even distances, from a random start.
        order = np.concatenate([rng.permutation(members) for members in self.groups])
        places = [(np.arange(len(group)) + rng.random()) / len(group) for group in self.groups]
        return order[np.concatenate(places).argsort(kind="stable")].tolist()


class Alternating(torch.utils.data.Sampler):
    """One batch of clips, one of streams, and so on, without end.

    Each has its own mean loss, and two batches make one optimiser step
    (`accumulate_grad_batches=2`). Streams come second, since the batch that makes the step is the
    one that is logged. Clips are numbered on after the streams.
    """

    def __init__(self, streams: MixedBatches, clips: MixedBatches) -> None:
        self.streams, self.clips = streams, clips

    def __iter__(self) -> Iterator[list[int]]:
        offset = len(self.streams.lengths)
        for batch, clips in zip(self.streams, self.clips, strict=False):
            yield [offset + index for index in clips]
            yield batch


def in_turn(
    streams: Sequence[Example],
    positions: int,
    clips: Sequence[Example],
    clip_positions: int,
    seed: int,
) -> tuple[torch.utils.data.Sampler, int]:
    """Batches of streams and of clips in turn, or of those that there are; how many make a step.

    Args:
        streams, clips: not both empty; clips are numbered on after the streams.
        positions, clip_positions: of a batch of either.
        seed: of `MixedBatches`.
    """
    kinds = [
        MixedBatches(some, largest, seed)
        for some, largest in ((streams, positions), (clips, clip_positions))
        if some
    ]
    return Alternating(*kinds) if len(kinds) > 1 else kinds[0], len(kinds)


class Planned(NamedTuple):
    """Indices of the examples of a whole batch, and of those that this rank computes."""

    batch: list[int]
    taken: list[int]


class BatchPlan(torch.utils.data.Sampler):
    """The first `count` batches of an endless sampler, this rank's share of each; resumable.

    Attributes:
        done: batches handed out so far; iterating goes on behind them.
    """

    def __init__(
        self, batches: Iterable[list[int]], lengths: Sequence[int], count: int, done: int = 0
    ) -> None:
        self.batches, self.lengths, self.count, self.done = batches, lengths, count, done

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[Planned]:
        rank, world = rank_and_world()
        for batch in islice(self.batches, self.done, self.count):
            self.done += 1
            yield Planned(batch, share(batch, self.lengths, rank, world))


class PackedLoader(torch.utils.data.DataLoader):
    """Packed batches of examples by a plan.

    Lightning keeps `state_dict` in its checkpoints: a run that is resumed sees the batches that it
    would have seen. (Its length is known, so Lightning fetches no batch ahead of the one it uses.)

    Args:
        examples: sequences; where they have a method `in_batch(index, batch)` (`data.Redrawn`), it
            gives the example for the batch.
        batches: endless sampler of lists of indices.
        count: number of batches.
    """

    def __init__(self, examples: Sequence[Example], batches: Iterable[list[int]], count: int):
        lengths = [len(examples[index].layout) for index in range(len(examples))]
        self.plan = BatchPlan(batches, lengths, count)
        super().__init__(_Examples(examples), batch_sampler=self.plan, collate_fn=collate)

    def state_dict(self) -> dict:
        return {"batches": self.plan.done}

    def load_state_dict(self, state: dict) -> None:
        self.plan.done = state["batches"]


class _Examples(torch.utils.data.Dataset):
    def __init__(self, examples: Sequence[Example]) -> None:
        self.examples = examples

    def __len__(self) -> int:
        return len(self.examples)

    def __getitems__(self, planned: Planned) -> list[Example]:
        # Complements: see `ranks.share`.
        return [
            self._one(index, planned.batch)
            if index >= 0
            else self._one(~index, planned.batch).unlabelled()
            for index in planned.taken
        ]

    def _one(self, index: int, batch: list[int]) -> Example:
        in_batch = getattr(self.examples, "in_batch", None)
        return in_batch(index, batch) if in_batch else self.examples[index]
