"""FSDP for a frozen base with a small adapter: only what is trained is gathered for a checkpoint."""

import torch
from lightning.pytorch.strategies import FSDPStrategy
from torch.distributed.fsdp import FullyShardedDataParallel as FSDP
from transformers.models.qwen2_5_omni.modeling_qwen2_5_omni import Qwen2_5OmniDecoderLayer

from audio_interaction.training.ranks import rank_and_world


def gather_trained(module: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Whole trained tensors of a module whose parameters may be sharded, by their plain names.

    One unit is put together at a time, so memory never holds the whole base. To be called on every
    rank; the tensors are on the CPU and complete on rank 0, elsewhere the dict is empty.
    """
    main = rank_and_world()[0] == 0
    gathered = {}
    for prefix, unit in list(module.named_modules(remove_duplicate=True)):
        if not isinstance(unit, FSDP):
            continue
        with FSDP.summon_full_params(
            unit, recurse=False, writeback=False, rank0_only=True, offload_to_cpu=True
        ):
            inner = [name for name, other in unit.named_modules() if other is not unit]
            inner = [name for name in inner if isinstance(unit.get_submodule(name), FSDP)]
            for name, parameter in unit.named_parameters():
                nested = any(name.startswith(f"{path}.") for path in inner)
                if main and parameter.requires_grad and not nested:
                    full = f"{prefix}.{name}".replace("_fsdp_wrapped_module.", "").lstrip(".")
                    gathered[full] = parameter.detach().cpu().clone()
    return gathered


class ShardedAdapter(FSDPStrategy):
    """`FSDPStrategy` that shards by decoder layers and saves the trained parameters only."""

    def __init__(self, **options) -> None:
        super().__init__(auto_wrap_policy={Qwen2_5OmniDecoderLayer}, **options)

    def lightning_module_state_dict(self) -> dict[str, torch.Tensor]:
        return gather_trained(self.model)
