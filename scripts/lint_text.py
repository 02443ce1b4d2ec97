"""The rules of scripts/lint that read text. Each takes a root and its files and yields findings."""

import re

from repo import CPP_SUFFIXES

LINES_MAX = 500
CODE_SUFFIXES = CPP_SUFFIXES | {".py", ".mjs", ".js", ".ts", ".tsx", ".css", ".cmake"}
BINARY_SUFFIXES = {".png", ".jpg", ".ico", ".woff2", ".mp4", ".bin"}

# Written in pieces so that this file passes its own rules.
UNFINISHED = re.compile(r"\b(FIX" r"ME|TO" r"DO|XX" r"X)\b|\b[Ff]or" r" now\b|\b[Nn]ot (yet )?" r"implemented\b")
ONE_MACHINE = re.compile(r"(?<![\w.])/(wo" r"rk|tmp/w" r"t|tmp/to" r"ols|ro" r"ot|home/\w+)/")
REGISTRY = re.compile(r"registry\.npm" r"js|\"resolved\":|pypi\." r"org", re.IGNORECASE)

IN_TELEMETRY = re.compile(r"^src/foundation/telemetry/")
IN_ASYNC = re.compile(r"^src/foundation/async/")
IN_TESTS = re.compile(r"_test\.cc$|conformance|^tests/")
NOWHERE = re.compile(r"(?!)")

# (pattern, where it is allowed, what to write instead)
BANNED_CPP = [
    (re.compile(r"(?<!co_await )(?<!co_await asio::)\b(?:asio::)?co_spawn\s*\("), IN_ASYNC,
     "co_spawn that nobody awaits: spawn in an async::TaskGroup, which waits for its tasks"),
    (re.compile(r"\basio::detached\b"), IN_ASYNC,
     "a detached task has no owner: spawn it in an async::TaskGroup"),
    (re.compile(r"\basio::awaitable\b"), IN_ASYNC,
     "write async::Task: the two kinds of awaitable cannot await each other"),
    (re.compile(r"\basio::use_awaitable\b"), IN_ASYNC,
     "write async::kUseTask: asio::use_awaitable throws"),
    (re.compile(r"\bspdlog::|<spdlog/"), IN_TELEMETRY,
     "write telemetry::Log: it has fields, and escapes what comes from outside"),
    (re.compile(r"\bstd::cout\b"), NOWHERE,
     "write fmt::print or the logger: streams of the standard library are slow and interleave"),
    (re.compile(r"\bthrow\b"), IN_TESTS,
     "we throw no exceptions: return an Error, or TT_ASSERT when our own code is wrong"),
    (re.compile(r"\b(?:sleep_for|sleep_until|usleep)\b"), IN_ASYNC,
     "a thread that sleeps holds up its io_context, and a test that sleeps is slow or flaky: wait for the event"),
]


def read(root, path):
    """The text of a file, or None when it is not text."""
    if path.suffix in BINARY_SUFFIXES:
        return None
    try:
        return (root / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def without_comments(text):
    """C++ with comments and literals blanked out; every line stays where it was."""
    pattern = re.compile(
        r'R"(?P<tag>[^()\s]{0,16})\(.*?\)(?P=tag)"|//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'',
        re.DOTALL)

    def blank(match):
        word = match.group()
        # A digit separator, as in 1'000'000, is no literal.
        if word[0] == "'" and match.start() and text[match.start() - 1].isalnum():
            return word
        return ('""' if word[0] in "\"R" else "") + "\n" * word.count("\n")

    return pattern.sub(blank, text)


def lines_matching(path, text, pattern, message):
    for number, line in enumerate(text.split("\n"), start=1):
        if match := pattern.search(line):
            yield f"{path}:{number}: {message.format(match.group().strip())}"


def unfinished(root, files):
    for path in files:
        if (text := read(root, path)) is not None and path.suffix != ".json":
            yield from lines_matching(path, text, UNFINISHED, "'{}': finish it, or leave it out and say so in an issue")


def machine_paths(root, files):
    for path in files:
        if (text := read(root, path)) is not None:
            yield from lines_matching(path, text, ONE_MACHINE, "'{}' exists on one machine only")
            yield from lines_matching(path, text, REGISTRY, "'{}': a lock file names versions and hashes, no hosts")


def pragma_once(root, files):
    for path in files:
        if path.suffix == ".h" and not re.search(r"^#pragma once$", (root / path).read_text(), re.MULTILINE):
            yield f"{path}:1: a header begins with #pragma once"


def banned_forms(root, files):
    for path in files:
        if path.suffix not in CPP_SUFFIXES:
            continue
        raw = (root / path).read_text().split("\n")
        code = without_comments("\n".join(raw)).split("\n")
        for number, (line, shown) in enumerate(zip(code, zip(["", *raw], raw)), start=1):
            for pattern, allowed, message in BANNED_CPP:
                # "lint: " and a reason, here or on the line above, is an exception somebody thought about.
                excused = any("// lint: " in text for text in shown)
                if pattern.search(line) and not allowed.search(str(path)) and not excused:
                    yield f"{path}:{number}: {message}"


def big_files(root, files):
    for path in files:
        if path.suffix in CODE_SUFFIXES:
            count = (root / path).read_text().count("\n")
            if count > LINES_MAX:
                yield f"{path}:1: {count} lines; a file has at most {LINES_MAX}: find the second subject in it"


def dead_links(root, files):
    for path in files:
        if path.suffix != ".md":
            continue
        for number, line in enumerate((root / path).read_text().split("\n"), start=1):
            for target in re.findall(r"\]\(([^)\s]+)\)", line):
                if re.match(r"[a-z]+:|#", target):
                    continue
                name = target.split("#")[0]
                place = root / name.lstrip("/") if name.startswith("/") else root / path.parent / name
                if not place.exists():
                    yield f"{path}:{number}: the link to {target} leads nowhere"


TEXT_RULES = [unfinished, machine_paths, pragma_once, banned_forms, big_files, dead_links]
