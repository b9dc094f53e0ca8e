"""Believable taps, and a reader that behaves as `docs/readers.md` asks; for trials and the demo."""
