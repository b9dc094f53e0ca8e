"""The cluster of `deploy/cluster/` on this machine, and what becomes of taps when it breaks."""
