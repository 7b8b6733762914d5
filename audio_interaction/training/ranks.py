"""One batch on many processes: each takes its share, and together they are one process.

Every process ("rank") plans the same batches from the same seed and takes some sequences of each.
A mean over the sequences of a batch is then the sum over all ranks by the count over all ranks, so
a recipe gives the same curve on any number of devices, up to the rounding of sums in another order.
"""

from collections.abc import Sequence

import torch
import torch.distributed as dist


def rank_and_world() -> tuple[int, int]:
    """Number of this process and how many there are; (0, 1) without `torch.distributed`."""
    if dist.is_available() and dist.is_initialized():
        return dist.get_rank(), dist.get_world_size()
    return 0, 1


def share(batch: Sequence[int], lengths: Sequence[int], rank: int, world: int) -> list[int]:
    """The part of a batch that one of `world` ranks computes, balanced by length.

    Args:
        batch: indices of sequences.
        lengths: positions of every sequence of the data set.
        rank, world: as `rank_and_world`.

    Returns:
        Indices in the order of `batch`. A rank that would have nothing to do gets the complement
        `~index` of one, which stands for that sequence without its labels: it must take part in
        every exchange, but is not to count.
    """
    if world == 1:
        return list(batch)
    filled, taken = [0] * world, [[] for _ in range(world)]
    for place in sorted(range(len(batch)), key=lambda place: -lengths[batch[place]]):
        least = min(range(world), key=filled.__getitem__)
        filled[least] += lengths[batch[place]]
        taken[least].append(place)
    return [batch[place] for place in sorted(taken[rank])] or [~batch[0]]


def sum_over_ranks(values: torch.Tensor) -> torch.Tensor:
    """Elementwise sum over all ranks, without a gradient."""
    values = values.detach().clone()
    if rank_and_world()[1] > 1:
        dist.all_reduce(values)
    return values


def mean_over_ranks(total: torch.Tensor, count: torch.Tensor | int) -> torch.Tensor:
    """`total / count` of the whole batch, as this rank's summand of a mean over the ranks.

    DDP and FSDP average gradients over the ranks: the average of what this returns is the sum of
    all totals by the sum of all counts. Must be called on every rank, also where `count` is 0.

    Args:
        total: scalar, the sum over this rank's items.
        count: their number, or the sum of their weights.
    """
    count = sum_over_ranks(torch.as_tensor(count, dtype=total.dtype, device=total.device))
    return rank_and_world()[1] * total / count.clamp(min=torch.finfo(count.dtype).tiny)
