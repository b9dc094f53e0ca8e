"""`python3 -m readerkit ADDRESS KEY`: exits with 0 if the reader passed, 1 if not, 2 if untried."""

import argparse
import re
import ssl
import sys
from urllib.parse import urlsplit

from readerkit.between import Between, NotReady
from readerkit.holding import Holder, Person, Program
from readerkit.trials import TRIALS, Bench, Trial, try_all


def main() -> int:
    asked = _arguments()
    trials = [each for each in TRIALS if re.search(asked.only, each.name)]
    if not trials:
        return _not_started(f"no trial has {asked.only} in its name.")
    try:
        between = Between(
            asked.address,
            key=asked.key,
            host=asked.host,
            port=asked.port,
            trust=_trust(asked),
            tls=_tls(asked),
        )
    except (ValueError, OSError) as error:
        return _not_started(error)
    with between:
        try:
            between.check()
        except NotReady as error:
            return _not_started(error)
        holder: Holder
        if asked.reader:
            holder = Program(asked.reader, address=between.address, key=asked.key, known=asked.card)
        else:
            holder = Person()
            scheme = urlsplit(between.address).scheme.upper()
            print(f"Have the reader send by {scheme} to port {between.port} of this machine.")
        backlog = asked.backlog if asked.card else min(asked.backlog, 90)
        bench = Bench(between, holder, patience=asked.patience, backlog=backlog)
        try:
            return _report(bench, trials)
        except KeyboardInterrupt:
            return 2
        finally:
            holder.close()


def _not_started(why: object) -> int:
    print(f"Not started: {why}", file=sys.stderr)
    return 2


def _report(bench: Bench, trials: list[Trial]) -> int:
    failed = tried = 0
    for verdict in try_all(bench, trials):
        if verdict.left_out:
            print(f"left out  {verdict.name}: {verdict.left_out}")
            continue
        tried += 1
        failed += not verdict.is_good
        taps = f", {verdict.taps} taps" if verdict.taps else ""
        print(f"{'pass' if verdict.is_good else 'FAIL':9} {verdict.name}{taps}", flush=True)
        for reason in verdict.reasons:
            print(f"          {reason}", flush=True)
    print(f"\n{'This reader passed.' if not failed else f'{failed} of {tried} failed.'}")
    return 1 if failed else 0


def _trust(asked: argparse.Namespace) -> ssl.SSLContext:
    """Whose word is taken for it that somebody is the server."""
    context = ssl.create_default_context(cafile=asked.ca or None)
    if asked.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _tls(asked: argparse.Namespace) -> ssl.SSLContext | None:
    """What the kit shows to readers, if they come by HTTPS."""
    if not asked.certificate:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(asked.certificate, asked.private_key or None)
    return context


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="readerkit", description="Prove a reader correct.")
    parser.add_argument("address", help="The server's, such as http://127.0.0.1:8000")
    parser.add_argument("key", help="Of a reader that is registered for this alone.")
    parser.add_argument(
        "--reader",
        metavar="COMMAND",
        help="A program that is the reader: card numbers go to its standard input, a line for each "
        "comes out when it is taken. {address} and {key} stand for where it sends and with what. "
        "Without it a person holds cards.",
    )
    parser.add_argument("--card", default="", help="A card that the server knows, for long queues.")
    parser.add_argument("--port", type=int, default=8021, help="Where the reader sends; 8021.")
    parser.add_argument("--host", default="0.0.0.0", help="The address to listen on; all.")  # noqa: S104
    parser.add_argument(
        "--ca", metavar="FILE", help="PEM: who has signed the server's certificate."
    )
    parser.add_argument("--insecure", action="store_true", help="Believe any certificate of it.")
    parser.add_argument(
        "--certificate",
        metavar="FILE",
        help="PEM: have the reader come by HTTPS, and show it this.",
    )
    parser.add_argument("--private-key", metavar="FILE", help="PEM, where it is not in the same.")
    parser.add_argument("--only", default="", metavar="WORDS", help="Trials whose name has these.")
    parser.add_argument("--patience", type=float, default=120, metavar="SECONDS")
    parser.add_argument("--backlog", type=int, default=10_000, metavar="TAPS")
    asked = parser.parse_args()
    if not urlsplit(asked.address).hostname:
        parser.error(f"{asked.address} is no address.")
    return asked


if __name__ == "__main__":
    sys.exit(main())
