O=/work/scratch/tasks/overlay; T=/work/tree3
rm -rf $O/audio_interaction $O/tests; cp -r $T/audio_interaction $T/tests $O/
rm $O/audio_interaction/corpus/tasks.py; cp -r /work/scratch/tasks/tasks $O/audio_interaction/corpus/; cp /work/scratch/tasks/{pipeline,build,offline}.py $O/audio_interaction/corpus/
[ -f $T/audio_interaction/audio/tfjp.py ] || cat > $O/audio_interaction/audio/tfjp.py <<'P'
from types import SimpleNamespace
def tfjp(samples): return SimpleNamespace(samples=samples)
P
grep -q "language: str" $T/audio_interaction/corpus/sources.py || python3 - <<'P'
p='/work/scratch/tasks/overlay/audio_interaction/corpus/sources.py'
s=open(p).read()
s=s.replace('    recorded: bool\n\n\n@dataclass(frozen=True)\nclass SoundClip','    recorded: bool\n    language: str = "en"\n\n\n@dataclass(frozen=True)\nclass SoundClip')
s=s.replace('            recorded=row["engine"] == "recorded",\n        )\n        for row in _rows(path, SPEECH_COLUMNS)','            recorded=row["engine"] == "recorded", language=row.get("language") or "en",\n        )\n        for row in _rows(path, SPEECH_COLUMNS)')
s=s.replace('''columns=list(columns)).to_pylist()''','''columns=[*columns, *({"language"} & set(pq.read_schema(path).names))]).to_pylist()''')
s=s.replace('''speech = _speech(root / f"speech-{split}.parquet", split)''','''speech = _speech(root / f"speech-{split}.parquet", split)
    extra = root / f"speech-abilities-{split}.parquet"
    speech += _speech(extra, split) if extra.exists() else ()''')
s=s.replace('''_rows(root / f"sounds-{split}.parquet", SOUND_COLUMNS)''','''[*_rows(root / f"sounds-{split}.parquet", SOUND_COLUMNS), *(_rows(root / f"music-{split}.parquet", SOUND_COLUMNS) if (root / f"music-{split}.parquet").exists() else ())]''')
open(p,'w').write(s)
P
