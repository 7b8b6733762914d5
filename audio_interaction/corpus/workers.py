"""Many independent jobs on a few processes that die with the one that started them."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from audio_interaction.errors import UserError

Job, Result = TypeVar("Job"), TypeVar("Result")


def run_jobs(
    function: Callable[[Job], Result], jobs: Sequence[Job], workers: int
) -> Iterator[Result]:
    """Results of `function` for every job, as they are done; in this process for one worker.

    The first error ends it: jobs that have not begun by then never do.

    Raises:
        UserError: `workers` is below 1, or a worker process was killed.
    """
    if workers < 1:
        raise UserError(f"{workers} workers cannot do anything; use at least 1")
    workers = min(workers, len(jobs))
    if workers <= 1:
        yield from map(function, jobs)
        return
    # Fresh processes: a fork would copy the locks of threads that torch may have started.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, initializer=_set_up)
    try:
        for done in as_completed([pool.submit(function, job) for job in jobs]):
            yield done.result()
    except BrokenProcessPool as error:
        raise UserError(
            "a worker process was killed, most likely for want of memory; "
            "run the same command again with fewer workers"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _set_up() -> None:
    """Let a worker end with its parent: by Ctrl-C without a word, by a kill not linger for ever."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)

    def watch() -> None:
        multiprocessing.parent_process().join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
