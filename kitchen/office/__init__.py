"""The kitchen in the registration office: `day` is what was served on one day, `periods` when meals
are served.
"""
