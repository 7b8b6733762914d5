import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from audio_interaction.corpus.workers import run_jobs
from audio_interaction.errors import UserError


def square(number: int) -> int:
    return number**2


def refuse(number: int) -> int:
    if number == 1:
        raise UserError("one is refused")
    return number


def be_killed(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_one_worker_is_this_process():
    assert list(run_jobs(square, [1, 2, 3], 1)) == [1, 4, 9]
    assert list(run_jobs(lambda number: -number, [5], 8)) == [-5]  # one job: none is started
    assert list(run_jobs(square, [], 2)) == []
    with pytest.raises(UserError, match="at least 1"):
        list(run_jobs(square, [1], 0))


def test_two_workers_do_every_job_once():
    assert sorted(run_jobs(square, range(9), 2)) == [number**2 for number in range(9)]


@pytest.mark.slow
def test_an_error_comes_back_and_ends_it():
    with pytest.raises(UserError, match="one is refused"):
        list(run_jobs(refuse, range(9), 2))


@pytest.mark.slow
def test_a_killed_worker_is_told_of():
    with pytest.raises(UserError, match="worker process was killed.*fewer workers"):
        list(run_jobs(be_killed, range(3), 2))


ORPHANS = """
import os, sys, time
from audio_interaction.corpus.workers import run_jobs

def report(folder):
    open(f"{folder}/{os.getpid()}", "w").close()
    time.sleep(600)

if __name__ == "__main__":
    list(run_jobs(report, [sys.argv[1]] * 2, 2))
"""


@pytest.mark.slow
def test_workers_die_with_the_process_that_started_them(tmp_path):
    script, seen = tmp_path / "orphans.py", tmp_path / "seen"
    script.write_text(ORPHANS)
    seen.mkdir()
    with subprocess.Popen([sys.executable, str(script), str(seen)]) as process:
        deadline = time.monotonic() + 120
        while len(list(seen.iterdir())) < 2:
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        process.kill()
    workers = [int(path.name) for path in seen.iterdir()]
    deadline = time.monotonic() + 20
    while alive := [pid for pid in workers if _runs(pid)]:
        assert time.monotonic() < deadline, alive
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
