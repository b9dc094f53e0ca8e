"""`python -m bench` measures everything, `python -m bench cards` one subject."""

import os
import sys

from bench import cards, people
from bench.stack import ROOT, make_administrator, running_server

SUBJECTS = {"people": people.run, "cards": cards.run}


def main() -> None:
    # A database of its own; never the one that `make run` serves.
    state = ROOT / "var" / "bench"
    os.environ["TRACKXPERT_STATE"] = str(state)
    with running_server(state=state, with_demo=False) as port:
        make_administrator()
        for name in sys.argv[1:] or SUBJECTS:
            SUBJECTS[name](port)


if __name__ == "__main__":
    main()
