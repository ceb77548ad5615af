"""Debian packages as a source of files: download through apt, unpack, read files, also those inside Qt resource archives."""
import struct
import subprocess
import zlib
from pathlib import Path

ARCHIVE_MARK = '!'  # 'usr/share/x.rcc!inner/path' is a file inside a Qt resource archive


def download(package, version, folder):
    """Downloads and unpacks one package into folder/package unless it is there; apt must know a suite that has it."""
    root = Path(folder) / package
    if root.exists():
        return root
    debs = Path(folder) / 'debs'
    debs.mkdir(parents=True, exist_ok=True)
    subprocess.run(['apt-get', 'download', f'{package}={version}'], cwd=debs, check=True)
    deb, = debs.glob(f'{package}_{version.replace(":", "%3a")}_*.deb')
    subprocess.run(['dpkg', '-x', deb, root], check=True)
    return root


def read(root, file):
    """The bytes of a file in an unpacked package."""
    path, mark, inner = file.partition(ARCHIVE_MARK)
    data = (Path(root) / path).read_bytes()
    return dict(qt_resources(data))[inner] if mark else data


def qt_resources(data):
    """Yields (path, bytes) of each file in a Qt resource archive (.rcc, versions 1 to 3). Source: qresource.cpp of Qt 5."""
    magic, version, tree, blobs, names = struct.unpack_from('>4s4I', data)
    if magic != b'qres' or version > 3:
        raise ValueError(f'a Qt resource archive of version 1 to 3 expected, got {magic!r} {version}')
    size = 14 if version == 1 else 22

    def walk(index, prefix):
        name_at, flags = struct.unpack_from('>IH', data, tree + index * size)
        length, = struct.unpack_from('>H', data, names + name_at)
        start = names + name_at + 6
        path = prefix if index == 0 else f'{prefix}/{data[start:start + 2 * length].decode("utf-16-be")}'.lstrip('/')
        if flags & 2:
            count, first = struct.unpack_from('>II', data, tree + index * size + 6)
            for child in range(first, first + count):
                yield from walk(child, path)
            return
        if flags & 4:
            raise ValueError(f'{path} must not be compressed with zstd')
        at = blobs + struct.unpack_from('>I', data, tree + index * size + 10)[0]
        length, = struct.unpack_from('>I', data, at)
        blob = data[at + 4:at + 4 + length]
        yield path, zlib.decompress(blob[4:]) if flags & 1 else blob

    yield from walk(0, '')
