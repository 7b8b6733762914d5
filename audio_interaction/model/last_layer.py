"""The last layer of the language model, computed only where its states are read.

Teaching a stream reads one state in nine: those that decide, and those that say a word. Layers
below must treat every position, since others attend to it; to the states of the last one nothing
attends. There the other positions need their keys and values, and nothing else.
"""

from collections.abc import Sequence

import torch
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.models.qwen2_5_omni.modeling_qwen2_5_omni import (
    Qwen2_5OmniDecoderLayer,
    apply_rotary_pos_emb,
)


class LastLayer(Qwen2_5OmniDecoderLayer):
    """The decoder layer itself, unless it is told which positions are read."""

    def forward(
        self,
        hidden_states: torch.Tensor,
        *,
        read: torch.Tensor | None = None,
        segments: Sequence[int] | None = None,
        position_embeddings: tuple[torch.Tensor, torch.Tensor] | None = None,
        **options,
    ) -> torch.Tensor:
        """States behind the layer, of all positions or of those in `read`.

        Args:
            hidden_states: float (B, T, hidden); B is 1 with `read`.
            read: int64 (N,), one position or more, in rising order; None for all.
            segments: lengths of the packed sequences, T in sum; None for one sequence.
            position_embeddings: cosines and sines, each (B, T, head).
            options: as for `Qwen2_5OmniDecoderLayer`; without a cache if `read` is given.

        Returns:
            float (B, T, hidden), or (1, N, hidden).
        """
        if read is None:
            return super().forward(
                hidden_states,
                segments=segments,
                position_embeddings=position_embeddings,
                **options,
            )
        normed = self.input_layernorm(hidden_states)
        segments = segments or (hidden_states.shape[1],)
        attended = self._attend(normed, read, segments, position_embeddings)
        states = hidden_states[:, read] + self.self_attn.o_proj(attended)
        return states + self.mlp(self.post_attention_layernorm(states))

    def _attend(
        self,
        normed: torch.Tensor,
        read: torch.Tensor,
        segments: Sequence[int],
        position_embeddings: tuple[torch.Tensor, torch.Tensor],
    ) -> torch.Tensor:
        """Causal attention of the positions in `read` within their segments: (1, N, hidden)."""
        attention = self.self_attn

        def heads(projected: torch.Tensor) -> torch.Tensor:
            return projected.unflatten(-1, (-1, attention.head_dim)).transpose(1, 2)

        def rotated(states: torch.Tensor, *angles: torch.Tensor) -> torch.Tensor:
            return apply_rotary_pos_emb(states, states[:, :0], *angles)[0]

        queries = heads(attention.q_proj(normed[:, read]))
        queries = rotated(queries, *(angles[:, read] for angles in position_embeddings))
        keys = rotated(heads(attention.k_proj(normed)), *position_embeddings)
        values = heads(attention.v_proj(normed))
        lengths = torch.tensor(segments, device=read.device)
        ends = lengths.cumsum(0)
        counts = torch.searchsorted(read, ends).diff(prepend=ends.new_zeros(1)).tolist()
        pieces = zip(
            read.split(counts),
            queries.split(counts, 2),
            keys.split(list(segments), 2),
            values.split(list(segments), 2),
            (ends - lengths).tolist(),
            strict=True,
        )
        outputs = []
        for places, query, key, value, start in pieces:
            if not len(places):
                continue
            seen = torch.arange(key.shape[2], device=read.device) <= places[:, None] - start
            output, _ = sdpa_attention_forward(
                attention, query, key, value, seen[None, None], scaling=attention.scaling
            )
            outputs.append(output)
        return torch.cat(outputs, 1).flatten(2)
