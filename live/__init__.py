"""The live feed: what was committed, as it is committed (contract section 10).

`events` asks the database what was committed since a *position*; `feed` does so a few times a
second for all streams of a process; `stream` hands it to one client; `views` are the address.

A position is a PostgreSQL snapshot (`pg_current_snapshot()`): it says exactly which transactions
were visible. Keys would not do, for they are given before the commit: a row can become visible
after another with a higher key, and whoever had asked "what is newer than the last key?" would
never see it. It is also the `Last-Event-ID` of a stream, so resuming misses nothing.

Nothing listens with LISTEN/NOTIFY: a notification takes a lock that all commits share, which would
be paid by every tap whether somebody watches or not, and poolers between us and the database do not
pass it on. Asking costs the same for one stream and for forty, and nothing while nobody watches.
"""
