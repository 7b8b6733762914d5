"""Sound in: reading files, the causal log-mel front-end, mixing."""
