import os

from bench import cards, people
from bench.stack import ROOT, make_administrator, running_server


def main() -> None:
    # A database of its own; never the one that `make run` serves.
    state = ROOT / "var" / "bench"
    os.environ["TRACKXPERT_STATE"] = str(state)
    with running_server(state=state, with_demo=False) as port:
        make_administrator()
        people.run(port)
        cards.run(port)


if __name__ == "__main__":
    main()
