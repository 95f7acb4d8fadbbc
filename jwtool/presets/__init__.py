"""What kinds of tokens look like, as data: one TOML file a preset, read by `operations/load_preset.py` when named."""
