"""FSDP for a frozen base with a small adapter.

What is large does not learn, and what learns is small. So the frozen weights of the decoder layers
are sharded over the processes (PyTorch's `fully_shard`, FSDP2), put together for a layer while it
computes; and what is trained is kept whole everywhere, its gradients averaged by DDP. Optimiser,
checkpoints and adapters are therefore the same files as without sharding: nothing is gathered.
"""

import torch
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard

from audio_interaction.model.network import InteractionThinker
from audio_interaction.training.ranks import rank_and_world


def shard_frozen(thinker: InteractionThinker, device: str) -> set[torch.nn.Parameter]:
    """Shard the frozen weights of the decoder layers over all ranks; returns the sharded ones.

    Embeddings, head, audio tower and projector stay whole.

    Args:
        thinker: the network, adapters in it, before an optimiser or DDP knows it.
        device: kind of the devices, "cuda" or "cpu".
    """
    mesh = init_device_mesh(device, (rank_and_world()[1],))
    language = thinker.model.language_model
    for layer in language.layers:
        trained = {parameter for parameter in layer.parameters() if parameter.requires_grad}
        fully_shard(layer, mesh=mesh, ignored_params=trained)
    # The root of the layers, so that each is fetched while the one before it computes.
    sharded = {p for layer in language.layers for p in layer.parameters() if not p.requires_grad}
    fully_shard(language, mesh=mesh, ignored_params=set(language.parameters()) - sharded)
    return sharded
