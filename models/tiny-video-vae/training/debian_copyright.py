"""Reads a debian/copyright file in the machine-readable format (DEP 5) and answers who owns a file, under what licence."""
import re
from dataclasses import dataclass
from functools import lru_cache

FIELD = re.compile(r'^([A-Za-z-]+):\s*(.*)$')


@dataclass(frozen=True)
class Entry:
    """One Files paragraph: its patterns, the copyright lines joined by '; ', the licence's short name, the comment."""
    patterns: tuple[str, ...]
    author: str
    licence: str
    comment: str


def _fields(paragraph):
    fields, name = {}, None
    for line in paragraph:
        match = FIELD.match(line)
        if match:
            name = match[1].lower()
            fields[name] = [match[2]]
        elif name:
            fields[name].append(line.strip())
    return fields


def parse(text):
    """Returns the Files paragraphs in their order; a text in another format gives an empty list."""
    entries, paragraph = [], []
    for line in [*text.splitlines(), '']:
        if line.strip():
            paragraph.append(line)
            continue
        fields = _fields(paragraph)
        paragraph = []
        if 'files' in fields and 'license' in fields:
            entries.append(Entry(
                patterns=tuple(' '.join(fields['files']).split()),
                author='; '.join(part for part in fields.get('copyright', []) if part),
                licence=fields['license'][0].strip(),
                comment=' '.join([*fields['license'][1:], *fields.get('comment', [])]).strip()))
    return entries


@lru_cache(maxsize=None)
def _pattern(glob):
    parts = {'*': '.*', '?': '.'}
    return re.compile(''.join(parts.get(char, re.escape(char)) for char in glob.replace('./', '')) + r'\Z', re.DOTALL)


def owners(entries, path):
    """Returns (entry, pattern) of every paragraph that matches `path`, a path in the source package; the last one counts."""
    found = []
    for entry in entries:
        globs = [glob for glob in entry.patterns if _pattern(glob).match(path)]
        if globs:
            found.append((entry, globs[-1]))
    return found
