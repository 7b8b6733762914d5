"""The command line: `audio-interaction COMMAND`.

Here are the arguments; what each command does is in `commands` and `corpus_commands`. What a user
can cause (`UserError`, files that cannot be read or written) ends in one line on stderr and exit
code 2; anything else is a bug and keeps its traceback.
"""

import argparse
import os
import sys
from pathlib import Path

from audio_interaction import __version__, commands, corpus_commands
from audio_interaction.benchmarks import BENCHMARKS
from audio_interaction.errors import UserError

USER_ERROR, INTERRUPTED = 2, 130
PROFILE_NAMES = "smoke, laptop, gpu or full"
TRAIN_AGAIN = "run the same command again: it goes on from the last checkpoint"


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    args = _parser().parse_args(argv)
    try:
        code = args.run(args) or 0
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # the reader of our output has gone: `… | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (UserError, OSError) as error:
        print(f"audio-interaction: {error}", file=sys.stderr)
        return USER_ERROR
    except KeyboardInterrupt:
        print(f"\naudio-interaction: interrupted; {args.resume}", file=sys.stderr)
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="audio-interaction",
        description="Listen to audio in 0.4 s chunks, decide after each, respond when it matters.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    sub = parser.add_subparsers(required=True, metavar="COMMAND")

    corpus = sub.add_parser("corpus", help="make and look at the mini corpus")
    _add_corpus(corpus.add_subparsers(required=True, metavar="STEP"))

    base = _add(
        sub,
        "base",
        commands.base,
        "train the offline base model that the adapters start from",
        resume=TRAIN_AGAIN,
    )
    _recipe_options(base)

    train = _add(
        sub,
        "train",
        commands.train,
        "train an interaction adapter (LoRA), in one stage or several",
        resume=TRAIN_AGAIN,
    )
    _recipe_options(train, several=True)

    stream = _add(sub, "stream", commands.stream, "listen to a file and print what the model says")
    stream.add_argument("file", type=Path, help="wav, flac, ogg, opus or mp3; any rate, any length")
    stream.add_argument("--system", metavar="TEXT", help="the written instruction of the session")
    stream.add_argument("--threshold", type=probability, metavar="P", help="respond from this p on")
    stream.add_argument(
        "--realtime", action="store_true", help="hear the file as fast as it sounds"
    )
    stream.add_argument("--json", action="store_true", help="print one JSON object at the end")
    _model_options(stream)

    evaluate = _add(sub, "evaluate", commands.evaluate, "score the model on the held-out streams")
    evaluate.add_argument("--split", choices=("validation", "test"), default="test")
    evaluate.add_argument("--seed", type=int, default=0, help="of the composed streams")
    evaluate.add_argument(
        "--tasks",
        nargs="+",
        metavar="TASK",
        help="sub-tasks of the streams; default: those the adapter was trained on",
    )
    _score_options(evaluate)
    _model_options(evaluate)

    bench = _add(sub, "bench", commands.bench, "run one of the paper's benchmarks")
    bench.add_argument("name", choices=BENCHMARKS)
    bench.add_argument(
        "--root", type=Path, metavar="DIR", help="the benchmark's files on this disk"
    )
    bench.add_argument("--hub", metavar="ID", help="its data set on the Hugging Face hub")
    _score_options(bench)
    _model_options(bench)

    reproduce = _add(
        sub,
        "reproduce",
        commands.reproduce,
        "run every notebook and write a report",
        resume="run the same command again: finished notebooks are not repeated",
    )
    reproduce.add_argument("--profile", help=PROFILE_NAMES)
    reproduce.add_argument(
        "--readme", action="store_true", help="put minutes and results into README.md"
    )

    slides = _add(sub, "slides", commands.slides, "build the lecture slides")
    slides.add_argument("--out", type=Path, metavar="DIR", help="default: slides/build")

    _add(sub, "doctor", commands.doctor, "check this machine and the installation")
    return parser


def _add(sub, name: str, run, summary: str, resume: str = "nothing was left half-written"):
    parser = sub.add_parser(name, help=summary, description=summary[0].upper() + summary[1:])
    parser.set_defaults(run=run, resume=resume)
    return parser


def _add_corpus(steps) -> None:
    again = "run the same command again: finished shards are kept"
    render = _add(
        steps, "render", corpus_commands.render, "render the spoken clips anew", resume=again
    )
    render.add_argument("--hours", type=float, required=True, help="hours of training speech")
    render.add_argument("--workers", type=positive_number, default=2, metavar="N")
    abilities = _add(
        steps,
        "abilities",
        corpus_commands.abilities,
        "render the sentences of the other abilities anew",
        resume=again,
    )
    abilities.add_argument("--workers", type=positive_number, default=2, metavar="N")
    for step in (render, abilities):
        step.add_argument(
            "--check",
            action=argparse.BooleanOptionalAction,
            default=True,
            help="drop what a recogniser does not understand (default: yes)",
        )
    music = _add(steps, "music", corpus_commands.music, "play the music anew")
    sounds = _add(
        steps, "sounds", corpus_commands.sounds, "cut recordings, synthesise the other sounds"
    )
    prompts = _add(steps, "prompts", corpus_commands.prompts, "encode recorded human prompts")
    for step in (sounds, prompts):
        step.add_argument(
            "--raw", type=Path, required=True, metavar="DIR", help="recordings and their index.tsv"
        )
    build = _add(
        steps, "build", corpus_commands.build, "compose streams into Parquet", resume=again
    )
    build.add_argument("--profile", help=f"{PROFILE_NAMES}, or shipped: how many streams")
    build.add_argument(
        "--count", type=positive_number, metavar="N", help="training streams, all tasks alike"
    )
    build.add_argument(
        "--stage4", action="store_true", help="more history review, silence and hazards (stage 4)"
    )
    build.add_argument("--codec", help="flac, opus or opus-small; default: that of the profile")
    build.add_argument("--workers", type=positive_number, default=1, metavar="N")
    build.add_argument(
        "--planner",
        default="tasks",
        help="tasks (default), template for scenes of the embedded planner, or the address of a "
        "chat endpoint that plans them (its key: OPENAI_API_KEY)",
    )
    build.add_argument("--planner-model", default="", metavar="NAME", help="of the endpoint")
    build.add_argument(
        "--tfjp",
        choices=("asked", "always"),
        default="asked",
        help="clean a sound where the verifier asks for it (default), or every sound",
    )
    check = _add(steps, "check", corpus_commands.check, "look for faults in a corpus")
    card = _add(steps, "card", corpus_commands.card, "write the dataset card of a corpus")
    for step in (check, card):
        step.add_argument("folder", type=Path, metavar="DIR")
    own = _add(
        steps,
        "import",
        corpus_commands.import_,
        "make a corpus of own recordings",
        resume="run the same command again: it goes on behind the last whole block",
    )
    own.add_argument("jsonl", type=Path, help="rows in the released format, one JSON object a line")
    own.add_argument("--audio", type=Path, metavar="DIR", help="where the audio paths start from")
    own.add_argument("--system", metavar="TEXT", help="instruction of the rows that have none")
    own.add_argument("--no-noise", action="store_true", help="lay no noise under the recordings")
    fetch = _add(
        steps, "fetch", corpus_commands.fetch, "download streams of StreamAudio-2M for `import`"
    )
    fetch.add_argument("--limit", type=positive_number, required=True, metavar="N")
    for step in (render, abilities, music, sounds, prompts, build, own, fetch):
        step.add_argument("--out", type=Path, required=True, metavar="DIR")
    for step in (render, abilities, music, sounds, prompts, build, own):
        step.add_argument("--seed", type=int, default=0)
    _add(steps, "info", corpus_commands.info, "count the shipped clips: minutes, voices, sounds")


def _recipe_options(parser: argparse.ArgumentParser, several: bool = False) -> None:
    summary = "YAML recipe"
    if several:
        summary += "; several are a chain, each goes on from the last one's adapter (DIR/NAME)"
    parser.add_argument(
        "--config",
        type=Path,
        required=True,
        metavar="FILE",
        nargs="+" if several else None,
        help=summary,
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="override one setting"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument(
        "--cache", type=Path, default=Path("runs/cache"), metavar="DIR", help="default: %(default)s"
    )


def _model_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model",
        default="tiny",
        metavar="NAME",
        help="tiny, omni-3b, omni-7b or released; or a folder: of `base`, of Qwen2.5-Omni or of "
        "the Audio-Interaction release",
    )
    parser.add_argument(
        "--adapter", default="shipped", metavar="DIR", help="of `train`, or none for the base"
    )
    parser.add_argument(
        "--device", default="auto", help="cpu or cuda; default: the GPU for the large presets"
    )
    parser.add_argument(
        "--dtype",
        choices=("auto", "float32", "bfloat16"),
        default="auto",
        help="of the weights; default: bfloat16 for the large presets on a GPU",
    )
    parser.add_argument(
        "--four-bit", action="store_true", help="keep the language model in 4 bits (NVIDIA GPU)"
    )
    parser.add_argument(
        "--clip-wide",
        action="store_true",
        help="hear whole clips by Whisper's rule, as the release does; not for `stream`",
    )
    parser.add_argument(
        "--exact-positions",
        action="store_true",
        help="count positions exactly where the release rounds them (from 2,048 on)",
    )


def _score_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--limit", type=positive_number, metavar="N", help="score the first N items only"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--out", type=Path, metavar="DIR", help="save the report there too")


def probability(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value


def positive_number(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return value


if __name__ == "__main__":
    sys.exit(main())
