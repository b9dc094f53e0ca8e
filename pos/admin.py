"""Readers and the ledger of taps in the registration office; the pages are in `pos.office`."""

from pos.office import readers, taps, tasks

__all__ = ["readers", "taps", "tasks"]
