"""How fast is training? Audio-seconds per second, against the plain loop, in one run.

    python benchmarks/train_throughput.py
    python benchmarks/train_throughput.py --processes 1 --cores 1 --streams 48 --steps 12

Both loops take the same optimiser steps on the same batches of streams with the same weights of
the same model, in turn, the order swapped from one batch to the next; the other one rests:

- the kit's: frames from the cache, streams packed into one row, attention within each stream, words
  and decisions read off at the positions that have labels; each batch shared by `--processes`, as
  by `hardware.devices`, with the cores divided among them;
- the plain one, as transformers has it: log-mel and the class's own audio tower in every step,
  streams padded to the longest of the batch, masked attention (sdpa), logits of every position;
  one process with a thread on every core. `--batched-tower` lends it the kit's tower, which takes
  all chunks through attention at once.

Seconds are those of the clock; beside them stands the ratio in CPU time, all processes together,
which other work on the machine hardly changes. Encoding for the cache is paid once and not counted;
what it took is printed, with the number of epochs after which the kit's loop has earned it. Losses
of the two are compared on every batch.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch.nn.parallel import DistributedDataParallel
from torch.nn.utils.rnn import pad_sequence

from audio_interaction.audio.features import log_mel
from audio_interaction.corpus.build import compose_streams
from audio_interaction.corpus.sources import load_sources
from audio_interaction.layouts import IGNORED
from audio_interaction.model.adapter import add_adapter
from audio_interaction.model.interaction import InteractionModel, load_model
from audio_interaction.model.tower import encode_chunks
from audio_interaction.protocol import FRAMES_PER_CHUNK, SAMPLE_RATE
from audio_interaction.training.batches import Batch, Example, MixedBatches, PackedLoader
from audio_interaction.training.data import EncodedStream, encoded_streams, stream_examples
from audio_interaction.training.objective import interaction_loss


class Loop:
    """A model with a fresh adapter and its optimiser; subclasses say how a batch becomes a loss."""

    def __init__(self, precision: str, seed: int) -> None:
        torch.manual_seed(seed)
        self.model = add_adapter(load_model("tiny", adapter=None), rank=32, alpha=64)
        self.autocast = torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16")
        self.trained = [p for p in self.model.network.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(self.trained, lr=1e-4, weight_decay=0.01)
        self.model.network.train()

    def step(self, batch) -> tuple[float, float]:
        """One optimiser step: seconds of the CPU it took in this process, and the loss."""
        cpu = time.process_time()
        with self.autocast:
            loss = self.loss(batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.trained, 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        return time.process_time() - cpu, loss.item()


class Kit(Loop):
    """One process of the kit's loop."""

    def __init__(self, precision: str, seed: int) -> None:
        super().__init__(precision, seed)
        network = Objective(self.model)
        self.objective = DistributedDataParallel(network) if dist.is_initialized() else network

    def loss(self, batches: Iterator[Batch]) -> torch.Tensor:
        return self.objective(next(batches))  # packing counts, too


class Objective(torch.nn.Module):
    """The objective as a module, for DDP."""

    def __init__(self, model: InteractionModel) -> None:
        super().__init__()
        self.network, self.model = model.network, model

    def forward(self, batch: Batch) -> torch.Tensor:
        return interaction_loss(self.model.thinker, batch).total


def work(rank: int, args, meeting: str, examples: list[Example], batches, orders: Connection):
    """A process of the kit's loop: the next step at each order; its loss and CPU time in reply."""
    torch.set_num_threads(max(1, args.cores // args.processes))
    if args.processes > 1:
        dist.init_process_group(
            "gloo", init_method=f"file://{meeting}", rank=rank, world_size=args.processes
        )
    kit = Kit(args.precision, args.seed)
    loader = iter(PackedLoader(examples, batches, len(batches)))
    orders.send("ready")
    for _ in batches:
        orders.recv()
        orders.send(kit.step(loader))


class Team:
    """The kit's loop, in processes of its own."""

    def __init__(self, args, examples: list[Example], batches: list[list[int]], folder: str):
        context = torch.multiprocessing.get_context("spawn")
        self.pipes, self.members = [], []
        for rank in range(args.processes):
            here, there = context.Pipe()
            given = (rank, args, f"{folder}/meeting", examples, batches, there)
            self.members.append(context.Process(target=work, args=given, daemon=True))
            self.members[-1].start()
            self.pipes.append(here)
        for pipe in self.pipes:
            pipe.recv()

    def step(self, _: list[int]) -> tuple[float, float]:
        """The next step of all: seconds of the CPU in sum, and the loss."""
        for pipe in self.pipes:
            pipe.send("step")
        cpu, losses = zip(*(pipe.recv() for pipe in self.pipes), strict=True)
        return sum(cpu), sum(losses) / len(losses)


class Plain(Loop):
    """The plain loop."""

    def __init__(self, args, examples: list[Example], sounds: list[np.ndarray]) -> None:
        super().__init__(args.precision, args.seed)
        self.batched_tower = args.batched_tower
        self.layouts = [example.layout for example in examples]
        self.sounds = sounds
        self.model.thinker.model.language_model.set_attn_implementation("sdpa")

    def loss(self, batch: list[int]) -> torch.Tensor:
        thinker = self.model.thinker
        mels = [torch.from_numpy(log_mel(self.sounds[i], self.model.n_mels)) for i in batch]
        frames = self.projected(thinker.model.audio_tower, mels)
        layouts = [self.layouts[index] for index in batch]

        def rows(name: str, fill) -> torch.Tensor:
            pieces = [torch.tensor(getattr(layout, name)) for layout in layouts]
            return pad_sequence(pieces, batch_first=True, padding_value=fill)

        ids = rows("input_ids", thinker.config.text_config.pad_token_id)
        labels = rows("labels", IGNORED)
        lengths = torch.tensor([len(layout) for layout in layouts])
        mask = (torch.arange(ids.shape[1]) < lengths[:, None]).long()
        embeddings = thinker.model.language_model.embed_tokens(ids)
        places = rows("is_frame", False)[..., None]
        hidden = thinker.model.language_model(
            inputs_embeds=embeddings.masked_scatter(places, frames.to(embeddings.dtype)),
            attention_mask=mask,
            position_ids=torch.arange(ids.shape[1])[None].expand_as(ids),
            use_cache=False,
        ).last_hidden_state
        logits = thinker.lm_head(hidden)[:, :-1]
        return F.cross_entropy(
            logits.float().flatten(0, 1), labels[:, 1:].flatten(), ignore_index=IGNORED
        )

    def projected(self, tower: torch.nn.Module, mels: list[torch.Tensor]) -> torch.Tensor:
        """Projected frames (N, hidden) of log-mels (C, n_mels, 40), one a stream."""
        if self.batched_tower:
            return tower.proj(encode_chunks(tower, torch.cat(mels)).flatten(0, 1))
        lengths = torch.tensor([len(mel) * mel.shape[-1] for mel in mels])
        rows = torch.cat([mel.transpose(0, 1).flatten(1) for mel in mels], 1)
        return tower(rows, feature_lens=lengths).last_hidden_state


def encoded(args, sounds: list[np.ndarray], folder: str) -> tuple[list[Example], float]:
    """The streams as examples, and the seconds of composing and encoding them."""
    model = load_model("tiny", adapter=None)
    start = time.perf_counter()
    streams: list[EncodedStream] = encoded_streams(
        model, load_sources("train"), Path(folder), count=args.streams, seed=args.seed
    )
    took = time.perf_counter() - start
    for one, sound in zip(streams, sounds, strict=True):
        assert one.num_chunks * FRAMES_PER_CHUNK == len(one.frames)
        assert abs(one.num_chunks * 0.4 - len(sound) / SAMPLE_RATE) < 0.4
    examples = stream_examples(model, streams, args.seed)
    # In memory, and without what the auxiliary losses ask for.
    return [Example(e.layout, e.frames.clone(), group=e.group) for e in examples], took


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
    parser.add_argument("--batched-tower", action="store_true")
    parser.add_argument("--cores", type=int, default=2, help="for either loop; %(default)s")
    parser.add_argument("--processes", type=int, default=2, help="of the kit's loop; %(default)s")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(args.cores)

    with tempfile.TemporaryDirectory() as folder:
        sounds = [stream.audio for stream in compose_streams("train", args.streams, args.seed)]
        examples, encoding = encoded(args, sounds, folder)
        endless = iter(MixedBatches(examples, args.positions, args.seed))
        batches = [next(endless) for _ in range(args.steps)]
        # Memory is allocated and kernels are chosen in the first steps.
        loops = (
            Team(args, examples, [batches[0], *batches], folder),
            Plain(args, examples, sounds),
        )
        times, cpu, losses = np.empty((3, 2, len(batches)))
        for loop in loops:
            loop.step(batches[0])
        for number, batch in enumerate(batches):
            for which in ((0, 1), (1, 0))[number % 2]:
                start = time.perf_counter()
                cpu[which, number], losses[which, number] = loops[which].step(batch)
                times[which, number] = time.perf_counter() - start

    seconds = np.array([sum(len(sounds[i]) for i in batch) / SAMPLE_RATE for batch in batches])
    lengths = [[len(examples[i].layout) for i in batch] for batch in batches]
    padded = np.mean([max(some) * len(some) for some in lengths])
    print(
        f"{len(batches)} steps each on {args.streams} streams, {args.cores} cores, "
        f"{args.processes} processes of the kit's loop, {args.precision}; {seconds.mean():.0f} s "
        f"of sound and {np.mean([sum(some) for some in lengths]):,.0f} positions a step, "
        f"{padded:,.0f} when padded"
    )
    for name, took in zip(("kit  ", "plain"), times, strict=True):
        print(f"{name} {seconds.sum() / took.sum():8.1f} audio-seconds per second")
    for name, took in (("", times), (" in CPU time", cpu)):
        ratio, low, high = ratio_of(took, args.seed)
        print(f"ratio{name} {ratio:.2f} [{low:.2f}, {high:.2f}] (95 %, bootstrap over the pairs)")
    print(f"largest difference of the losses: {np.abs(losses[0] - losses[1]).max():.1e}")
    saved = (times[1].sum() - times[0].sum()) / seconds.sum()
    total = sum(len(sound) for sound in sounds) / SAMPLE_RATE
    print(
        f"composing and encoding for the cache took {encoding:.1f} s, once: the kit's loop has "
        f"earned it after {encoding / (saved * total):.1f} epochs"
    )


if __name__ == "__main__":
    main()
