"""A folder of images: one directory per class, decoded once, and never decoded again while no file changes."""

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import PIL

from paribus.core import DataError, FileFact, digest, nearest
from paribus.data.arrange import Arrangement, arrange
from paribus.data.entry import Entry, find_entry, unfinished, write_entry
from paribus.data.folders import cache_folder, temporary_folder
from paribus.data.images import Collected
from paribus.data.index import Hashed, hash_files
from paribus.data.ingest import decode_files
from paribus.data.layout import LAYOUT, Bad, Listing, list_folder, shown
from paribus.data.telling import Tell
from paribus.study import DataSpec

# What files become: raised when decoding or arranging them changes, so that no older result is taken for a new one.
_RULES = 1
_KEPT_IN = "photographs"
_MOST_NAMED = 10


def read_folder(spec: DataSpec, *, base_dir: Path, tell: Tell) -> Collected:
    """Return the images of "folder:PATH": one directory per class, with or without train, val and test above them.

    Classes are the names of the (training) directories, sorted; images below one, at any depth, are sorted by
    their path. Without a test directory a fixed, stratified 20 % are set aside; the images of a val directory
    become the last training images. PNG, JPEG, WEBP and BMP files are read, whatever they are called (`decode`
    says how). Where the three channels of all images are equal, one is kept.

    What was decoded is kept in the cache, by the paths and contents of all files, and by `resize`.

    Args:
        spec: `source`, `resize` and `on_bad_image` are read here.
        base_dir: where a relative path starts; "~" is the home folder.
        tell: hears how many files have been read and decoded.

    Raises:
        DataError: there is no such folder, its layout is unknown, a class has too few images, images have several
            sizes, files are no images that can be read (unless they are to be skipped), or there is no room.
    """
    return open_folder(spec, base_dir=base_dir, tell=tell).collected()


def open_folder(spec: DataSpec, *, base_dir: Path, tell: Tell, strict: bool = True) -> "FolderWork":
    """Return a folder whose files are listed and hashed, none of them decoded.

    Args:
        spec: `source` is read here.
        base_dir: as in `read_folder`.
        tell: hears how many files have been read.
        strict: as in `list_folder`.
    """
    root = _find_root(spec.source.removeprefix("folder:"), base_dir=base_dir)
    name = shown(root.resolve().name)
    listing = list_folder(root, strict=strict)
    hashed = hash_files(root, listing.files, folder=cache_folder() / _KEPT_IN, name=name, tell=tell)
    bad = (*listing.bad, *((each.file.name, each.reason) for each in hashed if not each.sha256))
    return FolderWork(spec, name, listing, tuple(each for each in hashed if each.sha256), bad, tell)


@dataclass(frozen=True, eq=False, slots=True)
class FolderWork:
    """One folder on its way to an entry in the cache.

    Attributes:
        files: those that can be opened.
        bad: what is known to be none or no image before anything is decoded.
    """

    spec: DataSpec
    name: str
    listing: Listing
    files: tuple[Hashed, ...]
    bad: tuple[Bad, ...]
    tell: Tell

    def collected(self) -> Collected:
        """Return the images, decoded or from the cache; the fact about their files counts no others."""
        self.arranged(self.files)  # too few images are told before the first is decoded
        entry = self.entry()
        self.refuse(entry.bad)
        undecoded = {path for path, _ in entry.bad}
        used = [each for each in self.files if each.file.name not in undecoded]
        return Collected(
            entry.arrays,
            self.listing.classes,
            files=(_fact(used, name=self.name),),
            given_validation=entry.given_validation,
            skipped=tuple(f"{shown(path)}: {reason}" for path, reason in sorted((*self.bad, *entry.bad))),
            paths=entry.paths,
            test_fingerprint=entry.test_fingerprint,
        )

    def entry(self) -> Entry:
        """Return the decoded images: those in the cache, or else new ones, in a temporary folder if need be."""
        key = digest(
            [_RULES, PIL.__version__, self.spec.resize, [[each.file.name, each.sha256] for each in self.files]]
        )
        kept = cache_folder() / _KEPT_IN / key[:32]
        found = find_entry(kept)
        if found is not None:
            return found
        try:
            return self._new_entry(kept)
        except OSError:
            place = temporary_folder() / _KEPT_IN / key[:32]
        try:
            return find_entry(place) or self._new_entry(place)
        except OSError as error:
            wrong = f"decoded images cannot be written to the cache, nor here: {error.strerror or error}"
            allowed = "a folder with room for them: PARIBUS_CACHE"
            raise DataError(tempfile.gettempdir(), wrong=wrong, allowed=allowed) from error

    def _new_entry(self, place: Path) -> Entry:
        with unfinished(place) as part, tempfile.TemporaryFile(dir=part) as scratch:
            decoded = decode_files(self.files, scratch, size=self.spec.resize, name=self.name, tell=self.tell)
            arranged = self.arranged(decoded.kept, bad=decoded.bad)
            write_entry(part, place, scratch=scratch, decoded=decoded, arranged=arranged)
        found = find_entry(place)
        if found is None:
            raise OSError(None, f"{place} cannot be read again")
        return found

    def arranged(self, files: Sequence[Hashed], *, bad: Sequence[Bad] = ()) -> Arrangement:
        """Divide images; where there are too few, the files that are none are the first to be told."""
        try:
            return arrange(self.listing, files, name=self.name)
        except DataError:
            self.refuse(bad)
            raise

    def refuse(self, more: Sequence[Bad]) -> None:
        """Stop at bad files, unless they are to be skipped."""
        bad = sorted((*self.bad, *more))
        if not bad or self.spec.on_bad_image == "skip":
            return
        lines = [f"{shown(path)}: {reason}" for path, reason in bad[:_MOST_NAMED]]
        if len(bad) > _MOST_NAMED:
            lines.append(f"and {len(bad) - _MOST_NAMED:,} more")
        are = "one file is" if len(bad) == 1 else f"{len(bad):,} files are"
        wrong = f"{are} no image that can be read, or not where images belong, in {self.name}:"
        raise DataError(
            "data.source",
            wrong="\n    ".join([wrong, *lines]),
            allowed='images only: remove the others, or leave them out with data.on_bad_image = "skip"',
        )


def _fact(hashed: Sequence[Hashed], *, name: str) -> FileFact:
    """Return the images that are used as one fact: their number, bytes, and a digest of their paths and contents."""
    total = sum(each.file.state[0] for each in hashed)
    listed = digest([[each.file.name, each.sha256] for each in hashed])
    return FileFact(f"folder {name}: {len(hashed):,} images", total, listed)


def _find_root(written: str, *, base_dir: Path) -> Path:
    """Return the folder that a study names.

    Raises:
        DataError: when it is a file, or not there; with the nearest name beside it.
    """
    root = base_dir / os.path.expanduser(written)  # noqa: PTH111 - Path.expanduser raises where there is no home
    try:
        if root.is_dir():
            return root
        there = root.exists()
    except OSError as error:
        wrong = f"{shown(str(root))} cannot be read: {error.strerror or error}"
        raise DataError("data.source", wrong=wrong, allowed="a folder that you may read") from error
    if there:
        raise DataError("data.source", wrong=f"{shown(str(root))} is a file", allowed=f"a folder: {LAYOUT}")
    near = _nearest_beside(root)
    raise DataError("data.source", wrong=f"there is no folder {shown(str(root))}", allowed=LAYOUT, nearest=near)


def _nearest_beside(root: Path) -> str:
    """Return the folder that was probably meant: the first part of the path that is missing, put right."""
    missing = next((each for each in (root, *root.parents) if each.parent.is_dir()), root)
    try:
        beside = [each.name for each in missing.parent.iterdir() if each.is_dir()]
    except OSError:
        return ""
    near = nearest(missing.name, beside)
    return shown(str(missing.parent / near / root.relative_to(missing))) if near else ""
