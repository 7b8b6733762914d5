"""Checkpoints in shards: from a folder or the Hugging Face hub, only what is asked for.

A large checkpoint is several safetensors files and an index that tells which tensor is in which.
Only the shards that hold a wanted tensor are fetched and opened, and of these only the wanted
tensors are read: of Qwen2.5-Omni neither the eyes nor the voice ever reach this machine's memory.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open

from audio_interaction.errors import UserError

INDEX_FILE, SINGLE_FILE = "model.safetensors.index.json", "model.safetensors"


def fetch(source: Path | str, name: str) -> Path:
    """The file `name` of a checkpoint; one of the hub is downloaded once and then kept.

    Args:
        source: a folder, or a hub id such as `Qwen/Qwen2.5-Omni-3B`.
        name: path of the file inside it.

    Raises:
        UserError: the folder lacks it, or it is neither in the local cache nor can be fetched.
    """
    if Path(source).is_dir():
        path = Path(source) / name
        if not path.is_file():
            raise UserError(f"{path}: no such file; the checkpoint is incomplete, download it anew")
        return path
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError

    try:
        return Path(hf_hub_download(str(source), name))
    except (OSError, EntryNotFoundError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise UserError(
            f"{source}: cannot get {name} from the Hugging Face hub ({reason}); connect to the "
            "network and unset HF_HUB_OFFLINE, or download it elsewhere and name the folder"
        ) from error


def read_json(source: Path | str, name: str) -> dict:
    """A JSON file of a checkpoint.

    Raises:
        UserError: it is missing or no JSON.
    """
    path = fetch(source, name)
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{path}: not valid JSON ({error}); download it anew") from error


def shards(source: Path | str, wanted: Callable[[str], bool]) -> dict[str, list[str]]:
    """The files that hold wanted tensors, and the names of these, in the order of the files.

    A checkpoint without an index is one file, `model.safetensors`.
    """
    if Path(source).is_dir() and not (Path(source) / INDEX_FILE).is_file():
        with _opened(fetch(source, SINGLE_FILE)) as file:
            return {SINGLE_FILE: sorted(filter(wanted, file.keys()))}
    held: dict[str, list[str]] = {}
    for name, shard in read_json(source, INDEX_FILE)["weight_map"].items():
        if wanted(name):
            held.setdefault(shard, []).append(name)
    return {shard: sorted(held[shard]) for shard in sorted(held)}


def read_tensors(
    source: Path | str, wanted: Callable[[str], bool]
) -> Iterator[tuple[str, torch.Tensor]]:
    """Pairs of name and tensor (on the CPU, in the stored dtype), one shard after the other.

    Raises:
        UserError: a shard is missing, truncated, or lacks what the index promises.
    """
    for shard, names in shards(source, wanted).items():
        path = fetch(source, shard)
        with _opened(path) as file:
            for name in names:
                try:
                    tensor = file.get_tensor(name)
                except SafetensorError as error:
                    raise UserError(f"{path}: lacks {name} ({error}); download it anew") from error
                yield name, tensor


def _opened(path: Path):
    try:
        return safe_open(path, framework="pt")
    except SafetensorError as error:
        raise UserError(f"{path}: truncated or damaged ({error}); download it anew") from error
