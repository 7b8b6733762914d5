"""A preset chooses the size of the one model class."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from audio_interaction.errors import UserError
from audio_interaction.paths import MINI_DATA

if TYPE_CHECKING:
    from transformers import Qwen2_5OmniThinkerConfig


@dataclass(frozen=True)
class Preset:
    """One size of the model.

    Attributes:
        base: folder of the base weights and tokenizer.
        ears: file of the frozen audio tower, shared by base and adapters.
        adapter: folder of the adapter that ships with it.
        n_mels: mel bands of the front-end.
        hidden, layers, heads, kv_heads, mlp: geometry of the language model.
    """

    name: str
    base: Path
    ears: Path
    adapter: Path
    n_mels: int = 80
    hidden: int = 256
    layers: int = 5
    heads: int = 4
    kv_heads: int = 2
    mlp: int = 768

    def config(self, vocab_size: int, pad: int, frame: int) -> "Qwen2_5OmniThinkerConfig":
        """Configuration of the Qwen2.5-Omni thinker at this size.

        `n_window=20` makes the tower's attention window 40 mel frames: one chunk (paper §5.3).
        The vision tower is left out (`network.InteractionThinker`).
        """
        from transformers import Qwen2_5OmniThinkerConfig

        head = self.hidden // self.heads
        return Qwen2_5OmniThinkerConfig(
            audio_config=dict(
                num_mel_bins=self.n_mels,
                encoder_layers=4,
                encoder_attention_heads=6,
                encoder_ffn_dim=1536,
                d_model=384,
                n_window=20,
                max_source_positions=1500,
                output_dim=self.hidden,
            ),
            text_config=dict(
                vocab_size=vocab_size,
                hidden_size=self.hidden,
                intermediate_size=self.mlp,
                num_hidden_layers=self.layers,
                num_attention_heads=self.heads,
                num_key_value_heads=self.kv_heads,
                max_position_embeddings=32768,
                rope_parameters=dict(
                    rope_type="default",
                    rope_theta=1_000_000.0,
                    mrope_section=[head // 8, head * 3 // 16, head * 3 // 16],
                ),
                pad_token_id=pad,
                tie_word_embeddings=True,
                use_sliding_window=False,
            ),
            audio_token_index=frame,
            pad_token_id=pad,
            tie_word_embeddings=True,
        )


_TINY = MINI_DATA / "models" / "tiny"

PRESETS = {
    "tiny": Preset(
        name="tiny",
        base=_TINY / "base",
        ears=_TINY / "ears.safetensors",
        adapter=_TINY / "adapter",
    )
}


def preset(name: str) -> Preset:
    """Look a preset up.

    Raises:
        UserError: there is no such preset.
    """
    if name not in PRESETS:
        raise UserError(f"unknown preset {name!r}; choose one of {', '.join(PRESETS)}")
    return PRESETS[name]
