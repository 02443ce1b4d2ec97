"""The rules of scripts/lint that compare #includes and documentation with what the CMakeLists.txt declare."""

import pathlib
import re

from repo import CPP_SUFFIXES, own_includes

KEYWORDS = {"LAYER", "SOURCES", "TESTS", "USES", "LIBRARIES", "TEST_USES", "LABELS", "TIMEOUT"}


def calls(text, function):
    """The arguments of every `function(...)` in a CMakeLists.txt, as {keyword: [words]}; "" holds the name."""
    text = re.sub(r"#[^\n]*", "", text)
    for match in re.finditer(rf"\b{function}\s*\(([^)]*)\)", text):
        arguments, keyword = {"": []}, ""
        for word in match.group(1).split():
            if word in KEYWORDS:
                keyword = word
                arguments.setdefault(keyword, [])
            else:
                arguments[keyword].append(word)
        yield arguments


class Modules:
    """The modules that src/**/CMakeLists.txt declare."""

    def __init__(self, root, files):
        self.folders = {}   # src/core/blob -> blob
        self._uses = {}     # module -> the modules it names
        self._test_uses = {}
        for path in files:
            if path.name != "CMakeLists.txt" or path.parts[0] != "src":
                continue
            text = (root / path).read_text()
            for arguments in calls(text, "tritontube_module"):
                name = arguments[""][0]
                self.folders[path.parent] = name
                self._uses[name] = set(arguments.get("USES", []))
                self._test_uses[name] = set(arguments.get("TEST_USES", []))
            # A further test program in the module's folder.
            for arguments in calls(text, "tritontube_test"):
                owner = self.folders.get(path.parent)
                self._test_uses.setdefault(owner, set()).update(arguments.get("USES", []))

    def of(self, path):
        """The module that a file belongs to, or None."""
        for folder in path.parents:
            if folder in self.folders:
                return self.folders[folder]
        return None

    def visible_from(self, module, is_test):
        """What files of `module` may include: what it uses, and what that uses."""
        seen = set()
        todo = [module, *(self._test_uses.get(module, ()) if is_test else ())]
        while todo:
            current = todo.pop()
            if current not in seen:
                seen.add(current)
                todo.extend(self._uses.get(current, ()))
        return seen


ARCHITECTURE = pathlib.Path("docs/architecture.md")


def layer_table(root, files):
    """docs/architecture.md names every module in the row of its layer, in the order in which src/CMakeLists.txt builds them."""
    if ARCHITECTURE not in files:
        return
    written = {layer: modules.split(", ") for layer, modules in
               re.findall(r"^\| `(\w+)` \| ([^|]+) \|", (root / ARCHITECTURE).read_text(), re.MULTILINE)}
    names, built = Modules(root, files).folders, {}
    for folder in re.findall(r"^add_subdirectory\((\S+)\)", (root / "src/CMakeLists.txt").read_text(), re.MULTILINE):
        built.setdefault(folder.split("/")[0], []).append(names[pathlib.Path("src") / folder])
    for layer, modules in built.items():
        if written.get(layer) != (["(one module)"] if modules == [layer] else modules):
            yield f"{ARCHITECTURE}:1: the row of the layer {layer} should name {', '.join(modules)}"


def layers(root, files):
    modules = Modules(root, files)
    for path in files:
        if path.suffix not in CPP_SUFFIXES or path.parts[0] != "src":
            continue
        module = modules.of(path)
        if module is None:
            if path.parent != pathlib.Path("src"):
                yield f"{path}:1: belongs to no tritontube_module"
            continue
        is_test = bool(re.search(r"_(test|fuzz)[_.]|conformance", path.name))
        visible = modules.visible_from(module, is_test)
        for included in own_includes(path, root):
            owner = modules.of(included)
            if owner and owner not in visible:
                yield f"{path}:1: {module} includes {included} but does not use {owner} (see its CMakeLists.txt)"
            if included.parts[0] == "tests" and not is_test:
                yield f"{path}:1: only tests may include {included}"
