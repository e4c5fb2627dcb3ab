"""Images of several sizes in a file of the user's own: loaded in the size that the error proposes."""

import re
from collections.abc import Callable

from paribus.core import DataError
from paribus.data import Images
from paribus.study import DataSpec, is_code

_PROPOSED = re.compile(r"\bresize = (\d+)")


def load_scaled(spec: DataSpec, *, load: Callable[[DataSpec], Images]) -> tuple[Images, DataSpec, DataError | None]:
    """Return images, in a size of ours where they have several and the data table has none.

    The user's code is the only one that knows the sizes, and its error the only thing that leaves its process.

    Args:
        spec: the data table.
        load: reads it.

    Returns:
        The images, the data table with the size that was used, and the error that made it necessary.

    Raises:
        DataError: the images cannot be read in any size.
    """
    try:
        return load(spec), spec, None
    except DataError as error:
        proposed = _PROPOSED.search(error.allowed)
        if not is_code(spec.source) or spec.resize is not None or proposed is None:
            raise
        sized = spec.model_copy(update={"resize": int(proposed[1])})
        return load(sized), sized, error
