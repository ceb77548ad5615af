"""Writes ../DATA.md from photos.tsv: `python data_card.py`."""
import re
from collections import Counter
from itertools import groupby
from pathlib import Path

import prepare

HEAD = '''# Training data of tiny-video-vae

{count} photographs from Debian packages, {held_out} of them held out for evaluation. Each is CC0, in the public domain or CC-BY
by its own entry in its package's debian/copyright; author and licence below are what that entry says.
[training/photos.tsv](training/photos.tsv) has the same list with each file's SHA-256, and `training/prepare.py` fetches
them through apt. This file is made from it by `training/data_card.py`.

| licence | photographs |
|---|---|
{licences}

- `training/audit.py` made the list of candidates. A file counts only if every entry that names more than a whole folder
  and matches it is free. That is stricter than the format, where the last match counts: in endless-sky a pattern such as
  `images/land/mountain1*` would else claim 17 pictures that are CC-BY-SA by their photographers' own entries.
- {count} of the 256 candidates are left. Dropped by eye: drawings, paintings, renderings, objects cut out on white.
- Held out: at least 1000 × 600 pixels and a hash (the first 8 hexadecimal digits of the SHA-256) divisible by ten.
- "Various" is the entry's own word: it names the site that the pictures were given to, not each photographer. The
  claim that pictures from there are in the public domain is that entry's too, and was not traced further.
- budgie-backgrounds has one entry for all its files.
- The CC-BY photographs were cropped, shrunk and moved about to make training clips. None is in this repository.
'''
ROW_HEAD = '| photograph | author | licence | source | held out |\n|---|---|---|---|---|'


def source(note):
    """The address in a note, else its first part."""
    address = re.search(r'https?://\S+', note)
    return address[0] if address and 'creativecommons' not in address[0] else re.split(r'[,.(] ', note)[0].strip('. ')


def row_of(row):
    note = '' if row['package'].startswith('budgie') else source(row['note'])
    name = Path(row['file']).name
    held_out = 'yes' if prepare.held_out(row) else ''
    return f'| {name} | {row["author"]} | {row["licence"]} | {note} | {held_out} |'


def main():
    rows = prepare.manifest()
    licences = Counter(row['licence'] for row in rows)
    parts = [HEAD.format(count=len(rows), held_out=sum(map(prepare.held_out, rows)),
                         licences='\n'.join(f'| {name} | {licences[name]} |' for name in sorted(licences)))]
    for (package, version), group in groupby(rows, key=lambda row: (row['package'], row['version'])):
        parts.append('\n'.join([f'## {package} {version}\n', ROW_HEAD, *map(row_of, group), '']))
    Path(__file__).parents[1].joinpath('DATA.md').write_text('\n'.join(parts))


if __name__ == '__main__':
    main()
