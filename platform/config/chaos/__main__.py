"""The process that does the work: makes a place, then reads the settings for it."""

import sys
from argparse import ArgumentParser

from config.chaos.options import Options, declare
from config.chaos.place import own_place
from config.demonstration import interruptible

INTERRUPTED = 130


def main() -> int:
    parser = ArgumentParser(prog="manage.py chaos")
    declare(parser)
    options = Options.of(parser.parse_args())
    interruptible()
    with own_place() as place:
        import django

        django.setup()
        from config.chaos.session import run

        try:
            return run(place, options)
        except KeyboardInterrupt:
            sys.stdout.write("Interrupted; everything is stopped.\n")
            return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
