"""What `audio-interaction corpus STEP` does: a few lines a step around one function of the package.

As in `commands`, each imports what it needs when it runs.
"""

from argparse import Namespace
from collections.abc import Iterable
from pathlib import Path


def render(args: Namespace) -> None:
    from audio_interaction.corpus.render import render_speech

    _rendered(render_speech(args.out, args.hours, args.seed, args.workers, _recogniser(args)))


def _recogniser(args: Namespace):
    """What makes the recogniser of a render run; None for `--no-check`."""
    from audio_interaction.corpus.asr_check import Whisper

    if not args.check:
        return None
    Whisper()  # one that is not installed is told of before anything is rendered
    return Whisper


def _rendered(paths: Iterable[Path]) -> None:
    from audio_interaction.corpus.render import counts_of, told

    for path in paths:
        print(f"{path}: {told(counts_of(path))}")


def sounds(args: Namespace) -> None:
    from audio_interaction.corpus.sounds import build_sounds

    for (split, label, recorded), clips in sorted(
        build_sounds(args.raw, args.out, args.seed).items()
    ):
        print(f"{split:<11} {label:<12} {clips:4} {'recorded' if recorded else 'synthesised'}")


def prompts(args: Namespace) -> None:
    from audio_interaction.corpus.prompts import build_prompts

    print(build_prompts(args.raw, args.out, args.seed))


def abilities(args: Namespace) -> None:
    from audio_interaction.corpus.casting import render_abilities

    _rendered(render_abilities(args.out, args.seed, args.workers, _recogniser(args)))


def music(args: Namespace) -> None:
    from audio_interaction.corpus.music import make_music

    for (split, label), clips in sorted(make_music(args.out, args.seed).items()):
        print(f"{split:<11} {label:<12} {clips:4}")


def build(args: Namespace) -> None:
    from audio_interaction.corpus.scenes import Making
    from audio_interaction.corpus.sizes import build_profile
    from audio_interaction.corpus.supervise import stage4_tasks
    from audio_interaction.profiles import current_profile

    for content in build_profile(
        args.profile or current_profile().name,
        args.out,
        count=args.count,
        seed=args.seed,
        tasks=stage4_tasks() if args.stage4 else None,
        workers=args.workers,
        codec=args.codec,
        making=Making(args.planner, args.planner_model, args.tfjp),
    ):
        print(content)


def check(args: Namespace) -> int:
    from audio_interaction.corpus.check import print_check

    return print_check(args.folder)


def card(args: Namespace) -> None:
    from audio_interaction.corpus.card import write_card
    from audio_interaction.viz.corpus_explore import draw_corpus

    draw_corpus(args.folder)
    print(write_card(args.folder))


def import_(args: Namespace) -> None:
    from audio_interaction.corpus.own import import_folder
    from audio_interaction.corpus.tasks import LISTEN

    report = import_folder(
        args.jsonl,
        args.audio,
        args.out,
        args.seed,
        system=args.system or LISTEN,
        noise=not args.no_noise,
    )
    print(report.text())


def fetch(args: Namespace) -> None:
    from audio_interaction.corpus.hub import fetch_stream_audio

    rows = fetch_stream_audio(args.out, args.limit)
    print(f"{rows}: now run `audio-interaction corpus import {rows} --out DIR`")


def info(args: Namespace) -> None:
    from audio_interaction.corpus.sources import SPLITS, load_sources

    for split in SPLITS:
        sources = load_sources(split)
        speech, sounds, music = sources.speech, sources.sounds, sources.music
        print(
            f"{split:<11} {len(speech):6,} spoken clips, {_minutes(speech)} min, "
            f"{len({clip.voice for clip in speech}):3} voices; {len(sounds):5,} sounds of "
            f"{len({clip.label for clip in sounds})} kinds, {_minutes(sounds)} min; "
            f"{len(music):4} pieces of music, {_minutes(music)} min"
        )


def _minutes(clips) -> str:
    return f"{sum(clip.seconds for clip in clips) / 60:.1f}"
