"""Attendance in the registration office (`/admin/`).

`day` is the register of one day, `person` one person's day in it, `correcting` and `closing` what
is done there; `sections` is where other apps add to a person's day; `status` how a day is shown.
"""
