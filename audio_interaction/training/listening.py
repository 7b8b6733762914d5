"""Listening: what streams teach beyond when to reply and what.

A reply is due a few times a minute, and nothing else tells a model that a sound has ended, or
which one. So while it trains, two linear heads read off the state that decides each chunk what is
being heard in it, and what has just ended; the timeline of a composed stream knows both. They are
dropped afterwards: the model decides and responds without them.
"""

import numpy as np
import torch
import torch.nn.functional as F

from audio_interaction.corpus.labels import TRAINING_LAG
from audio_interaction.corpus.language import SOUND_NAMES, WARNINGS
from audio_interaction.corpus.schema import Stream
from audio_interaction.protocol import CHUNK_SECONDS
from audio_interaction.training.ranks import mean_over_ranks

CLASSES = ("nothing", "speech", "other", *sorted({*SOUND_NAMES, *WARNINGS}))
"""What may be heard; "other" is a sound without a name in the closed language, such as music."""


def heard_targets(stream: Stream, num_chunks: int) -> np.ndarray:
    """What is heard in each chunk and what has just ended: int64 (num_chunks, 2), of `CLASSES`.

    Only foreground events count. One has just ended in the chunks that end 0.2 to 0.8 s behind it,
    the wait of a reply (`corpus.labels.TRAINING_LAG`).
    """
    targets = np.zeros((num_chunks, 2), np.int64)
    ends = CHUNK_SECONDS * np.arange(1, num_chunks + 1)
    for event in stream.events:
        if event.role != "fg":
            continue
        name = "speech" if event.kind == "speech" else event.text
        heard = CLASSES.index(name if name in CLASSES else "other")
        end = event.words[-1].end if event.words else event.end
        targets[(ends > event.start) & (ends - CHUNK_SECONDS < end), 0] = heard
        targets[(ends - end >= TRAINING_LAG[0]) & (ends - end <= TRAINING_LAG[1]), 1] = heard
    return targets


class ListeningHeads(torch.nn.Module):
    """Two linear heads on the states that decide."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.heads = torch.nn.Linear(hidden, 2 * len(CLASSES))

    def forward(self, states: torch.Tensor, heard: torch.Tensor) -> torch.Tensor:
        """Mean cross-entropy of both; 0 where nothing is asked.

        Args:
            states: float (D, hidden), the states that predict the decisions.
            heard: int64 (D, 2), from `heard_targets`.
        """
        logits = self.heads(states).unflatten(-1, (2, -1))
        losses = F.cross_entropy(logits.flatten(0, 1), heard.flatten(), reduction="sum")
        return mean_over_ranks(losses, heard.numel())
