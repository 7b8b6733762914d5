"""The paper's base class without its eyes."""

from collections.abc import Sequence

import torch
from transformers import Qwen2_5OmniThinkerConfig, Qwen2_5OmniThinkerForConditionalGeneration

from audio_interaction.model.last_layer import LastLayer
from audio_interaction.model.packing import PACKED, packed_positions
from audio_interaction.model.tower import encode_chunks


class InteractionThinker(Qwen2_5OmniThinkerForConditionalGeneration):
    """`Qwen2_5OmniThinkerForConditionalGeneration` with audio tower and language model only.

    The class builds its vision tower unasked; a tower of depth 0 costs nothing and is dropped at
    once, so checkpoints hold no vision tensors and none are loaded.

    Attributes:
        float16_positions: count positions in float16, as the released code does: from 2,048 on
            pairs of neighbours share one, from 4,096 on fours.
    """

    _keys_to_ignore_on_load_unexpected = [r"visual\."]
    float16_positions = False

    def __init__(self, config: Qwen2_5OmniThinkerConfig) -> None:
        config.vision_config.depth = 0
        config.vision_config.hidden_size = config.vision_config.num_heads * 4
        super().__init__(config)
        del self.model.visual
        self.model.language_model.set_attn_implementation(PACKED)
        # By its class alone: its weights are made already, and keep their names.
        self.model.language_model.layers[-1].__class__ = LastLayer

    def embed(
        self, input_ids: torch.Tensor, is_frame: torch.Tensor, frames: torch.Tensor
    ) -> torch.Tensor:
        """Token embeddings with encoder frames in the places of the placeholders.

        Args:
            input_ids: int64 (B, T).
            is_frame: bool (B, T), True at N places in all.
            frames: float (N, d_model), in the order of the places; any dtype, any device. Or the
                log-mel they are made of, (N / 10, n_mels, 40), for a tower that learns.

        Returns:
            float (B, T, hidden).
        """
        embeddings = self.model.language_model.embed_tokens(input_ids)
        if frames.shape[0] == 0:
            return embeddings
        tower = self.model.audio_tower
        if frames.ndim == 3:
            frames = encode_chunks(tower, frames.to(tower.conv1.weight)).flatten(0, 1)
        projector = tower.proj
        projected = projector(frames.to(projector.weight)).to(embeddings.dtype)
        return embeddings.masked_scatter(is_frame[..., None], projected)

    def decode_embeddings(
        self,
        embeddings: torch.Tensor,
        cache=None,
        segments: Sequence[int] | None = None,
        read: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Run the language model: float (B, T, hidden) -> hidden states (B, T, hidden).

        Positions are one-dimensional, as in the released model. They continue those of `cache` (a
        transformers `Cache`), or start anew in each of the packed `segments` (lengths, B is 1).
        Where only some states are read, in rising order of their places (int64 (N,), B is 1, no
        cache), the result is theirs alone, (1, N, hidden), and costs less (`last_layer`).
        """
        positions = segments and packed_positions(segments, embeddings.device)
        if self.float16_positions:
            if positions is None:
                past = 0 if cache is None else cache.get_seq_length()
                positions = torch.arange(past, past + embeddings.shape[1])[None]
            positions = positions.half().long().to(embeddings.device)
        # By place: transformers 5.24 calls `cache` what was `past_key_values` before.
        return self.model.language_model(
            None,
            None,
            positions,
            cache,
            embeddings,
            use_cache=cache is not None,
            segments=segments,
            read=read,
        ).last_hidden_state

    def decode_layers(
        self, embeddings: torch.Tensor, segments: Sequence[int] | None = None
    ) -> tuple[torch.Tensor, ...]:
        """The same with the states before and behind every layer: layers + 1 of (B, T, hidden).

        The last are those of `decode_embeddings`.
        """
        # Not by `output_hidden_states`: transformers tells layers by their class, and FSDP
        # changes it.
        states = [embeddings]
        hooks = [
            layer.register_forward_hook(lambda *made: states.append(made[-1]))
            for layer in self.model.language_model.layers[:-1]
        ]
        try:
            top = self.decode_embeddings(embeddings, segments=segments)
        finally:
            for hook in hooks:
                hook.remove()
        return (*states, top)
