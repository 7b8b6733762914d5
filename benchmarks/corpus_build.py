"""How fast is the corpus built? Hours of stream per hour, and what more streams would take.

    python benchmarks/corpus_build.py --workers 2
    python benchmarks/corpus_build.py --codec opus --streams 112 --project 2600000 --cores 256

The clips are those of `mini_data/sources`, rendered already. "Per hour of CPU" counts the time the
processes really computed, so other work on the machine hardly changes it; "per hour" is the clock
on the wall, loading and starting included.
"""

import argparse
import resource
import tempfile
import time

from audio_interaction.audio.io import CODECS
from audio_interaction.corpus.build import write_corpus
from audio_interaction.corpus.scale import PAPER_STREAMS, measure_rate
from audio_interaction.corpus.sizes import SIZES, contents


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--streams",
        type=int,
        default=SIZES["laptop"].counts()["train"],
        help="default: %(default)s",
    )
    parser.add_argument("--codec", choices=CODECS, default="flac")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--project", type=int, default=PAPER_STREAMS, metavar="STREAMS")
    parser.add_argument("--cores", type=int, default=256, help="of the projection")
    args = parser.parse_args()

    rate = measure_rate(min(args.streams, 224), args.codec)
    print(
        f"one process, {args.codec}: {3600 * rate.hours / rate.cpu_seconds:,.0f} h of stream per "
        f"hour of CPU, {3600 * rate.hours / rate.wall_seconds:,.0f} per hour, "
        f"{rate.megabytes / rate.hours:.2f} MB an hour of stream"
    )
    print(rate.projection(args.project, args.cores))

    with tempfile.TemporaryDirectory() as folder:
        wall, cpu = time.perf_counter(), _cpu_seconds()
        out = write_corpus(
            f"{folder}/corpus", {"train": args.streams}, 0, workers=args.workers, codec=args.codec
        )
        wall, cpu = time.perf_counter() - wall, _cpu_seconds() - cpu
        (content,) = contents(out)
    print(content)
    hours = content.hours
    print(
        f"{args.workers} workers, {args.codec}: {args.workers * 3600 * hours / cpu:,.0f} h of "
        f"stream per hour of {args.workers} CPUs, {3600 * hours / wall:,.0f} per hour"
    )


def _cpu_seconds() -> float:
    """CPU time of this process and of those it has waited for."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, who))


if __name__ == "__main__":
    main()
