"""The interaction adapter: what the streaming stages may change in a frozen base."""

import os
import shutil
import tempfile
from pathlib import Path

import peft
import torch
from peft.utils import CONFIG_NAME, SAFETENSORS_WEIGHTS_NAME

from audio_interaction.files import writing
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


def save_adapter(
    model: InteractionModel, folder: Path, state: dict[str, torch.Tensor] | None = None
) -> None:
    """Write the adapter so that plain `PeftModel.from_pretrained(base, folder)` loads it.

    It is written beside and moved there when it is whole: after a kill or on a full disk the
    folder holds the last adapter, or none, but never half of one.

    Args:
        model: with an adapter.
        folder: made if missing; other files in it stay.
        state: weights by name, where those of the model are sharded over processes.

    Raises:
        UserError: the folder cannot be written to.
    """
    with writing(folder, "the last adapter there, if any, is untouched; make room and go on"):
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(".adapter-*"):  # by a killed run
            shutil.rmtree(left)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".adapter-") as beside:
            model.network.save_pretrained(beside, state_dict=state)
            fresh, old = Path(beside, CONFIG_NAME), folder / CONFIG_NAME
            if old.is_file() and old.read_bytes() != fresh.read_bytes():
                old.unlink()  # weights never stand beside the settings of others
            for name in (SAFETENSORS_WEIGHTS_NAME, CONFIG_NAME):
                os.replace(Path(beside, name), folder / name)
