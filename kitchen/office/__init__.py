"""The kitchen in the registration office: `now` is the meal that is on, or the next one, `day` what
was served on one day, `still_to_come` who has not been, `by_name` serves without a card, `voiding`
takes a meal back, `periods` says when meals are served and to whom.
"""
