"""Numbers of sixteen bits where the machine multiplies them, and of thirty-two elsewhere."""

import torch


def best_precision(accelerator: str = "auto") -> str:
    """Lightning's precision for this machine: bf16 where it is multiplied in hardware, else fp32.

    That is on most GPUs, and on CPUs with AVX-512 BF16 or AMX; others emulate it, far slower.
    """
    if accelerator != "cpu" and torch.cuda.is_available():
        return "bf16-mixed" if torch.cuda.is_bf16_supported() else "32-true"
    able = getattr(torch.cpu, "get_capabilities", dict)()
    return "bf16-mixed" if able.get("avx512_bf16") or able.get("amx_bf16") else "32-true"


def frames_dtype(device: torch.device) -> torch.dtype:
    """What frames are computed in before they are kept in float16: bfloat16 or float32."""
    kind = best_precision("cpu" if device.type == "cpu" else "auto")
    return torch.bfloat16 if kind == "bf16-mixed" else torch.float32
