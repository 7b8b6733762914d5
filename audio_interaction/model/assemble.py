"""A network filled with the tensors of a checkpoint as they come, without a second copy.

The network is laid out on the meta device, which holds shapes alone; each tensor is then converted,
moved and put into its place, so the most memory ever in use is the network and one tensor.
"""

from collections.abc import Iterable
from pathlib import Path

import torch

from audio_interaction.errors import UserError
from audio_interaction.model.network import InteractionThinker
from audio_interaction.model.presets import Preset
from audio_interaction.model.quantise import four_bit_linears, four_bit_weight
from audio_interaction.protocol import ControlTokens


def skeleton(chosen: Preset, tokens: ControlTokens) -> InteractionThinker:
    """The network of a preset on the meta device: names, shapes, and no memory."""
    with torch.device("meta"):
        return InteractionThinker(chosen.config(chosen.vocab, tokens.pad, tokens.frame))


def assemble(
    chosen: Preset,
    tokens: ControlTokens,
    tensors: Iterable[tuple[str, torch.Tensor]],
    source: Path | str,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
    four_bit: bool = False,
) -> InteractionThinker:
    """Build the network of a preset from pairs of name and tensor.

    Args:
        chosen: geometry.
        tokens: control tokens, for the ids of padding and placeholder.
        tensors: every tensor of `InteractionThinker.state_dict`, once, in any order.
        source: where they come from, for messages.
        device, dtype: of the weights.
        four_bit: keep the linear layers of the language model in 4 bits (NF4; see `quantise`).

    Returns:
        The network; of its tower only the projector may learn.

    Raises:
        UserError: a tensor is missing, unknown, or of another shape than the preset's.
    """
    network = skeleton(chosen, tokens)
    if four_bit:
        four_bit_linears(network, dtype)
    wanted = {name: parameter.shape for name, parameter in network.named_parameters()}
    for name, tensor in tensors:
        shape = wanted.pop(name, None)
        if shape is None:
            raise UserError(f"{source}: unknown or repeated tensor {name}")
        if tensor.shape != shape:
            raise UserError(
                f"{source}: {name} is {tuple(tensor.shape)}, but {chosen.name} has {tuple(shape)}"
            )
        owner, _, leaf = name.rpartition(".")
        module = network.get_submodule(owner)
        learns = "audio_tower" not in name or "audio_tower.proj." in name
        if four_bit and getattr(module, "quantised", False) and leaf == "weight":
            module.weight = four_bit_weight(tensor, dtype, device)
        else:
            parameter = torch.nn.Parameter(tensor.to(device, dtype), requires_grad=learns)
            setattr(module, leaf, parameter)
    if chosen.tied and wanted.pop("lm_head.weight", None):
        network.lm_head.weight = network.model.language_model.embed_tokens.weight
    if wanted:
        some = ", ".join(sorted(wanted)[:3])
        raise UserError(f"{source}: {len(wanted)} tensors are missing: {some}")
    _constants(network, device)
    return network.eval()


def _constants(network: InteractionThinker, device: torch.device | str) -> None:
    """Compute anew what no checkpoint holds: tower positions and rotary frequencies, in float32."""
    tower, language = network.model.audio_tower, network.model.language_model
    positions = tower.positional_embedding
    tower.positional_embedding = type(positions)(tower.max_source_positions, tower.config.d_model)
    tower.positional_embedding.to(device)
    language.rotary_emb = type(language.rotary_emb)(language.config).to(device)
