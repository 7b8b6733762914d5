"""How fast is training? Audio-seconds per second, against the plain loop, in one run.

    python benchmarks/train_throughput.py
    python benchmarks/train_throughput.py --threads 2 --streams 96 --steps 40

Both loops take the same optimiser steps on the same batches of streams with the same weights of
the same model, in turn, the order swapped from one batch to the next:

- the kit's: frames from the cache, streams packed into one row, attention within each stream, words
  and decisions read off at the positions that have labels;
- the plain one: log-mel and tower in every step, streams padded to the longest of the batch,
  ordinary masked attention (sdpa), logits of every position.

Seconds are those of the clock; beside them stands the ratio in CPU time, which other work on the
machine hardly changes. Encoding for the cache is paid once and not counted; what it took is
printed, with the number of epochs after which the kit's loop has earned it. Losses of the two are
compared on every batch.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch.nn.utils.rnn import pad_sequence

from audio_interaction.audio.features import log_mel
from audio_interaction.corpus.build import compose_streams
from audio_interaction.corpus.sources import load_sources
from audio_interaction.model.adapter import add_adapter
from audio_interaction.model.interaction import InteractionModel, load_model
from audio_interaction.model.tower import encode_chunks
from audio_interaction.protocol import FRAMES_PER_CHUNK, IGNORED, SAMPLE_RATE
from audio_interaction.training.batches import Example, MixedBatches, collate
from audio_interaction.training.data import EncodedStream, encoded_streams, stream_examples
from audio_interaction.training.objective import interaction_loss


class Loop:
    """A model with an adapter and its optimiser; subclasses say how a batch becomes a loss."""

    def __init__(self, model: InteractionModel, precision: str) -> None:
        self.model = model
        self.autocast = torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16")
        self.trained = [p for p in model.network.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(self.trained, lr=1e-4, weight_decay=0.01)
        model.network.train()

    def step(self, batch: list[int]) -> tuple[float, float, float]:
        """One optimiser step: seconds it took, those of the CPU, and the loss."""
        start, cpu = time.perf_counter(), time.process_time()
        with self.autocast:
            loss = self.loss(batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.trained, 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        value = loss.item()
        return time.perf_counter() - start, time.process_time() - cpu, value


class Kit(Loop):
    def __init__(self, model, precision, examples: list[Example]) -> None:
        super().__init__(model, precision)
        self.examples = examples

    def loss(self, batch: list[int]) -> torch.Tensor:
        packed = collate([self.examples[index] for index in batch])
        return interaction_loss(self.model.thinker, packed).total


class Plain(Loop):
    def __init__(self, model, precision, examples: list[Example], sounds: list[np.ndarray]) -> None:
        super().__init__(model, precision)
        self.layouts = [example.layout for example in examples]
        self.sounds = sounds
        model.thinker.model.language_model.set_attn_implementation("sdpa")

    def loss(self, batch: list[int]) -> torch.Tensor:
        thinker = self.model.thinker
        mel = np.concatenate([log_mel(self.sounds[i], self.model.n_mels) for i in batch])
        with torch.no_grad():
            frames = encode_chunks(thinker.model.audio_tower, torch.from_numpy(mel)).flatten(0, 1)
        layouts = [self.layouts[index] for index in batch]

        def rows(name: str, fill) -> torch.Tensor:
            pieces = [torch.tensor(getattr(layout, name)) for layout in layouts]
            return pad_sequence(pieces, batch_first=True, padding_value=fill)

        ids = rows("input_ids", thinker.config.text_config.pad_token_id)
        labels = rows("labels", IGNORED)
        lengths = torch.tensor([len(layout) for layout in layouts])
        mask = (torch.arange(ids.shape[1]) < lengths[:, None]).long()
        hidden = thinker.model.language_model(
            inputs_embeds=thinker.embed(ids, rows("is_frame", False), frames.float()),
            attention_mask=mask,
            position_ids=torch.arange(ids.shape[1])[None].expand_as(ids),
            use_cache=False,
        ).last_hidden_state
        logits = thinker.lm_head(hidden)[:, :-1]
        return F.cross_entropy(
            logits.float().flatten(0, 1), labels[:, 1:].flatten(), ignore_index=IGNORED
        )


def prepared(args) -> tuple[Kit, Plain, list[list[int]], np.ndarray, float]:
    """Both loops, the batches, the seconds of sound in each batch, and those of encoding."""
    sounds = [stream.audio for stream in compose_streams("train", args.streams, args.seed)]
    models = []
    for _ in range(2):
        torch.manual_seed(args.seed)
        models.append(add_adapter(load_model("tiny", adapter=None), rank=32, alpha=64))
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as cache:
        encoded: list[EncodedStream] = encoded_streams(
            models[0], load_sources("train"), Path(cache), count=args.streams, seed=args.seed
        )
        encoding = time.perf_counter() - start
        for one, sound in zip(encoded, sounds, strict=True):  # memory outlives the folder
            assert one.num_chunks * FRAMES_PER_CHUNK == len(one.frames)
            assert abs(one.num_chunks * 0.4 - len(sound) / SAMPLE_RATE) < 0.4
        examples = stream_examples(models[0], encoded, args.seed)
        examples = [Example(e.layout, e.frames.clone(), group=e.group) for e in examples]
    batches, endless = [], iter(MixedBatches(examples, args.positions, args.seed))
    while len(batches) < args.steps:
        batches.append(next(endless))
    seconds = np.array([sum(len(sounds[i]) for i in batch) / SAMPLE_RATE for batch in batches])
    kit = Kit(models[0], args.precision, examples)
    return kit, Plain(models[1], args.precision, examples, sounds), batches, seconds, encoding


def ratio_of(took: np.ndarray, seed: int) -> tuple[float, float, float]:
    """Plain by kit, of seconds (2, steps), with the borders of its 95 % interval."""
    steps = took.shape[1]
    drawn = np.random.default_rng(seed).integers(steps, size=(10_000, steps))
    low, high = np.quantile(took[1][drawn].sum(1) / took[0][drawn].sum(1), (0.025, 0.975))
    return took[1].sum() / took[0].sum(), low, high


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--streams", type=int, default=112, help="default: %(default)s")
    parser.add_argument("--steps", type=int, default=30, help="pairs timed; default: %(default)s")
    parser.add_argument("--positions", type=int, default=4000, help="in a batch; %(default)s")
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="fp32")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)

    kit, plain, batches, seconds, encoding = prepared(args)
    times, cpu, losses = np.empty((3, 2, len(batches)))
    for loop in (kit, plain):  # memory is allocated and kernels are chosen in the first steps
        loop.step(batches[0])
    for number, batch in enumerate(batches):
        for which in ((0, 1), (1, 0))[number % 2]:
            took = (kit, plain)[which].step(batch)
            times[which, number], cpu[which, number], losses[which, number] = took

    padded = [max(len(kit.examples[i].layout) for i in batch) * len(batch) for batch in batches]
    real = [sum(len(kit.examples[i].layout) for i in batch) for batch in batches]
    print(
        f"{len(batches)} steps each on {args.streams} streams, {args.threads} threads, "
        f"{args.precision}; {seconds.mean():.0f} s of sound and {np.mean(real):,.0f} positions a "
        f"step, {np.mean(padded):,.0f} when padded"
    )
    for name, took in zip(("kit  ", "plain"), times, strict=True):
        print(f"{name} {seconds.sum() / took.sum():8.1f} audio-seconds per second")
    for name, took in (("", times), (" in CPU time", cpu)):
        ratio, low, high = ratio_of(took, args.seed)
        print(f"ratio{name} {ratio:.2f} [{low:.2f}, {high:.2f}] (95 %, bootstrap over the pairs)")
    print(f"largest difference of the losses: {np.abs(losses[0] - losses[1]).max():.1e}")
    saved = (times[1].sum() - times[0].sum()) / seconds.sum()
    total = sum(len(sound) for sound in plain.sounds) / SAMPLE_RATE
    print(
        f"composing and encoding for the cache took {encoding:.1f} s, once: the kit's loop has "
        f"earned it after {encoding / (saved * total):.1f} epochs"
    )


if __name__ == "__main__":
    main()
