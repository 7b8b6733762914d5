"""Listening: what streams teach beyond when to reply and what.

A reply is due a few times a minute, and nothing else tells a model that a sound has ended, or
which one, or which one it was asked to wait for. So while it trains, linear heads read off in each
chunk what is heard, what has just ended, what was asked for, and whether the two are the same; the
timeline of a composed stream knows it all. One reads the state that decides, at the top of the
language model. The other reads the last frame of the chunk half way up, so that layers are left
above it to take what was heard to where it is decided. They are dropped afterwards: the model
decides and responds without them.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
import torch
import torch.nn.functional as F

from audio_interaction.corpus.language import SOUND_NAMES, WARNINGS, sentences
from audio_interaction.corpus.schema import Event, Stream
from audio_interaction.protocol import CHUNK_SECONDS
from audio_interaction.training.ranks import mean_over_ranks

CLASSES = ("nothing", "speech", "other", *sorted({*SOUND_NAMES, *WARNINGS}))
"""What may be heard; "other" is a sound without a name in the closed language, such as music."""

QUESTIONS = ("now", "ended", "asked", "found")
"""What is asked of every chunk, each answered by one of `CLASSES`: what is heard in it; what has
just ended; which sound an order asked for; and what has just ended if that was asked for."""

JUST = (0.2, 0.8)
"""An event has just ended in the chunks that end so many seconds behind it: one or two of them."""


@cache
def _asked() -> dict[str, str]:
    """The sound that an order asks to watch for, or to count, by the text of the order."""
    return {sentence.text: sentence.sound for sentence in sentences() if sentence.sound}


def heard_targets(stream: Stream, num_chunks: int) -> np.ndarray:
    """The answers to `QUESTIONS` in each chunk: int64 (num_chunks, 4), of `CLASSES`.

    Only foreground events count. An order stands from its last word on.
    """
    targets = np.zeros((num_chunks, len(QUESTIONS)), np.int64)
    now, ended, asked, found = targets.T
    ends = CHUNK_SECONDS * np.arange(1, num_chunks + 1)
    for event in stream.events:
        if event.role != "fg":
            continue
        end = event.words[-1].end if event.words else event.end
        heard = CLASSES.index(_class_of(event))
        just_ended = (ends - end >= JUST[0]) & (ends - end <= JUST[1])
        now[(ends > event.start) & (ends - CHUNK_SECONDS < end)] = heard
        ended[just_ended] = heard
        found[just_ended & (asked == heard)] = heard
        if event.kind == "speech" and event.text in _asked():
            asked[ends > end] = CLASSES.index(_asked()[event.text])
    return targets


def _class_of(event: Event) -> str:
    name = "speech" if event.kind == "speech" else event.text
    return name if name in CLASSES else "other"


class ListeningHeads(torch.nn.Module):
    """Linear heads for every question: half way up on last frames, at the top where it is decided.

    Args:
        hidden: width of the states.
        layers: of the language model.
    """

    def __init__(self, hidden: int, layers: int) -> None:
        super().__init__()
        self.places = (((layers + 1) // 2, -1), (layers, 0))  # layer, and where from what decides
        self.heads = torch.nn.ModuleList(
            torch.nn.Sequential(
                torch.nn.RMSNorm(hidden), torch.nn.Linear(hidden, len(QUESTIONS) * len(CLASSES))
            )
            for _ in self.places
        )

    def forward(
        self, states: Sequence[torch.Tensor], at: torch.Tensor, heard: torch.Tensor
    ) -> torch.Tensor:
        """Mean cross-entropy of all answers; 0 where nothing is asked.

        Args:
            states: layers + 1 of float (1, T, hidden), from `InteractionThinker.decode_layers`.
            at: int64 (D,), positions of the states that decide.
            heard: int64 (D, questions), from `heard_targets`.
        """
        answers = torch.stack(
            [
                head(states[layer][0, at + place]).unflatten(-1, (len(QUESTIONS), -1))
                for (layer, place), head in zip(self.places, self.heads, strict=True)
            ]
        )
        targets = heard.expand(len(answers), -1, -1)
        losses = F.cross_entropy(answers.flatten(0, 2), targets.flatten(), reduction="sum")
        return mean_over_ranks(losses, targets.numel())
