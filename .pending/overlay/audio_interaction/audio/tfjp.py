from types import SimpleNamespace
def tfjp(samples): return SimpleNamespace(samples=samples)
