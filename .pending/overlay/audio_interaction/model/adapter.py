"""The interaction adapter: what the streaming stages may change in a frozen base."""

from pathlib import Path

import peft

from audio_interaction.model.interaction import InteractionModel

LANGUAGE_LINEAR = r"model\.language_model\.layers\.\d+\.(self_attn|mlp)\.\w+_proj"
"""LoRA goes on every linear layer of the language model, and not on the audio tower."""


def add_adapter(
    model: InteractionModel, rank: int, alpha: int, dropout: float = 0.0
) -> InteractionModel:
    """Wrap a base in a fresh adapter: LoRA, the rows of the control tokens, the projector.

    With tied embeddings the output rows of the control tokens follow their input rows.
    """
    config = peft.LoraConfig(
        r=rank,
        lora_alpha=alpha,
        lora_dropout=dropout,
        target_modules=LANGUAGE_LINEAR,
        trainable_token_indices={"embed_tokens": list(model.tokens.ids())},
        modules_to_save=["audio_tower.proj"],
    )
    network = peft.get_peft_model(model.network, config)
    return InteractionModel(network, model.tokenizer, model.tokens, model.threshold)


def save_adapter(model: InteractionModel, folder: Path) -> None:
    """Write the adapter so that plain `PeftModel.from_pretrained(base, folder)` loads it."""
    model.network.save_pretrained(folder)
    card = folder / "README.md"  # peft writes a template card that says nothing
    card.unlink(missing_ok=True)
