"""Attendance in the registration office (`/admin/`).

`day` is the register of one day, `person` one person's day in it, `correcting` and `closing` what
is done there; `schedules`, `calendar` and `absences` are the rules, which `changing` shows before
they are written and `imports` brings from lists; `sections` is where other apps add to a person's
day; `status` how a day is shown.
"""
