"""Writes ../samples: three held-out photographs of NASA's, 768 pixels wide: `python samples.py PACKAGES`."""
import sys
from pathlib import Path

from PIL import Image

import clips
import prepare

CHOSEN = ('nasa7@2x.jpg', 'station3@2x.jpg', 'station4@2x.jpg')


def main():
    folder = Path(__file__).parents[1] / 'samples'
    folder.mkdir(exist_ok=True)
    for row in prepare.manifest():
        name = Path(row['file']).name
        if name not in CHOSEN or not prepare.held_out(row):
            continue
        picture = prepare.photograph(row, Path(sys.argv[1]))
        height = round(picture.height * clips.CLIP_WIDTH / picture.width)
        picture = picture.resize((clips.CLIP_WIDTH, height), Image.Resampling.LANCZOS)
        picture.save(folder / (name.partition('@')[0] + '.webp'), quality=92, method=6)


if __name__ == '__main__':
    main()
