"""The mission's core, pure: bytes, str and dicts in; frozen dataclasses out."""
