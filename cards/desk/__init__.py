"""The enrolment desk: a person, a reader on the table, and two taps of the card to be theirs.

`taps` says what a tap means, `queue` who comes next, `linking` writes, `pages` shows.
"""
