#!/bin/bash
# After tasks/, pipeline.py and audio/tfjp.py are in the tree: switch build.py to make_stream (counts rejects).
set -e
cp /work/scratch/build/newbuild.py /work/tree3/audio_interaction/corpus/build.py
cd /work/tree3 && /work/main/.venv/bin/ruff check --fix audio_interaction/corpus/build.py && /work/main/.venv/bin/ruff format audio_interaction/corpus/build.py
