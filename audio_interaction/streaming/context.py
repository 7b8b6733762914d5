"""Bounded context: a session that lasts for hours, at the cost of its last seconds.

The KV cache of a session grows by 13 positions with every chunk, and so do the time of a decision
and the positions that training never saw. So old sound is forgotten in whole chunks, each with the
decision that followed it. The instruction stays. Positions are counted anew from its end, as in
StreamingLLM (arXiv 2309.17453, §3.2): keys that are kept are rotated back by as many positions as
were taken out before them.

What is lost: sound and words of the chunks that are forgotten, and with them orders that were
spoken there. What the chunks that stay have taken up from them is not lost: it is in their keys and
values.
"""

from collections import deque

import torch
from transformers import DynamicCache
from transformers.models.qwen2_5_omni.modeling_qwen2_5_omni import rotate_half

from audio_interaction.errors import UserError
from audio_interaction.model.network import InteractionThinker
from audio_interaction.protocol import CHUNK_SECONDS

CONTEXT_SECONDS = 32.0
"""Of sound that a session remembers unless told otherwise: the longest stream of training (30 s,
`corpus.compose.MAX_SECONDS`) with the tail that is heard behind it."""

SHARE_LEFT = 0.75
"""Of the chunks, after some are forgotten; a few at once, so that keys are rotated seldom."""


class Context:
    """The KV cache of a session, and where in it are which chunks.

    Args:
        prefix: positions of the instruction, which come first and stay.
        seconds: of sound that it holds at most; None for no bound.

    Raises:
        UserError: a bound of less than four chunks.
    """

    def __init__(self, prefix: int, seconds: float | None) -> None:
        self.cache = DynamicCache()
        self.limit = None if seconds is None else int(seconds / CHUNK_SECONDS + 1e-6)
        if self.limit is not None and self.limit < 4:
            raise UserError(
                f"a context of {seconds:g} s is too short to hear in; give at least "
                f"{4 * CHUNK_SECONDS:g} s"
            )
        self._prefix = prefix
        self._blocks: deque[int] = deque()  # positions of each chunk with its decision and reply

    @property
    def chunks(self) -> int:
        """Chunks that it holds; counted only where there is a bound."""
        return len(self._blocks)

    def make_room(self, thinker: InteractionThinker, due: int) -> None:
        """Before the next chunk: forget a quarter of the context where it is full.

        Args:
            thinker: whose cache this is.
            due: positions of the last chunk that will enter together with the next one.
        """
        if self.limit is None:
            return
        entered = self.cache.get_seq_length() - self._prefix - sum(self._blocks)
        if entered > 0:  # since the last call, and so the last chunk's
            self._blocks.append(entered + due)
        if self.chunks < self.limit:
            return
        gone = 0
        while self.chunks > SHARE_LEFT * self.limit:
            gone += self._blocks.popleft()
        forget(thinker, self.cache, self._prefix, gone)


@torch.inference_mode()
def forget(thinker: InteractionThinker, cache: DynamicCache, start: int, count: int) -> None:
    """Take `count` positions from `start` on out of a cache; those behind move to their places.

    Args:
        thinker: whose rotary embedding made the keys.
        cache: of keys and values (1, heads, T, head); T - `count` afterwards.
        start: first position to go.
        count: positions to go.
    """
    frequencies = thinker.model.language_model.rotary_emb.inv_freq.float()
    back = -count * torch.cat([frequencies, frequencies])
    for layer in cache.layers:
        before, _, later = layer.keys.tensor_split((start, start + count), 2)
        turned = later.float() * back.cos() + rotate_half(later.float()) * back.sin()
        layer.keys = torch.cat([before, turned.to(later.dtype)], 2)
        before, _, later = layer.values.tensor_split((start, start + count), 2)
        layer.values = torch.cat([before, later], 2)
