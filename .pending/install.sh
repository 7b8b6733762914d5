#!/bin/bash
# Puts the tasks package, the pipeline and their two callers into the tree (needs audio/tfjp.py and SpeechClip.language).
set -e
TREE=${1:-/work/tree3}; C=$TREE/audio_interaction/corpus; S=/work/scratch/tasks; export TREE
rm -f $C/tasks.py; mkdir -p $C/tasks; cp $S/tasks/*.py $C/tasks/; cp $S/pipeline.py $C/; cp $S/offline.py $C/
python3 - <<'P'
import os; p=os.environ['TREE']+'/audio_interaction/corpus/build.py'
s=open(p).read()
a=s.index("def compose_stream("); b=s.index("def compose_streams(")
if "make_stream" not in s:
    s=s[:a]+'''def compose_stream(split: str, task: str, index: int, seed: int, sources: Sources) -> Stream:
    """The `index`-th stream of a task; the same arguments always give the same samples.

    Raises:
        UserError: as `pipeline.make_stream`, which also tells how it came about.
    """
    return make_stream(split, task, index, seed, sources).stream


'''+s[b:]
    s=s.replace('from audio_interaction.corpus.schema import','from audio_interaction.corpus.pipeline import make_stream\nfrom audio_interaction.corpus.schema import',1)
    for name,line in (("zlib.","import zlib\n"),("np.","import numpy as np\n")):
        if name not in s.replace(line,""): s=s.replace(line,"")
    open(p,"w").write(s)
P
cd $TREE && /work/main/.venv/bin/ruff check audio_interaction/corpus/{tasks,pipeline.py,build.py,offline.py} tests/corpus/test_{tasks,pipeline,offline}.py --fix; /work/main/.venv/bin/ruff format audio_interaction/corpus/{tasks,pipeline.py,offline.py} tests/corpus/test_{tasks,pipeline,offline}.py
