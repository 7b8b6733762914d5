"""What the commands of `cli` do: a few lines each around one function of the package.

Each imports what it needs when it runs, so that `audio-interaction --help` answers at once.
"""

import json
import sys
import time
import warnings
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path


def stream(args: Namespace) -> None:
    import numpy as np

    from audio_interaction.audio.io import stream_audio
    from audio_interaction.corpus.tasks import LISTEN
    from audio_interaction.protocol import CHUNK_SECONDS
    from audio_interaction.streaming import session as s

    next(stream_audio(args.file))  # a bad file is told of before the model is loaded
    model = _model(args)
    system = (model.system or LISTEN) if args.system is None else args.system
    session = s.Session(model, system, args.threshold)
    decisions, responses, milliseconds = [], [], []
    pending, emotion = 0.0, "normal"
    for seconds, events in _hear(session, args.file, args.realtime):
        pending += 1000 * seconds
        decided = 0
        for event in events:
            match event:
                case s.Decision():
                    decided += 1
                    decisions.append(vars(event))
                case s.ResponseStart():
                    emotion = event.emotion
                case s.ResponseEnd():
                    responses.append({"time": event.time, "emotion": emotion, "text": event.text})
                    if not args.json:
                        print(f"{event.time:8.1f} s  [{emotion}] {event.text}", flush=True)
        if decided:  # a block of the file need not complete a chunk
            milliseconds += [pending / decided] * decided
            pending = 0.0

    p50, p95 = np.percentile(milliseconds, [50, 95])
    heard = len(decisions) * CHUNK_SECONDS
    factor = sum(milliseconds) / 1000 / heard
    if args.json:
        report = {
            "file": str(args.file),
            "seconds": round(heard, 3),
            "system": system,
            "threshold": session.threshold,
            "decisions": decisions,
            "responses": responses,
            "chunk_ms": {"p50": round(p50, 2), "p95": round(p95, 2)},
            "real_time_factor": round(factor, 4),
        }
        print(json.dumps(report, ensure_ascii=False))
    else:
        print(
            f"{len(responses)} responses in {len(decisions)} decisions over {heard:.1f} s; "
            f"a chunk took {p50:.0f} ms (median), {p95:.0f} ms (95 %)",
            file=sys.stderr,
        )


def _hear(session, path: Path, realtime: bool) -> Iterator[tuple[float, list]]:
    """Push a file through a session; yields the seconds of work and the events of each block."""
    from audio_interaction.audio.io import stream_audio
    from audio_interaction.protocol import CHUNK_SECONDS, SAMPLE_RATE

    start, heard = time.perf_counter(), 0.0
    for block in stream_audio(path, CHUNK_SECONDS):
        heard += len(block) / SAMPLE_RATE
        if realtime:
            time.sleep(max(0.0, start + heard - time.perf_counter()))
        before = time.perf_counter()
        events = list(session.push(block))
        yield time.perf_counter() - before, events
    before = time.perf_counter()
    events = list(session.flush())
    yield time.perf_counter() - before, events


def _model(args: Namespace):
    from audio_interaction.model.interaction import load_model

    # peft still reads an attribute by its old name: nothing a user of this command can mend.
    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")
    return load_model(
        args.model,
        None if args.adapter == "none" else args.adapter,
        device=args.device,
        dtype=args.dtype,
        four_bit=args.four_bit,
        clip_wide=args.clip_wide,
        float16_positions=False if args.exact_positions else None,
    )


def base(args: Namespace) -> None:
    from audio_interaction.benchmarks.abilities import offline_abilities, save_abilities
    from audio_interaction.training.base import make_base
    from audio_interaction.training.ranks import rank_and_world
    from audio_interaction.training.recipe import BaseRecipe, load_recipe

    model = make_base(load_recipe(BaseRecipe, args.config, args.set), args.out, args.cache)
    if rank_and_world()[0] == 0:
        abilities = {
            where: offline_abilities(model, "validation", in_rooms=share)
            for where, share in (("dry", 0.0), ("in rooms", 1.0))
        }
        save_abilities(abilities, args.out / "validation.json")


def train(args: Namespace) -> None:
    from audio_interaction.training.recipe import AdapterRecipe, load_recipe
    from audio_interaction.training.stages import chain

    recipes = [(path.stem, load_recipe(AdapterRecipe, path, args.set)) for path in args.config]
    stages = [(recipes[0][1], args.out)] if len(recipes) == 1 else chain(recipes, args.out)
    for recipe, folder in stages:
        _train(recipe, folder, args.cache)


def _train(recipe, out: Path, cache: Path) -> None:
    """One run, and the threshold of its decisions; without streams there is none to choose."""
    from audio_interaction.benchmarks.tuning import tune_adapter
    from audio_interaction.corpus.build import compose_streams, load_corpus
    from audio_interaction.corpus.rows import stream_from_row
    from audio_interaction.training.ranks import rank_and_world
    from audio_interaction.training.train import run_training

    model = run_training(recipe, out, cache)
    if rank_and_world()[0]:
        return
    if not recipe.streams:
        print(f"{out}: trained on offline items; it does not decide yet")
        return
    streams = compose_streams(
        "validation", recipe.validation_streams, recipe.seed, recipe.watched_tasks
    )
    if recipe.corpus:  # own streams, and composed ones that need no reply for the false alarms
        own = load_corpus(recipe.corpus)["validation"]
        streams = [stream for stream in streams if not stream.responses]
        streams += map(stream_from_row, own.select(range(min(len(own), recipe.validation_streams))))
    tuning = tune_adapter(model, out, streams)
    print(f"{out}: answers from p(response) = {tuning.threshold} on")


def evaluate(args: Namespace) -> None:
    from audio_interaction.benchmarks.evaluate import evaluate

    model = _model(args)
    report = evaluate(model, args.split, limit=args.limit, seed=args.seed, tasks=args.tasks)
    _show(report, args)


def bench(args: Namespace) -> None:
    from audio_interaction.benchmarks import run_benchmark

    model = _model(args)
    _show(run_benchmark(args.name, model, root=args.root, hub=args.hub, limit=args.limit), args)


def _show(report, args: Namespace) -> None:
    """Print a `benchmarks.report.Report`, and save it if a folder was named."""
    if args.out:
        report.save(args.out)
    print(json.dumps(report.to_dict(), ensure_ascii=False) if args.json else report.markdown())


def _profile(args: Namespace):
    from audio_interaction.profiles import current_profile, find_profile

    return find_profile(args.profile) if args.profile else current_profile()


def reproduce(args: Namespace) -> int:
    from audio_interaction import report
    from audio_interaction.paths import REPOSITORY
    from audio_interaction.reproduce import RUNS, NotebookFailed, find_notebooks, reproduce

    profile = _profile(args)
    try:
        runs = reproduce(profile, find_notebooks(), RUNS)
    except NotebookFailed as error:
        print(f"audio-interaction: {error}", file=sys.stderr)
        return 1
    reports = report.load_reports(RUNS / profile.name / "results")
    page = RUNS / profile.name / "report.html"
    report.write_page(page, profile, runs, reports)
    for run in runs:
        print(f"{run.minutes:6.1f} min  {run.title}{'' if run.fresh else '  (done before)'}")
    minutes = sum(run.minutes for run in runs)
    print(f"\n{report.as_markdown(profile, reports, minutes)}\n\nWith every figure: {page}")
    if args.readme:
        readme = REPOSITORY / "README.md"
        report.fill_readme(readme, "notebooks", report.notebook_table(runs))
        headline = [each for each in reports if each.name == "evaluation"]
        report.fill_readme(readme, "results", report.as_markdown(profile, headline, minutes))
    return 0


def slides(args: Namespace) -> None:
    from audio_interaction.slides import build_slides

    print(build_slides(args.out))


def doctor(args: Namespace) -> int:
    from audio_interaction.doctor import as_text, examine

    findings = examine()
    print(as_text(findings))
    return int(any(finding.bad for finding in findings))
