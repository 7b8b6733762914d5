import time, collections, sys, dataclasses
import numpy as np
sys.path.insert(0,"tests")
import conftest
from audio_interaction.audio.io import encode
from audio_interaction.corpus.phrases import phrases, words_of
from audio_interaction.corpus.sources import *
from audio_interaction.corpus.schema import Word
from audio_interaction.corpus.pipeline import make_stream
from audio_interaction.corpus.tasks import TASKS
from audio_interaction.errors import UserError
N=int(sys.argv[1])
for split in ("train","validation","test"):
    s=load_sources(split)
    rng=np.random.default_rng(0); extra=[]
    if not any(c.kind=="wake" for c in s.speech):   # tones in the place of voices, to try the plans
        for i,p in enumerate(q for q in phrases() if q.split==split):
            r=conftest._speech_row(rng,split,i,p.text,p.kind,p.answer,p.sound,p.form)
            extra.append(SpeechClip(id=f"x{i}",split=split,seconds=r["seconds"],encoded=r["audio"]["bytes"],text=p.text,words=tuple(Word(w["text"],w["start"],w["end"]) for w in r["words"]),kind=p.kind,answer=p.answer,sound=p.sound,form=p.form,voice=r["voice"],engine="tone",recorded=False,language=p.language))
        bells=s.heard("bell")[:3]
        music=tuple(dataclasses.replace(b,id=f"{b.id}-{m}",label=m) for b in bells for m in ("piano","flute","organ"))
        s=dataclasses.replace(s,speech=(*s.speech,*extra),sounds=(*s.sounds,*music))
    for task in TASKS:
        t=time.time(); rej=collections.Counter(); synth=tf=0; secs=[]
        try:
            for i in range(N):
                m=make_stream(split,task,i,0,s); rej.update(m.rejects); secs.append(len(m.stream.audio)/16000)
                synth+=sum(g.synthesised for g in m.grounding.trail); tf+=sum("+tfjp" in g.clip.id for g in m.grounding.trail)
            if task in("chat","zh_en","scene_command") and split=="test": print("   ",m.scenario.scene, [r.text for r in m.stream.responses])
            print(split,task,f"{(time.time()-t)/N:.3f}s/stream",f"{np.mean(secs):.1f}/{max(secs):.1f}s",dict(rej),"synth",synth,"tfjp",tf)
        except UserError as e: print(split,task,"ERR",e)
