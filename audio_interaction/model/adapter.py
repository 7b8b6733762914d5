"""The interaction adapter: what the streaming stages may change in a frozen base."""

import os
import shutil
import tempfile
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Literal, get_args

import peft
from peft.utils import CONFIG_NAME, SAFETENSORS_WEIGHTS_NAME
from safetensors.torch import load_file

from audio_interaction.files import writing
from audio_interaction.model.interaction import InteractionModel
from audio_interaction.model.quantise import LINEAR

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

    LoRA goes on every linear layer of the language model, and not on the audio tower. The rows are
    those of the embedding and of the head: where the two are tied, one set of rows serves both;
    where they are apart, as in Qwen2.5-Omni, the model could else learn to read its decisions, but
    not to make them. The head's other rows stay frozen, also in the stage in which the paper trains
    the whole head (Table 11, stage 1): they cannot go into an adapter of a few megabytes that plain
    peft loads, and the words they spell are not new.
    """
    tied = model.thinker.config.tie_word_embeddings
    rows = ("embed_tokens",) if tied else ("embed_tokens", "lm_head")
    config = peft.LoraConfig(
        r=rank,
        lora_alpha=alpha,
        lora_dropout=dropout,
        target_modules=LINEAR.pattern,
        trainable_token_indices={name: list(model.tokens.ids()) for name in rows},
        modules_to_save=["audio_tower.proj"],
    )
    network = peft.get_peft_model(model.network, config)
    return replace(model, network=network)


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
    """Write the adapter so that plain `PeftModel.from_pretrained(base, folder)` loads it.

    It is written beside and moved there when it is whole: after a kill or on a full disk the
    folder holds the last adapter, or none, but never half of one. Other files in it stay.

    Raises:
        UserError: the folder cannot be written to.
    """
    with writing(folder, "the last adapter there, if any, is untouched; make room and go on"):
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(".adapter-*"):  # by a killed run
            shutil.rmtree(left)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".adapter-") as beside:
            model.network.save_pretrained(beside)
            fresh, old = Path(beside, CONFIG_NAME), folder / CONFIG_NAME
            if old.is_file() and old.read_bytes() != fresh.read_bytes():
                old.unlink()  # weights never stand beside the settings of others
            for name in (SAFETENSORS_WEIGHTS_NAME, CONFIG_NAME):
                os.replace(Path(beside, name), folder / name)


def restore_adapter(model: InteractionModel, folder: Path) -> None:
    """Give an adapted model the adapter weights that `save_adapter` wrote to `folder`."""
    device = str(model.thinker.device)
    weights = load_file(folder / SAFETENSORS_WEIGHTS_NAME, device=device)
    peft.set_peft_model_state_dict(model.network, weights)
