"""Many sequences in one row, without attention between them.

Padding a batch to its longest sequence wastes the positions that it fills up. Packed, sequences
follow each other in a single row; every layer but attention treats positions alone, and attention
goes through the sequences one by one.
"""

from collections.abc import Sequence

import torch
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

PACKED = "packed"
"""Name of the attention under transformers' `attn_implementation`."""


def packed_attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    segments: Sequence[int] | None = None,
    **options,
) -> tuple[torch.Tensor, None]:
    """Scaled dot-product attention, causal within each of the `segments`.

    Args:
        module: the attention layer.
        query, key, value: (1, heads, T, head) of sequences that follow each other.
        attention_mask: only without segments, for the steps of a KV cache.
        segments: lengths in positions, T in sum; None for one ordinary sequence.
        options: as for transformers' `sdpa_attention_forward`.

    Returns:
        (1, T, heads, head), and None for the weights.
    """
    if segments is None:
        return sdpa_attention_forward(module, query, key, value, attention_mask, **options)
    pieces = zip(*(tensor.split(list(segments), 2) for tensor in (query, key, value)), strict=True)
    outputs = [
        sdpa_attention_forward(module, *piece, None, is_causal=True, **options)[0]
        for piece in pieces
    ]
    return torch.cat(outputs, 1), None


def packed_positions(segments: Sequence[int], device: torch.device) -> torch.Tensor:
    """Positions that start from 0 in every segment: int64 (1, T)."""
    return torch.cat([torch.arange(length, device=device) for length in segments])[None]


AttentionInterface.register(PACKED, packed_attention)
AttentionMaskInterface.register(PACKED, sdpa_mask)
