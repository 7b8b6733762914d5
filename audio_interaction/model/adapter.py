"""The interaction adapter: what the streaming stages may change in a frozen base."""

from collections.abc import Collection
from pathlib import Path
from typing import Literal, get_args

import peft
from safetensors.torch import load_file

from audio_interaction.model.interaction import InteractionModel

LANGUAGE_LINEAR = r"model\.language_model\.layers\.\d+\.(self_attn|mlp)\.\w+_proj"
"""LoRA goes on every linear layer of the language model, and not on the audio tower."""


Part = Literal["tokens", "projector", "lora"]
PARTS: tuple[Part, ...] = get_args(Part)
"""What an adapter is made of; each stage of training moves some of them (`train_only`)."""

_MARKS = {
    "tokens": ".trainable_tokens_delta.",
    "projector": ".proj.modules_to_save.",
    "lora": ".lora_",
}


def add_adapter(
    model: InteractionModel, rank: int, alpha: int, dropout: float = 0.0
) -> InteractionModel:
    """Wrap a base in a fresh adapter: LoRA, the rows of the control tokens, the projector.

    The rows are those of the embedding and of the head. Where the two are tied, one set of rows
    serves both. The head's other rows stay frozen, also in the stage in which the paper trains the
    whole head (Table 11, stage 1): they cannot go into an adapter of a few megabytes that plain
    peft loads, and the words they spell are not new.
    """
    tied = model.thinker.config.get_text_config().tie_word_embeddings
    rows = ("embed_tokens",) if tied else ("embed_tokens", "lm_head")
    config = peft.LoraConfig(
        r=rank,
        lora_alpha=alpha,
        lora_dropout=dropout,
        target_modules=LANGUAGE_LINEAR,
        trainable_token_indices={name: list(model.tokens.ids()) for name in rows},
        modules_to_save=["audio_tower.proj"],
    )
    network = peft.get_peft_model(model.network, config)
    return InteractionModel(network, model.tokenizer, model.tokens, model.threshold)


def train_only(model: InteractionModel, parts: Collection[Part]) -> None:
    """Let these parts of the adapter learn, and nothing else.

    Raises:
        ValueError: a part that the adapter does not have.
    """
    for parameter in model.network.parameters():
        parameter.requires_grad_(False)
    for part in parts:
        found = [p for name, p in model.network.named_parameters() if _MARKS[part] in name]
        if not found:
            raise ValueError(f"the adapter has no {part}")
        for parameter in found:
            parameter.requires_grad_(True)


def save_adapter(model: InteractionModel, folder: Path) -> None:
    """Write the adapter so that plain `PeftModel.from_pretrained(base, folder)` loads it."""
    model.network.save_pretrained(folder)
    card = folder / "README.md"  # peft writes a template card that says nothing
    card.unlink(missing_ok=True)


def restore_adapter(model: InteractionModel, folder: Path) -> None:
    """Give an adapted model the adapter weights that `save_adapter` wrote to `folder`."""
    device = str(model.thinker.device)
    weights = load_file(folder / "adapter_model.safetensors", device=device)
    peft.set_peft_model_state_dict(model.network, weights)
