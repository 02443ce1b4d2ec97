"""What the other scripts know about this repository: its files, its modules, and who includes whom."""

import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
CPP_SUFFIXES = {".h", ".cc"}


def tracked_files(root=ROOT):
    """Every file that git knows or would add, as paths relative to `root`."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root, check=True, capture_output=True, text=True).stdout
    return sorted({pathlib.Path(name) for name in listing.split("\0") if name and (root / name).is_file()})


def cpp_files(root=ROOT):
    return [path for path in tracked_files(root) if path.suffix in CPP_SUFFIXES]


def own_includes(path, root=ROOT):
    """The files of this repository that `path` includes directly, in order."""
    text = (root / path).read_text(encoding="utf-8")
    found = []
    for name in re.findall(r'^\s*#\s*include\s+"([^"]+)"', text, re.MULTILINE):
        for folder in (pathlib.Path("src"), pathlib.Path("tests"), pathlib.Path(), path.parent):
            if (root / folder / name).is_file():
                found.append(folder / name)
                break
    return found


class IncludeGraph:
    """Answers "what does this file see?" without asking the compiler."""

    def __init__(self, root=ROOT):
        self._root = root
        self._direct = {}
        self._closures = {}
        self._hashes = {}

    def direct(self, path):
        """What `path` itself includes of ours."""
        if path not in self._direct:
            self._direct[path] = frozenset(own_includes(path, self._root))
        return self._direct[path]

    def closure(self, path):
        """`path` and everything of ours that it includes, however deep."""
        if path in self._closures:
            return self._closures[path]
        seen, todo = set(), [path]
        while todo:
            current = todo.pop()
            if current in seen:
                continue
            seen.add(current)
            todo.extend(self.direct(current))
        self._closures[path] = frozenset(seen)
        return self._closures[path]

    def content_key(self, path, *extra):
        """Changes when `path`, one of its headers, or one of the `extra` words changes."""
        digest = hashlib.sha256()
        for name in sorted(self.closure(path)):
            digest.update(f"{name} {self._file_hash(name)}\n".encode())
        for word in extra:
            digest.update(word.encode() + b"\0")
        return digest.hexdigest()

    def _file_hash(self, path):
        if path not in self._hashes:
            self._hashes[path] = hashlib.sha256((self._root / path).read_bytes()).hexdigest()
        return self._hashes[path]


def changed_files(root=ROOT):
    """What this clone would bring: files that differ from origin/main, committed or not.

    A clean clone of origin/main itself, which is what continuous integration has, brings what its last commit changed.
    """
    def git(*words):
        return subprocess.run(["git", *words], cwd=root, capture_output=True, text=True).stdout.splitlines()

    head = git("rev-parse", "HEAD")
    base = git("merge-base", "HEAD", "origin/main") or head
    new = git("ls-files", "--others", "--exclude-standard")
    if base == head and not git("diff", "--name-only", "HEAD") + new:
        base = git("rev-parse", "--verify", "--quiet", "HEAD~1") or head
    return {pathlib.Path(name) for name in git("diff", "--name-only", base[0]) + new}


def cache_folder(name):
    """A folder outside the clone, shared by all clones as ccache's is: what it holds is known by content."""
    cache = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(cache) / "tritontube" / name


class Passed:
    """Remembers, in a folder, which content has already passed a check."""

    def __init__(self, folder):
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def __contains__(self, key):
        return (self._folder / key).exists()

    def add(self, key):
        (self._folder / key).touch()


def compile_commands(preset="tidy", root=ROOT):
    """The compile command of each source as a list of words; configures the preset first."""
    subprocess.run(["cmake", "--preset", preset], cwd=root, check=True, stdout=subprocess.DEVNULL)
    entries = json.loads((root / "build" / preset / "compile_commands.json").read_text())
    commands = {}
    for entry in entries:
        path = pathlib.Path(entry["file"])
        if path.is_relative_to(root) and not path.is_relative_to(root / "build"):
            words = shlex.split(entry["command"])
            commands[path.relative_to(root)] = words[1:] if words[0].endswith("ccache") else words
    return commands


def jobs():
    return max(1, len(os.sched_getaffinity(0)))
