"""The rules of scripts/lint that ask clang: headers that stand alone, results that are dropped.

What has passed is remembered by content.
"""

import collections
import concurrent.futures
import pathlib
import re
import subprocess
import tempfile

from lint_text import without_comments
from repo import CPP_SUFFIXES, IncludeGraph, Passed, compile_commands, jobs

# `co_await F();` as a statement: the compiler does not warn when F is a Task of
# a nodiscard type. Ignore(co_await F(), "why") is not a statement of that form.
DROPPED_AWAIT = """
set output diag
match coawaitExpr(
  hasType(hasUnqualifiedDesugaredType(recordType(hasDeclaration(cxxRecordDecl(
    hasAnyName("::std::expected", "::tritontube::Error")))))),
  isExpansionInFileMatching("/(src|tests|bench)/"),
  anyOf(hasParent(compoundStmt()), hasParent(exprWithCleanups(hasParent(compoundStmt()))),
        hasParent(ifStmt()), hasParent(exprWithCleanups(hasParent(ifStmt()))),
        hasParent(forStmt()), hasParent(exprWithCleanups(hasParent(forStmt()))),
        hasParent(whileStmt()), hasParent(exprWithCleanups(hasParent(whileStmt()))),
        hasParent(cxxForRangeStmt()), hasParent(exprWithCleanups(hasParent(cxxForRangeStmt())))))
"""
AWAIT_STATEMENT = re.compile(r"(?:^|[;{}:)]|\belse)\s*co_await\b")


def has_await_statement(text):
    return AWAIT_STATEMENT.search(without_comments(text)) is not None


def flags_for(path, commands, graph):
    """The flags that a header is compiled with: those of a source that includes it, of one in its folder, or of any."""
    includers = [source for source in commands if path in graph.closure(source)]
    beside = [source for source in commands if source.parent == path.parent]
    for candidates in ([source for source in includers if source in beside], includers, beside, commands):
        if candidates:
            return strip_output(commands[next(iter(candidates))])
    return []


def strip_output(words):
    """A compile command without what it reads and writes."""
    kept, skip = [], False
    for word in words[1:]:
        if skip or word == "-c":
            skip = False
        elif word in ("-o", "-MF", "-MT", "-MQ"):
            skip = True
        elif not word.endswith((".cc", ".o")) and word not in ("-MD", "-MMD"):
            kept.append(word)
    return kept


def first_errors(text, count=3):
    return [line for line in text.splitlines() if " error: " in line][:count]


class Preambles:
    """Precompiled headers that save parsing the same libraries for every header.

    A header may only begin with what it includes anyway, so what it has forgotten is missing still. `hubs` are the
    headers that many of `paths` include; each other one begins with the largest hub that it includes.
    """

    def __init__(self, paths, graph, folder, includers_min=20):
        self._graph = graph
        self._folder = folder
        includers = collections.Counter(name for path in paths for name in graph.closure(path) - {path})
        self.hubs = [path for path in paths if includers[path] >= includers_min]

    def of(self, path):
        """The file that `path` begins with, or None. A hub begins with nothing: clang-19 breaks on chains of them."""
        if path in self.hubs:
            return None
        included = [hub for hub in self.hubs if hub in self._graph.closure(path) and self.file(hub).exists()]
        largest = max(included, key=lambda hub: (len(self._graph.closure(hub)), hub), default=None)
        return largest and self.file(largest)

    def file(self, hub):
        return self._folder / (str(hub).replace("/", "_") + ".pch")


class Compiled:
    def __init__(self, root, files, commands=None, cache=None, changed=None):
        """`cache` is a folder for what has passed; without one it is the clone's own.

        Only what sees one of the files in `changed` is searched for dropped results: parsing every file that awaits takes
        minutes. None is all of them.
        """
        self._root = root
        self._files = files
        self._commands = compile_commands("tidy", root) if commands is None else commands
        self._changed = changed
        self._graph = IncludeGraph(root)
        self._passed = Passed(cache or root / "build/lint-cache")

    def run(self):
        headers = [path for path in self._files if path.suffix == ".h" and path.parts[0] in ("src", "tests", "bench")]
        with concurrent.futures.ThreadPoolExecutor(jobs()) as pool, tempfile.TemporaryDirectory() as folder:
            headers = self._not_passed(headers, self._check_header)
            self._preambles = Preambles(headers, self._graph, pathlib.Path(folder))
            # What others begin with is compiled before them.
            for some in (self._preambles.hubs, [path for path in headers if path not in self._preambles.hubs]):
                yield from self._check_all(pool, some, self._check_header)
            yield from self._check_all(pool, self._not_passed(self._await_sources(), self._check_awaits), self._check_awaits)

    def _key(self, path, check):
        return self._graph.content_key(path, check.__name__, DROPPED_AWAIT)

    def _not_passed(self, paths, check):
        return [path for path in paths if self._key(path, check) not in self._passed]

    def _check_all(self, pool, paths, check):
        for path, findings in zip(paths, pool.map(check, paths)):
            if not findings:
                self._passed.add(self._key(path, check))
            yield from findings

    def _await_sources(self):
        """Enough sources to see every statement that only awaits: its own, or one that includes the header directly."""
        graph = self._graph
        awaiting = {path for path in self._files
                    if path.suffix in CPP_SUFFIXES and has_await_statement((self._root / path).read_text())}
        chosen = [source for source in self._commands if source in awaiting or graph.direct(source) & awaiting]
        seen = set().union(*map(graph.closure, chosen))
        for header in sorted(awaiting - seen):
            chosen += [source for source in self._commands if header in graph.closure(source)][:1]
        return sorted({source for source in chosen if self._changed is None or self._changed & graph.closure(source)})

    def _check_header(self, path):
        preamble = self._preambles.of(path)
        run = self._compile_header(path, preamble)
        if run.returncode != 0 and preamble:
            run = self._compile_header(path, None)
        if run.returncode == 0:
            return []
        return [f"{path}:1: does not compile on its own: {line}" for line in first_errors(run.stderr) or [run.stderr]]

    def _compile_header(self, path, preamble):
        flags = flags_for(path, self._commands, self._graph)
        if preamble:
            flags += ["-include-pch", str(preamble)]
        if path in self._preambles.hubs:
            flags += ["-x", "c++-header", "-o", str(self._preambles.file(path))]
        else:
            flags += ["-fsyntax-only", "-x", "c++"]
        return subprocess.run(["clang++-19", *flags, "-Wno-pragma-once-outside-header", str(self._root / path)],
                              cwd=self._root, capture_output=True, text=True)

    def _check_awaits(self, path):
        run = subprocess.run(["clang-query-19", "-f", "/dev/stdin", str(self._root / path), "--",
                              *strip_output(self._commands[path]), "-Wno-everything"],
                             cwd=self._root, capture_output=True, text=True, input=DROPPED_AWAIT)
        if run.returncode != 0:
            return [f"{path}:1: clang-query failed: {line}" for line in first_errors(run.stderr) or [run.stderr]]
        places = re.findall(r"^(\S+?:\d+):\d+: note: \"root\" binds here", run.stdout, re.MULTILINE)
        return [f"{place.replace(str(self._root) + '/', '')}: the Result of this co_await is dropped: "
                "check it, or write Ignore(co_await ..., \"why\")" for place in places]
