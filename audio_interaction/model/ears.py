"""Ears that learn: LoRA on the audio tower, while a base is made, and merged ever after.

Whisper's encoder was trained on 30 s at once. Here it hears 0.4 s alone (paper §5.3), and that can
be learnt. What is learnt is kept as a plain peft adapter beside the base, a tenth the size of the
tower; where the base is loaded it is merged into the tower, which is frozen from there on.
"""

from dataclasses import replace
from pathlib import Path

import peft

from audio_interaction.errors import UserError
from audio_interaction.model.adapter import save_adapter
from audio_interaction.model.interaction import InteractionModel
from audio_interaction.model.kit import EARS, only_ears_frozen

LINEAR = r".*audio_tower\.layers\.\d+\..*(q_proj|k_proj|v_proj|out_proj|fc1|fc2)"
"""Names of the tower's linear layers."""


def with_learning_ears(model: InteractionModel, rank: int) -> InteractionModel:
    """Put fresh LoRA on the tower of a base; it learns, and so does all but the tower itself.

    Args:
        model: a base without any adapter.
        rank: of LoRA; its alpha is twice that.
    """
    config = peft.LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=LINEAR)
    network = peft.get_peft_model(model.network, config)
    only_ears_frozen(network)
    return replace(model, network=network)


def save_ears(model: InteractionModel, folder: Path) -> InteractionModel:
    """Write what the ears of a base have learnt, in float16, to `folder`/ears, and merge it.

    Returns:
        The base without any adapter, its ears frozen.

    Raises:
        UserError: the folder cannot be written to.
    """
    learnt = [p for name, p in model.network.named_parameters() if ".lora_" in name]
    for parameter in learnt:
        parameter.data = parameter.data.half()
    save_adapter(model, folder / EARS)
    for parameter in learnt:  # what is merged is what was written
        parameter.data = parameter.data.float()
    network = model.network.merge_and_unload()
    only_ears_frozen(network)
    return replace(model, network=network)


def refuse_learnt_ears(base: Path) -> None:
    """Ears learn from Whisper's own on, once.

    Raises:
        UserError: those of this base have learnt.
    """
    if (base / EARS).is_dir():
        raise UserError(
            f"{base}: its ears have learnt already; set ears_rank to 0 to go on with them as they "
            "are, or start from the base before"
        )
