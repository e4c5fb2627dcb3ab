"""The digits that come with scikit-learn: real images that need no file of their own."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt

from paribus.core import DataError, FileFact, Streams, digest_bytes
from paribus.data.catalog import Source
from paribus.data.images import Arrays
from paribus.data.split import stratified_order

# Of the 1,797 x 64 values from 0 to 16 and then the labels, a byte each.
_SHA256 = "87ff0c9e40dc7e2c0e34e7257799c2e3f3aec1a016363bb11cad869ec428a826"


def read_digits(source: Source) -> tuple[Arrays, tuple[FileFact, ...]]:
    """Return scikit-learn's digits as 8-bit images, 20 % of them (359) set aside as a test set.

    A value v from 0 to 16 becomes (255 v + 8) // 16: v * 255 / 16, halves up; 0 stays 0 and 16 becomes 255.
    The test images are stratified and the same for every seed.

    Raises:
        DataError: when the installed scikit-learn has other digits.
    """
    rows = _rows()
    values, labels = rows[:, :-1], rows[:, -1].astype(np.int64)
    content = values.tobytes() + rows[:, -1].tobytes()
    fact = FileFact("scikit-learn: load_digits()", len(content), digest_bytes(content))
    if fact.sha256 != _SHA256:
        wrong = f"the digits of the installed scikit-learn have SHA-256 {fact.sha256}"
        raise DataError("data.source", wrong=wrong, allowed=_SHA256, next_command="pip install 'scikit-learn>=1.5'")
    images = ((values.astype(np.uint16) * 255 + 8) // 16).astype(np.uint8).reshape(-1, *source.image_shape)
    order = stratified_order(labels, key=Streams(seed=0, vary=()).key("split", 0))
    test, train = np.sort(order[: source.test]), np.sort(order[source.test :])
    return Arrays(images[train], labels[train], images[test], labels[test]), (fact,)


def _rows() -> npt.NDArray[np.uint8]:
    """Return 64 values and a label for each image, from scikit-learn's own file: to import it takes two seconds."""
    found = find_spec("sklearn")
    assert found is not None, "a dependency"
    assert found.origin is not None
    file = Path(found.origin).parent / "datasets" / "data" / "digits.csv.gz"
    if file.exists():
        return np.loadtxt(file, delimiter=",", dtype=np.uint8)
    from sklearn.datasets import load_digits  # noqa: PLC0415  another scikit-learn keeps them elsewhere

    loaded = load_digits()
    return np.column_stack([loaded.data, loaded.target]).astype(np.uint8)
