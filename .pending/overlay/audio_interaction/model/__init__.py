"""The one model class, its presets, and its parts: ears, tokenizer, adapters."""
