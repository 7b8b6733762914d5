"""Histories of the model's own: what an adapter says of training streams when it hears them freely.

Slips are drawn; these mistakes are the model's. Its histories are labelled by the `expert` and
learnt beside the drawn ones: DAgger (https://arxiv.org/abs/1011.0686), one round for each recipe
that starts from an adapter.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from tqdm.auto import tqdm

from audio_interaction.corpus.labels import Said
from audio_interaction.files import write_json
from audio_interaction.model.interaction import InteractionModel
from audio_interaction.training.behaviour import free_running
from audio_interaction.training.data import EncodedStream
from audio_interaction.training.frames import weights_digest

UNUSED = "audio_bos_eos_token"
"""Weights of the class that nothing reads; a tiny model has them drawn anew when it is loaded."""


def own_histories(
    model: InteractionModel, streams: Sequence[EncodedStream], cache: Path
) -> list[Said]:
    """What the model says of each stream at its threshold; kept in `cache`."""
    weights = weights_digest(model.network, lambda name: UNUSED not in name)
    digest = hashlib.sha256(f"{model.threshold} {weights}".encode())
    for encoded in streams:
        digest.update(json.dumps(encoded.stream.timeline()).encode())
    path = cache / f"histories-{digest.hexdigest()[:24]}.json"
    if not path.is_file():
        heard = [
            free_running(model, [encoded], model.threshold)[0].said
            for encoded in tqdm(streams, desc="hear streams freely", unit="stream")
        ]
        write_json(path, [list(said.items()) for said in heard])
    return [
        {chunk: (text, emotion) for chunk, (text, emotion) in said}
        for said in json.loads(path.read_text())
    ]
