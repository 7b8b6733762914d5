"""The interaction adapter: what the streaming stages may change in a frozen base."""

from dataclasses import replace
from pathlib import Path

import peft

from audio_interaction.model.interaction import InteractionModel
from audio_interaction.model.quantise import LINEAR


def add_adapter(
    model: InteractionModel, rank: int, alpha: int, dropout: float = 0.0
) -> InteractionModel:
    """Wrap a base in a fresh adapter: LoRA, the rows of the control tokens, the projector.

    LoRA goes on every linear layer of the language model, and not on the audio tower. With tied
    embeddings the output rows of the control tokens follow their input rows; where they are apart,
    as in Qwen2.5-Omni, both are trained: else the model could learn to read its decisions, but not
    to make them.
    """
    rows = list(model.tokens.ids())
    tied = model.thinker.config.tie_word_embeddings
    config = peft.LoraConfig(
        r=rank,
        lora_alpha=alpha,
        lora_dropout=dropout,
        target_modules=LINEAR.pattern,
        trainable_token_indices={"embed_tokens": rows} | ({} if tied else {"lm_head": rows}),
        modules_to_save=["audio_tower.proj"],
    )
    network = peft.get_peft_model(model.network, config)
    return replace(model, network=network)


def save_adapter(model: InteractionModel, folder: Path) -> None:
    """Write the adapter so that plain `PeftModel.from_pretrained(base, folder)` loads it."""
    model.network.save_pretrained(folder)
    card = folder / "README.md"  # peft writes a template card that says nothing
    card.unlink(missing_ok=True)
