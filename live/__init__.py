"""The live feed: what was committed, as it is committed (contract section 10).

`events` asks the database what was committed since a position (`outbox.positions`): taps, and what
the outbox holds beside them; `feed` does so a few times a second for all streams of a process;
`stream` hands it to one client; `views` are the address. A position is also the `Last-Event-ID` of
a stream, so resuming misses nothing.

Nothing listens with LISTEN/NOTIFY: a notification takes a lock that all commits share, which would
be paid by every tap whether somebody watches or not, and poolers between us and the database do not
pass it on. Asking costs the same for one stream and for forty, and nothing while nobody watches.
"""
