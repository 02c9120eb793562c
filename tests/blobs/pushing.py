"""A process that pushes until it is killed, and prints every key once it is sealed.

python -m tests.blobs.pushing FOLDER
"""

import os
import random
import sys
import threading

from berth.blobs import DiskStore, key_of
from berth.words import digest
from tests.blobs import filling

THREADS = 4
CHANCE = random.Random()  # noqa: S311  no secret is made of it


def push_for_ever(store: DiskStore) -> None:
    while True:
        pieces = [CHANCE.randbytes(CHANCE.choice((0, 10, 5_000, 100_000))) for _ in range(CHANCE.randrange(4))]
        upload = filling.new_id()
        for piece in pieces:
            with store.append(upload, new=True) as part:
                part.write(piece)
        with store.append(upload, new=True) as part:
            key = key_of(digest.of(b"".join(pieces)), upload)
            part.seal(key)
        # One write is one line for the reader, whole or not at all.
        os.write(sys.stdout.fileno(), f"{key}\n".encode())


def main(folder: str) -> None:
    store = DiskStore.at(folder)
    for _ in range(THREADS):
        threading.Thread(target=push_for_ever, args=[store]).start()


if __name__ == "__main__":
    main(sys.argv[1])
