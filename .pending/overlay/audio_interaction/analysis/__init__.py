"""Analyses of the paper and those it lacks, each a function of a model and streams."""
