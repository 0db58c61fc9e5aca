"""Draw the cat/dog set that `minidl train catdog` uses when it is given no photographs.

    python data_scripts/draw_catdog.py --out catdog-drawings --sheet sheet.png

Cats and dogs are drawn of the same parts in the same colours; what tells them apart is shape alone: a cat's pointed
ears, wide face, upright pupils and whiskers; a dog's hanging or folded ears, long muzzle, large nose and now and then
its tongue.  Everything else varies in the same way for both: where the head is and how large, its tilt and which way it
looks, fur, markings, eyes, a body or none, collar, background, something in front, light, focus and grain.

So no pixel and no colour says which animal it is.  A single neuron, which weighs each pixel for itself, does little
better than guessing; a convolutional network, which looks for the same small shapes everywhere, learns it in minutes.

The drawing itself is in minidl/data/drawn: brush.py, animals.py, scenery.py.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from minidl.data.drawings import draw_catdog_set, write_png
from minidl.data.drawn.animals import KINDS, draw_animal
from minidl.errors import DataError, MinidlError


def contact_sheet(rows: int, columns: int, size: int, seed: int) -> np.ndarray:
    """Samples (rows * size, columns * size, 3), cats and dogs in turn like a chequerboard."""
    tiles = [
        [draw_animal(KINDS[(r + c) % 2], size, np.random.default_rng((seed, r, c))) for c in range(columns)]
        for r in range(rows)
    ]
    return np.concatenate([np.concatenate(row, axis=1) for row in tiles])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="folder of the set; it must not exist yet")
    parser.add_argument("--train", type=int, default=1000, help="training pictures of each kind")
    parser.add_argument("--test", type=int, default=200, help="test pictures of each kind")
    parser.add_argument("--size", type=int, default=64, help="width and height in pixels")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sheet", type=Path, help="also draw a sheet of samples as this PNG")
    options = parser.parse_args()
    if options.out:
        if options.out.exists():
            raise DataError(f"{options.out} exists already; choose another --out")
        draw_catdog_set(options.out, options.train, options.test, options.size, options.seed)
        print(f"{2 * (options.train + options.test)} pictures in {options.out}")
    if options.sheet:
        write_png(options.sheet, contact_sheet(4, 10, 2 * options.size, options.seed))
        print(f"samples in {options.sheet}")


if __name__ == "__main__":
    try:
        main()
    except MinidlError as error:
        sys.exit(f"draw_catdog: {error}")
