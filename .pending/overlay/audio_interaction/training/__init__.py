"""Making the offline base and the interaction adapter, with Lightning and peft."""
