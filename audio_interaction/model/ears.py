"""Ears that learn: LoRA on the audio tower, while a base is made, and merged ever after.

Whisper's encoder was trained on 30 s at once. Here it hears 0.4 s alone (paper §5.3), and that can
be learnt. What is learnt is kept as a plain peft adapter beside the base, a tenth the size of the
tower; where the base is loaded it is merged into the tower, which is frozen from there on. A base
that starts from such a one may let the same LoRA go on.
"""

from dataclasses import replace
from pathlib import Path

import peft

from audio_interaction.errors import UserError
from audio_interaction.model.adapter import save_adapter
from audio_interaction.model.interaction import InteractionModel
from audio_interaction.model.kit import EARS, only_ears_frozen, put_ears

LINEAR = r".*audio_tower\.layers\.\d+\..*(q_proj|k_proj|v_proj|out_proj|fc1|fc2)"
"""Names of the tower's linear layers."""


def with_learning_ears(
    model: InteractionModel, rank: int, learnt: Path | None = None, source: Path | None = None
) -> InteractionModel:
    """Put LoRA on the tower of a base; it learns, and so does all but the tower itself.

    Args:
        model: a base without any adapter.
        rank: of LoRA; its alpha is twice that.
        learnt: folder of what the ears have learnt before, to go on with; it is merged into the
            tower of `model`. None, or no such folder, for fresh LoRA.
        source: the ears as they were before they learnt anything, for a tower that holds more.

    Raises:
        UserError: LoRA of another rank is to go on.
    """
    if learnt is None or not learnt.is_dir():
        config = peft.LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=LINEAR)
        network = peft.get_peft_model(model.network, config)
    else:
        before = peft.PeftConfig.from_pretrained(str(learnt)).r
        if before != rank:
            raise UserError(f"{learnt}: learnt with rank {before}; set ears_rank to {before}")
        put_ears(model.network, source)  # or what was learnt would count twice
        network = peft.PeftModel.from_pretrained(model.network, str(learnt), is_trainable=True)
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
