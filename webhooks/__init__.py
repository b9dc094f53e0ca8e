"""Webhooks: other programs are told what happened, as it is committed (contract section 10).

`following` turns what was committed since a position into deliveries, `sending` posts them with
`posting`, to nowhere that `addresses` refuses, signed as `signing` says. What receivers can rely
on is in `docs/webhooks.md`.
"""
