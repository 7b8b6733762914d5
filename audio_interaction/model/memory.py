"""How much memory a preset takes, computed before anything is loaded.

    listen = weights + cache + overhead
    train  = weights + adapter + activations + overhead

    weights      parameters x bytes of the dtype; with 4 bits the linear layers of the language
                 model take 0.516 bytes a parameter (a half, and a scale of 8 bits for 64 of them)
    cache        2 x layers x key width x positions x bytes
    adapter      16 bytes a trained parameter: fp32 weight, gradient, and two moments of AdamW;
                 and one copy of the embedding, and of untied output rows, that peft makes to put
                 the trained rows of the control tokens in (while listening with an adapter, too)
    activations  with gradient checkpointing: the input of every layer, the inside of one layer
                 (24 widths and 8 MLP widths a position), and float32 logits, their logarithms and
                 gradients at a quarter of the positions (only the supervised ones have logits)
    overhead     1 GiB for the GPU's context and its allocator, 0.5 GiB for Python on a CPU

The parameters are counted exactly. The activations and the overhead are estimates of what is not
known beforehand; tests compare the former with what PyTorch keeps on a CPU.
"""

import os
from dataclasses import dataclass, fields
from pathlib import Path

import torch

from audio_interaction.errors import UserError
from audio_interaction.model.presets import PRESETS, Preset
from audio_interaction.protocol import ControlTokens

GIB = 2**30
POSITIONS = 4096
"""Of the release: some two minutes of silence, or one training sequence."""

RANK = 16
CONTROL_ROWS = len(ControlTokens.released().ids())
FOUR_BIT_BYTES = 0.5 + 1 / 64 + 4 / (64 * 256)
TRAINED_BYTES = 16


@dataclass(frozen=True)
class Parameters:
    """Numbers of parameters: audio tower, linear layers, embedding with output rows, norms."""

    tower: int
    linear: int
    embedding: int
    norms: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.tower + self.linear + self.embedding + self.norms


@dataclass(frozen=True)
class Memory:
    """Bytes by purpose; see the module's formula."""

    weights: float
    cache: float
    adapter: float
    activations: float
    overhead: float

    @property
    def gib(self) -> float:
        """Their sum in GiB (2**30 bytes, as GPUs are sold)."""
        return sum(getattr(self, field.name) for field in fields(self)) / GIB


def parameters(chosen: Preset) -> Parameters:
    """Count the parameters of a preset; `vocab` rows of embedding, none where it is None."""
    width, hidden, key = chosen.tower_width, chosen.hidden, _key_width(chosen)
    block = 4 * width**2 + 3 * width + 2 * width * chosen.tower_mlp + chosen.tower_mlp + width
    tower = (
        3 * width * (chosen.n_mels + width) + 2 * width  # two convolutions
        + chosen.tower_layers * (block + 4 * width)
        + 2 * width  # last norm
        + (width + 1) * hidden  # projector
        + 2 * hidden  # two embeddings that this kit does not use
    )  # fmt: skip
    linear = 2 * hidden**2 + 2 * hidden * key + 3 * hidden * chosen.mlp
    return Parameters(
        tower=tower,
        linear=chosen.layers * linear,
        embedding=(chosen.vocab or 0) * hidden * (1 if chosen.tied else 2),
        norms=chosen.layers * (hidden + 2 * key + 2 * hidden) + hidden,  # and biases
    )


def estimate(
    chosen: Preset,
    *,
    width: int = 2,
    four_bit: bool = False,
    train: bool = False,
    adapted: bool = False,
    positions: int = POSITIONS,
    rank: int = RANK,
    on_gpu: bool = True,
) -> Memory:
    """Memory to listen with a preset, or to train an adapter for it, in bytes.

    Args:
        chosen: geometry.
        width: bytes of a number: 2 for bfloat16, 4 for float32.
        four_bit: whether the linear layers are in 4 bits.
        train: for LoRA with gradient checkpointing, else to listen.
        adapted: whether an adapter is loaded to listen.
        positions: of the cache, or of one packed training row.
        rank: of the LoRA matrices.
        on_gpu: whether the overhead is a GPU's.
    """
    count = parameters(chosen)
    hidden, key = chosen.hidden, _key_width(chosen)
    linear = FOUR_BIT_BYTES if four_bit else width
    weights = count.linear * linear + (count.total - count.linear) * width
    cache = 0 if train else 2 * chosen.layers * key * positions * width
    lora = chosen.layers * rank * (9 * hidden + 2 * key + 3 * chosen.mlp)
    rows = CONTROL_ROWS * hidden * (1 if chosen.tied else 2)
    trained = lora + rows + (chosen.tower_width + 1) * hidden
    adapter = activations = 0.0
    if train or adapted:
        adapter = trained * (TRAINED_BYTES if train else 4) + count.embedding * width
    if train:
        layer = 24 * hidden + 8 * chosen.mlp
        logits = positions / 4 * (chosen.vocab or 0) * 12
        activations = (chosen.layers * hidden + layer) * positions * width + logits
    return Memory(weights, cache, adapter, activations, GIB if on_gpu else GIB / 2)


def _key_width(chosen: Preset) -> int:
    return chosen.hidden // chosen.heads * chosen.kv_heads


def memory_table() -> str:
    """Markdown: GiB of every large preset, to listen and to train, by form of the weights."""
    lines = [
        "| preset | listen: bfloat16 | listen: 4 bits | train: bfloat16 | train: 4 bits "
        "| listen: float32 on a CPU |",
        "|---|---|---|---|---|---|",
    ]
    for chosen in PRESETS.values():
        if chosen.layout == "kit":
            continue
        adapted = chosen.layout == "omni"  # without an adapter it does not know of streams
        cells = [
            estimate(chosen, four_bit=four_bit, train=train, adapted=adapted)
            for train in (False, True)
            for four_bit in (False, True)
        ]
        cells.append(estimate(chosen, width=4, adapted=adapted, on_gpu=False))
        lines.append(f"| `{chosen.name}` | {' | '.join(f'{cell.gib:.1f}' for cell in cells)} |")
    return "\n".join(lines)


def free_memory(device: torch.device) -> float:
    """Bytes that can be had on a device: of the GPU, or of this machine."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    meminfo = Path("/proc/meminfo")
    if meminfo.is_file():
        for line in meminfo.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def require_memory(
    chosen: Preset, device: torch.device, width: int, four_bit: bool, train: bool, adapted: bool
) -> None:
    """Refuse to load what cannot fit.

    Raises:
        UserError: with what is needed, what there is, and what would fit instead.
    """
    on_gpu = device.type == "cuda"
    options = dict(train=train, adapted=adapted, on_gpu=on_gpu)
    needed = estimate(chosen, width=width, four_bit=four_bit, **options).gib
    free = free_memory(device) / GIB
    if needed <= free:
        return
    verb = "train" if train else "listen"
    form = "4 bits" if four_bit else "bfloat16" if width == 2 else "float32"
    instead = " or ".join(_alternatives(chosen, free, width, four_bit, options))
    raise UserError(
        f"{chosen.name}: to {verb} needs {needed:.1f} GiB in {form}, you have {free:.1f} GiB free "
        f"on {device.type}: use {instead}"
    )


def _alternatives(
    chosen: Preset, free: float, width: int, four_bit: bool, options: dict
) -> list[str]:
    """Options of the command line that fit, largest first, each with what it needs."""
    found = []
    if width == 4 and (half := estimate(chosen, **options).gib) <= free:
        found.append(f"--dtype bfloat16 ({half:.1f} GiB)")
    if options["on_gpu"]:
        forms = [(chosen, True)] if not four_bit else []
        if parameters(PRESETS["omni-3b"]).total < parameters(chosen).total:
            forms += [(PRESETS["omni-3b"], False), (PRESETS["omni-3b"], True)]
        for other, small in forms:
            needed = estimate(other, four_bit=small, **options).gib
            if needed <= free:
                model = [] if other is chosen else [f"--model {other.name}"]
                option = " ".join(model + ["--four-bit"] * small)
                found.append(f"{option} ({needed:.1f} GiB)")
    return [*found, "--model tiny (any machine)"]
