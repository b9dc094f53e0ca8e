"""Speed, measured on the server that `make run` starts, as ratios to pgbench in the same run."""
