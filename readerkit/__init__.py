"""Proves that a reader loses no tap and counts none twice, whatever the network does to it.

    python3 -m readerkit ADDRESS KEY

It stands between a reader and a TrackXpert server, and needs nothing but Python 3.11.
`docs/readers.md` of TrackXpert says how it is used, and what a reader should do.
"""
