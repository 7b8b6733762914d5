"""A preset chooses the size of the one model class, and names where its weights are."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from audio_interaction.errors import UserError
from audio_interaction.paths import MINI_DATA

if TYPE_CHECKING:
    from transformers import Qwen2_5OmniThinkerConfig


@dataclass(frozen=True)
class Preset:
    """One size of the model. The defaults are the geometry of `tiny`.

    Attributes:
        name: what `load_model` and `--model` call it.
        base: folder, or id on the Hugging Face hub, of the base weights and tokenizer.
        layout: how these are written: "kit" (`interaction.save_base`), "omni" (the hub's
            Qwen2.5-Omni), or "released" (the hub's Audio-Interaction).
        licence: of the weights.
        ears: file of the frozen audio tower where it is apart from the base, else None.
        adapter: folder of the interaction adapter that ships with it, if any.
        vocab: rows of the embedding; None where the tokenizer decides.
        hidden, layers, heads, kv_heads, mlp: geometry of the language model.
        tied: whether the output rows are the embedding's.
        rope_theta, norm_eps: base of the rotary positions; epsilon of the RMS norms.
        n_mels: mel bands of the front-end.
        tower_layers, tower_width, tower_heads, tower_mlp: geometry of the audio tower.
    """

    name: str
    base: Path | str
    layout: str = "kit"
    licence: str = "Apache-2.0"
    ears: Path | None = None
    adapter: Path | None = None
    vocab: int | None = None
    hidden: int = 256
    layers: int = 5
    heads: int = 4
    kv_heads: int = 2
    mlp: int = 768
    tied: bool = True
    rope_theta: float = 1_000_000.0
    norm_eps: float = 1e-6
    n_mels: int = 80
    tower_layers: int = 4
    tower_width: int = 384
    tower_heads: int = 6
    tower_mlp: int = 1536

    def config(self, vocab_size: int, pad: int, frame: int) -> "Qwen2_5OmniThinkerConfig":
        """Configuration of the Qwen2.5-Omni thinker at this size.

        `n_window=20` makes the tower's attention window 40 mel frames: one chunk (paper §5.3).
        The vision tower is left out (`network.InteractionThinker`).

        Args:
            vocab_size: rows of the embedding.
            pad, frame: ids of padding and of the placeholder of an encoder frame.
        """
        from transformers import Qwen2_5OmniThinkerConfig

        head = self.hidden // self.heads
        return Qwen2_5OmniThinkerConfig(
            audio_config=dict(
                num_mel_bins=self.n_mels,
                encoder_layers=self.tower_layers,
                encoder_attention_heads=self.tower_heads,
                encoder_ffn_dim=self.tower_mlp,
                d_model=self.tower_width,
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
                rms_norm_eps=self.norm_eps,
                rope_parameters=dict(
                    rope_type="default",
                    rope_theta=self.rope_theta,
                    mrope_section=[head // 8, head * 3 // 16, head * 3 // 16],
                ),
                pad_token_id=pad,
                tie_word_embeddings=self.tied,
                use_sliding_window=False,
            ),
            audio_token_index=frame,
            pad_token_id=pad,
            tie_word_embeddings=self.tied,
        )


_TINY = MINI_DATA / "models" / "tiny"

# https://huggingface.co/Qwen/Qwen2.5-Omni-3B and -7B (config.json, thinker_config); the tower is
# that of Whisper-large, and neither ties its output rows.
_TOWER = dict(
    n_mels=128, tower_layers=32, tower_width=1280, tower_heads=20, tower_mlp=5120, tied=False
)
_3B = dict(vocab=151_936, hidden=2048, layers=36, heads=16, kv_heads=2, mlp=11_008, **_TOWER)
_7B = dict(vocab=152_064, hidden=3584, layers=28, heads=28, kv_heads=4, mlp=18_944, **_TOWER)

PRESETS = {
    preset.name: preset
    for preset in (
        Preset(
            name="tiny",
            base=_TINY / "base",
            ears=_TINY / "ears.safetensors",
            adapter=_TINY / "adapter",
        ),
        Preset(
            name="omni-3b",
            base="Qwen/Qwen2.5-Omni-3B",
            layout="omni",
            licence="Qwen Research License: research and evaluation only, not commercial use",
            **_3B,
        ),
        Preset(name="omni-7b", base="Qwen/Qwen2.5-Omni-7B", layout="omni", **_7B),
        Preset(
            name="released",
            base="zhifeixie/AudioInteraction",
            layout="released",
            licence="Apache-2.0 by its card; trained from Qwen2.5-Omni-3B, see that licence",
            **_3B,
        ),
    )
}


def folder_preset(folder: Path, layout: str, audio: Mapping, **language) -> Preset:
    """The preset of a local checkpoint of Qwen2.5-Omni's geometry, whose output rows are apart.

    Args:
        folder: of the checkpoint.
        layout: as `Preset.layout`.
        audio: the `audio_config` of its thinker, in the words of the hub.
        language: the fields of `Preset` that describe the language model.

    Raises:
        KeyError: `audio` lacks a setting.
    """
    return Preset(
        name=str(folder),
        base=folder,
        layout=layout,
        licence="that of the folder",
        tied=False,
        n_mels=audio["num_mel_bins"],
        tower_layers=audio["encoder_layers"],
        tower_width=audio["d_model"],
        tower_heads=audio["encoder_attention_heads"],
        tower_mlp=audio["encoder_ffn_dim"],
        **language,
    )


def preset(name: str) -> Preset:
    """Look a preset up.

    Raises:
        UserError: there is no such preset.
    """
    if name not in PRESETS:
        raise UserError(
            f"unknown preset {name!r}; choose one of {', '.join(PRESETS)}, or name a folder"
        )
    return PRESETS[name]
