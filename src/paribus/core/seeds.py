"""Counted randomness: every draw is a pure function of (seed, stream, counters), so nothing has to be carried."""

import hashlib
from dataclasses import dataclass
from typing import Literal, get_args

Stream = Literal["split", "init", "order", "augmentation", "dropout", "bootstrap"]
STREAMS: tuple[Stream, ...] = get_args(Stream)

# What a stream uses when the seed does not vary it: a value that no seed takes.
_HELD = -1


@dataclass(frozen=True, slots=True)
class Streams:
    """The randomness of one run: a seed, and which streams the seed varies.

    Args:
        seed: the run's seed; runs of all conditions with this seed share their draws (a block).
        vary: the streams that differ from seed to seed; the others are the same for every seed.
    """

    seed: int
    vary: tuple[Stream, ...] = STREAMS

    def key(self, stream: Stream, *counters: int) -> int:
        """Return 63 bits that depend on nothing but (seed, stream, counters); seeds any library's generator."""
        seed = self.seed if stream in self.vary else _HELD
        text = f"{stream}:{seed}:" + ",".join(str(int(counter)) for counter in counters)
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1
