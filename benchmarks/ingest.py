"""How fast a folder of photographs is read: images a second, peak memory, and the second start.

python benchmarks/ingest.py --images 20000 --resize 64
"""

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

# In a fresh process, so that memory and caches of this one do not count.
READ = """
import json, resource, sys, time
from pathlib import Path
from paribus.data.photographs import read_folder
from paribus.study import DataSpec
imported = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
begun, told = time.perf_counter(), []
spec = DataSpec(source="folder:" + sys.argv[1], resize=int(sys.argv[2]) or None)
found = read_folder(spec, base_dir=Path(), tell=told.append)
seconds = time.perf_counter() - begun
usage = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({
    "seconds": seconds, "processor_seconds": usage.ru_utime + usage.ru_stime,
    "imported_mib": imported / 1024, "peak_mib": usage.ru_maxrss / 1024, "told": len(told),
    "shape": found.arrays.train_images.shape, "test": len(found.arrays.test_images),
    "mib": sum(each.nbytes for each in found.arrays) / 2**20, "file": found.files[0].name,
    "bytes": found.files[0].bytes,
}))
"""


def photograph(draw, *, width, height):
    """Return a smooth background with shapes and a little sensor noise: about as large in JPEG as a photograph."""
    coarse = draw.integers(0, 256, size=(12, 16, 3), dtype=np.uint8)
    image = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(image)
    for _ in range(30):
        x, y, w, h = (int(each) for each in draw.integers(0, width, size=4))
        colour = tuple(int(each) for each in draw.integers(0, 256, size=3))
        (pen.ellipse if w % 2 else pen.rectangle)((x, y, x + w // 4 + 1, y + h // 4 + 1), fill=colour)
    noise = draw.normal(0, 6, size=(height, width, 3))
    return Image.fromarray(np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8))


def make(folder, *, images, distinct, classes, width, height):
    """Write so many JPEG files; beyond the distinct ones they differ in a comment, which is decoded all the same."""
    draw = np.random.Generator(np.random.Philox(key=1))
    originals = folder.parent / "originals"
    originals.mkdir()
    for index in range(min(images, distinct)):
        photograph(draw, width=width, height=height).save(originals / f"{index}.jpg", quality=85)
    for label in range(classes):
        (folder / f"class {label}").mkdir(parents=True)
    contents = itertools.cycle(sorted(originals.iterdir()))
    for index, original in zip(range(images), contents, strict=False):
        content = original.read_bytes()
        comment = f"{index:08}".encode()
        marked = content[:2] + b"\xff\xfe" + (2 + len(comment)).to_bytes(2, "big") + comment + content[2:]
        (folder / f"class {index % classes}" / f"{index}.jpg").write_bytes(marked)


def measure(folder, *, resize, cache, label):
    environment = {**os.environ, "PARIBUS_CACHE": str(cache)}
    load = os.getloadavg()[0]
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", READ, str(folder), str(resize)],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stderr)
    found = json.loads(done.stdout)
    count = found["shape"][0] + found["test"]
    print(
        f"{label}: {found['seconds']:.1f} s ({count / found['seconds']:,.0f} images/s), "
        f"{found['processor_seconds']:.1f} s of processors, process {time.perf_counter() - begun:.1f} s, "
        f"peak {found['peak_mib']:,.0f} MiB (after imports {found['imported_mib']:,.0f}), told {found['told']} times, "
        f"load before {load:.1f}"
    )
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--distinct", type=int, default=2_000)
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--width", type=int, default=500)
    parser.add_argument("--height", type=int, default=375)
    parser.add_argument("--resize", type=int, default=64, help="0: as they are")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, cache = Path(name) / "photographs", Path(name) / "cache"
        make(
            folder,
            images=given.images,
            distinct=given.distinct,
            classes=given.classes,
            width=given.width,
            height=given.height,
        )
        first = measure(folder, resize=given.resize, cache=cache, label="first start ")
        measure(folder, resize=given.resize, cache=cache, label="second start")
        changed = folder / "class 0" / "0.jpg"
        changed.unlink()
        measure(folder, resize=given.resize, cache=cache, label="one removed ")
        size = first["bytes"] / given.images / 1024
        print(f"{first['file']}, {size:.0f} KiB each; arrays {first['mib']:.0f} MiB; {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
