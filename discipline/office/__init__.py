"""Discipline in the registration office.

`recording` writes an incident down, `voiding` takes it back, or a merit; `ledger` shows all of a
student's; `people_additions` is what the page of a student shows of it.
"""
