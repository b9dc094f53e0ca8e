"""Readers and taps in the registration office (`/admin/`).

`readers` are the list and the form, `reader_pages` what is done to one of them; `taps` the ledger,
`tap_filters` its filters; `words` say both in plain English.
"""
