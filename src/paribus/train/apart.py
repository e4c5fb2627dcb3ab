"""The other side of `process.apart`: takes one call, makes it, sends back what it gave."""

import sys
from multiprocessing.connection import Connection

from paribus.core import ParibusError
from paribus.train.process import keeping_all


def main(descriptor: int) -> None:
    """Serve one call."""
    connection: Connection = Connection(descriptor)
    with keeping_all():  # what is called is imported as it arrives
        function, args, named = connection.recv()
    try:
        answer = function(*args, **named)
    except ParibusError as error:
        answer = error
    connection.send(answer)


if __name__ == "__main__":
    main(int(sys.argv[1]))
