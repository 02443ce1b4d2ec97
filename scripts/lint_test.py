#!/usr/bin/env python3
"""Each rule of scripts/lint objects to a planted violation, and to nothing in the same thing done right."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
import lint_text  # noqa: E402
from lint_compiled import Compiled, has_await_statement  # noqa: E402
from lint_layers import layer_table, layers  # noqa: E402
from repo import IncludeGraph, tracked_files  # noqa: E402

# Enough of a coroutine for clang to see what an await returns.
TASK = """#pragma once
#include <coroutine>
#include <expected>
template <typename T>
struct Task {
  struct promise_type {
    Task get_return_object();
    std::suspend_never initial_suspend() noexcept;
    std::suspend_never final_suspend() noexcept;
    template <typename U> void return_value(U&&);
    void unhandled_exception();
  };
  bool await_ready();
  void await_suspend(std::coroutine_handle<>);
  T await_resume();
};
using Store = Task<std::expected<int, int>>;
template <typename T> void Ignore(const T&, const char*) {}
Store Put();
Task<int> Count();
"""


class LintTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name).resolve()
        subprocess.run(["git", "init", "-q"], cwd=self.root, check=True)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def run_rule(self, rule):
        return list(rule(self.root, tracked_files(self.root)))

    def objects(self, rule, name, bad, good):
        """`rule` finds one fault in `bad`, names the file, and finds none in `good`."""
        self.write(name, bad)
        found = self.run_rule(rule)
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith(f"{name}:"), found)
        self.write(name, good)
        self.assertEqual(self.run_rule(rule), [])

    def test_unfinished_work(self):
        for words in ("TO" "DO: later", "a FIX" "ME", "good enough for" " now", "not" " implemented"):
            self.objects(lint_text.unfinished, "src/a.cc", f"// {words}\n", "// done\n")

    def test_paths_of_one_machine(self):
        for words in ("/wo" "rk/main/x", "/tmp/w" "t/a", "/home/" "anna/x"):
            self.objects(lint_text.machine_paths, "a.md", f"see {words}\n", "see src/network/x\n")

    def test_hosts_in_lock_files(self):
        self.objects(lint_text.machine_paths, "package-lock.json",
                     '{"reso' 'lved": "https://example.org/a.tgz"}\n', '{"integrity": "sha512-a"}\n')

    def test_missing_pragma_once(self):
        self.objects(lint_text.pragma_once, "src/a.h", "int F();\n", "#pragma once\nint F();\n")

    def test_banned_forms(self):
        for bad in ("co_spawn(executor, F(), token);", "asio::awaitable<void> F();", "std::cout << 1;",
                    "auto token = asio::detached;", "throw 1;", "sleep_for(1s);",
                    "co_await F(asio::use_awaitable);", "spdlog::warn(1);"):
            self.objects(lint_text.banned_forms, "src/a.cc", bad + "\n", f"// {bad}\nauto s = \"{bad}\";\n")

    def test_banned_forms_with_a_reason_or_in_async_pass(self):
        self.write("src/a.cc", "sleep_for(1s);  // lint: this program has one thread and nothing to do\n")
        self.write("src/foundation/async/a.cc", "co_spawn(executor, F(), token);\n")
        self.write("src/b.cc", "co_await asio::co_spawn(other, F(), token);\nco_await co_spawn(other, F(), token);\n")
        self.assertEqual(self.run_rule(lint_text.banned_forms), [])

    def test_digit_separators_are_no_literals(self):
        self.objects(lint_text.banned_forms, "src/a.cc", "int a = 1'000; throw 1; int b = 2'000;\n", "int a = 1'000;\n")

    def test_big_files(self):
        self.objects(lint_text.big_files, "src/a.cc", "\n" * 501, "\n" * 500)

    def test_dead_links(self):
        self.write("docs/b.md", "")
        self.objects(lint_text.dead_links, "docs/a.md", "[b](c.md#part)\n",
                     "[b](b.md#part) [root](/docs/b.md) [web](https://example.org/x) [here](#here)\n")

    def declare(self, name, folder, uses, extra=""):
        self.write(f"src/{folder}/CMakeLists.txt",
                   f"tritontube_module(\n  {name}\n  LAYER x\n  SOURCES a.cc\n  USES {uses}{extra})\n")
        self.write(f"src/{folder}/{name}.h", "#pragma once\n")

    def test_includes_that_are_not_declared(self):
        self.declare("base", "base", "")
        self.declare("blob", "core/blob", "base")
        self.declare("http", "transport/http", "base")
        self.objects(layers, "src/transport/http/a.cc",
                     '#include "base/base.h"\n#include "core/blob/blob.h"\n', '#include "base/base.h"\n')

    def test_includes_of_what_a_used_module_uses_pass(self):
        self.declare("base", "base", "")
        self.declare("blob", "core/blob", "base")
        self.declare("upload", "services/upload", "blob")
        self.write("src/services/upload/a.cc", '#include "base/base.h"\n')
        self.assertEqual(self.run_rule(layers), [])

    def test_test_uses_are_for_tests_only(self):
        self.declare("base", "base", "")
        self.declare("blob", "core/blob", "", "\n  TEST_USES base")
        self.write("src/core/blob/a_test.cc", '#include "base/base.h"\n')
        self.objects(layers, "src/core/blob/a.cc", '#include "base/base.h"\n', "")

    def test_files_outside_every_module(self):
        self.write("src/lost/a.cc", "")
        self.assertEqual(len(self.run_rule(layers)), 1)

    def test_modules_that_the_architecture_does_not_name(self):
        self.declare("base", "base", "")
        self.declare("blob", "core/blob", "base")
        self.declare("media", "core/media", "base")
        self.write("src/CMakeLists.txt",
                   "add_subdirectory(base)\nadd_subdirectory(core/blob)\nadd_subdirectory(core/media)\n")
        table = "| layer | modules |\n|---|---|\n| `base` | (one module) | errors |\n| `core` | {} | the seams |\n"
        self.objects(layer_table, "docs/architecture.md", table.format("blob"), table.format("blob, media"))
        self.objects(layer_table, "docs/architecture.md", table.format("media, blob"), table.format("blob, media"))

    def compiled(self, changed=None, **flags_of_sources):
        """With "src/NAME.cc" compiled with flags of its own for each NAME=FLAGS."""
        commands = {pathlib.Path(f"src/{name}.cc"):
                    ["clang++-19", "-std=c++23", f"-I{self.root}/src", *flags, "-o", f"{name}.o", "-c", f"src/{name}.cc"]
                    for name, flags in {"a": [], **flags_of_sources}.items()}
        return list(Compiled(self.root, tracked_files(self.root), commands, changed=changed).run())

    def test_headers_that_do_not_compile_alone(self):
        self.write("src/a.cc", "")
        self.write("src/a.h", "#pragma once\nstd::string F();\n")
        found = self.compiled()
        self.assertTrue(found and found[0].startswith("src/a.h:1: does not compile on its own"), found)
        self.write("src/a.h", "#pragma once\n#include <string>\nstd::string F();\n")
        self.assertEqual(self.compiled(), [])

    def test_headers_are_compiled_as_the_sources_that_include_them(self):
        self.write("src/a.cc", "")
        self.write("tests/support/b.h", "#pragma once\n")
        self.write("src/a_fixture_test.h", '#pragma once\n#include "support/b.h"\n')
        self.write("src/a_test.cc", '#include "a_fixture_test.h"\n')
        self.assertEqual(self.compiled(a_test=[f"-I{self.root}/tests"]), [])

    def test_what_many_headers_include_hides_nothing_that_they_have_forgotten(self):
        self.write("src/a.cc", "")
        self.write("src/hub.h", "#pragma once\n#include <string>\n")
        for i in range(25):
            self.write(f"src/h{i}.h", f'#pragma once\n#include "hub.h"\ninline std::string F{i}();\n')
        self.assertEqual(self.compiled(), [])
        self.write("src/h7.h", '#pragma once\nstd::string F();\n')
        self.write("src/h8.h", '#pragma once\n#include "hub.h"\nstd::map<int, int> F();\n')
        self.assertEqual({line.split(":")[0] for line in self.compiled()}, {"src/h7.h", "src/h8.h"})

    def test_dropped_results_in_a_header_of_a_header(self):
        self.write("src/task.h", TASK)
        self.write("src/deep.h", '#pragma once\n#include "task.h"\ninline Task<int> F() {\n  co_await Put();\n  co_return 1;\n}\n')
        self.write("src/b.h", '#pragma once\n#include "deep.h"\n')
        self.write("src/a.cc", '#include "b.h"\n')
        found = self.compiled()
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith("src/deep.h:4: the Result"), found)

    def test_dropped_results_of_awaits(self):
        self.write("src/task.h", TASK)
        body = '#include "task.h"\nTask<int> F(bool b) {{\n  {}\n  co_return 1;\n}}\n'
        for bad in ("co_await Put();", "if (b) co_await Put();", "{ co_await Put(); }",
                    "if (b) {} else co_await Put();", "for (;;) co_await Put();"):
            self.write("src/a.cc", body.format(bad))
            found = self.compiled()
            self.assertEqual(len(found), 1, (bad, found))
            self.assertTrue(found[0].startswith("src/a.cc:3: the Result"), found)
        for good in ('Ignore(co_await Put(), "why");', "co_await Count();", "auto r = co_await Put();",
                     "if ((co_await Put()).has_value()) co_return 2;", "co_return (co_await Put()).value_or(1);"):
            self.write("src/a.cc", body.format(good))
            self.assertEqual(self.compiled(), [], good)

    def test_dropped_results_are_searched_where_somebody_sees_what_changed(self):
        self.write("src/task.h", TASK)
        self.write("src/a.cc", '#include "task.h"\nTask<int> F() {\n  co_await Put();\n  co_return 1;\n}\n')
        for changed, count in (("src/task.h", 1), ("src/a.cc", 1), ("src/b.h", 0)):
            self.assertEqual(len(self.compiled(changed={pathlib.Path(changed)})), count, changed)

    def test_what_has_passed_is_looked_at_again_when_its_header_changes(self):
        self.write("src/a.h", "#pragma once\n")
        self.write("src/a.cc", '#include "a.h"\n')
        before = IncludeGraph(self.root).content_key(pathlib.Path("src/a.cc"))
        self.write("src/a.h", "#pragma once\nint x;\n")
        self.assertNotEqual(before, IncludeGraph(self.root).content_key(pathlib.Path("src/a.cc")))

    def test_await_statements_are_recognized(self):
        for text in ("co_await F();", "x();\n  co_await F();", "if (a) co_await F();", "else co_await F();"):
            self.assertTrue(has_await_statement(text), text)
        for text in ("auto x = co_await F();", "// ; co_await F();", "co_return co_await F();", 'g(co_await F(), "");'):
            self.assertFalse(has_await_statement(text), text)


if __name__ == "__main__":
    unittest.main()
