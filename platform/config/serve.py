"""The web process of `manage.py up`: serves on a socket that the supervisor has opened, so a restart refuses nobody."""

import argparse
import socket

import uvicorn
from django.conf import settings


class Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and settings.READY_FILE is not None:
            settings.READY_FILE.touch()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m config.serve", description=__doc__)
    parser.add_argument("--fd", type=int, required=True, help="an open listening socket")
    listener = socket.socket(fileno=parser.parse_args().fd)
    config = uvicorn.Config(
        "config.asgi:application",
        lifespan="off",
        access_log=False,
        log_config=None,  # Django's logging is used
        timeout_graceful_shutdown=5,
        server_header=False,
        proxy_headers=False,
    )
    Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
