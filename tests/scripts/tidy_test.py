"""Plants violations in a small tree and expects scripts/tidy to name each."""

import importlib.machinery
import os
import subprocess
import sys
import tempfile
import types
import unittest

TIDY = os.path.join(os.path.dirname(__file__), "..", "..", "scripts", "tidy")

sys.dont_write_bytecode = True
rules = types.ModuleType("tidy")
importlib.machinery.SourceFileLoader("tidy", TIDY).exec_module(rules)

CLEAN = {
    "README.md": "See [the tour](docs/tour.md).\n",
    "docs/tour.md": "Read on.\n",
    "src/core/CMakeLists.txt": "add_library(troupe_core id.cpp)\n",
    "src/core/id.cpp": '#include "core/id.hpp"\n#include <string>\n',
    "src/core/id.hpp": "#pragma once\n",
}


def plant(root, files):
    for path, text in {**CLEAN, **files}.items():
        full = os.path.join(root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)


def tidy(files):
    """What scripts/tidy finds in the clean tree with `files` in it."""
    with tempfile.TemporaryDirectory() as root:
        plant(root, files)
        return list(rules.check(root))


def header(*lines):
    return "\n".join(("#pragma once",) + lines) + "\n"


class Tidy(unittest.TestCase):
    def expect(self, path, text, message, line=None):
        found = tidy({path: text})
        where = f"{path}:{line}:" if line else path
        self.assertTrue(any(where in x and message in x for x in found), found)

    def expect_clean(self, path, text):
        self.assertEqual(tidy({path: text}), [])

    def test_a_clean_tree_is_passed_in_silence_a_broken_one_is_not(self):
        for files, code in (({}, 0), ({"src/core/a.hpp": "\n"}, 1)):
            with tempfile.TemporaryDirectory() as root:
                plant(root, files)
                done = subprocess.run([sys.executable, TIDY, root], text=True,
                                      stdout=subprocess.PIPE, check=False)
                self.assertEqual(done.returncode, code)
                self.assertEqual(done.stdout.count("\n"), code)

    def test_core_knows_neither_actors_nor_threads_nor_clocks(self):
        path = "src/core/a.hpp"
        self.expect(path, header("#include <caf/actor.hpp>"),
                    "src/core must not use <caf/actor.hpp>", 2)
        self.expect(path, header("#include <boost/asio.hpp>"), "must not use")
        self.expect(path, header("#include <sqlite3.h>"), "must not use")
        self.expect(path, header('#include "store/a.hpp"'), "must not know")
        self.expect(path, header("#include <thread>"), "core is pure")
        self.expect(path, header("#include <fstream>"), "core is pure")
        self.expect(path, header("auto t = system_clock::now();"), "a clock")
        self.expect_clean(path, header("#include <nlohmann/json.hpp>"))

    def test_every_layer_stays_in_its_place(self):
        self.expect("src/store/a.hpp", header('#include "actors/a.hpp"'),
                    "must not know")
        self.expect("src/store/a.hpp", header("#include <caf/actor.hpp>"),
                    "must not use")
        self.expect("src/gateway/a.hpp", header('#include "actors/a.hpp"'),
                    "must not know")
        self.expect_clean("src/gateway/a.hpp",
                          header('#include "actors/messages.hpp"'))
        self.expect("src/cli/a.hpp", header('#include "actors/a.hpp"'),
                    "must not know")
        self.expect("include/troupe/a.hpp", header("#include <caf/actor.hpp>"),
                    "must not use")
        self.expect("include/troupe/a.hpp", header('#include "core/id.hpp"'),
                    "must not know")
        self.expect_clean("include/troupe/supervisor.hpp",
                          header("#include <caf/actor.hpp>"))

    def test_files_and_functions_stay_small(self):
        self.expect("src/core/a.hpp", header(*["// Line."] * 400),
                    "401 lines", 1)
        body = ["inline void f() {"] + ["  g();"] * 69 + ["}"]
        self.expect("src/core/a.hpp", header("// Why.", *body),
                    "a function of 71 lines", 3)
        self.expect_clean("src/core/a.hpp", header(*body[:1], *body[2:]))
        method = ["struct s {"] + ["  " + x for x in body] + ["};"]
        self.expect("src/core/a.hpp", header(*method), "a function of 71", 3)

    def test_names_say_what_the_file_holds(self):
        for name in ("util", "id_helper", "task_manager", "common", "base",
                     "impl2", "string_utils"):
            self.expect(f"src/core/{name}.hpp", header(), "says nothing")
        self.expect_clean("src/core/database.hpp", header())

    def test_tests_do_not_sleep(self):
        for text in ("sleep_for(1ms);", "usleep(1);", "sleep_until(t);"):
            self.expect("tests/core/a.hpp", header(text), "a sleep in a test")
        self.expect("tests/a.py", "time.sleep(1)\n", "a sleep in a test")
        self.expect("tests/a.ts", "setTimeout(f, 1)\n", "a sleep in a test")

    def test_waits_have_limits(self):
        text = header("request(x, caf::infinite, y);")
        self.expect("src/actors/a.hpp", text, "caf::infinite", 2)
        self.expect_clean("tests/actors/a.hpp", text)

    def test_all_of_caf_is_included_in_few_places(self):
        text = header("#include <caf/all.hpp>")
        self.expect("src/gateway/a.hpp", text, "caf/all.hpp costs")
        self.expect_clean("src/actors/a.hpp", text)

    def test_text_is_clean(self):
        path = "src/core/a.hpp"
        self.expect(path, header("// TODO: later."), "without a number", 2)
        self.expect_clean(path, header("// TODO(#7): later."))
        self.expect(path, header("int a; "), "trailing blanks", 2)
        self.expect(path, header("\tint a;"), "a tab", 2)
        self.expect(path, header("// " + "x" * 78), "81 columns", 2)
        self.expect_clean(path, header("// https://example.org/" + "x" * 78))
        self.expect_clean(path, header('auto s = R"(', "x" * 99, ')";'))
        self.expect(path, "#pragma once\nint a;", "no newline")
        self.expect(path, "int a;\n", "no #pragma once")
        self.expect("docs/tour.md", "A seamless runtime.\n", "'seamless'")
        self.expect("dev", "cd /work/x\n", "a path of one machine")
        self.expect("dev", "cd /home/ann/x\n", "a path of one machine")

    def test_every_source_is_built(self):
        self.expect("src/core/a.cpp", "int a;\n", "no CMakeLists.txt builds")
        found = tidy({
            "src/core/sub/a.cpp": "int a;\n",
            "src/core/CMakeLists.txt":
                "add_library(x STATIC\n  id.cpp\n  sub/a.cpp)\n"})
        self.assertEqual(found, [])

    def test_every_page_can_be_reached(self):
        self.expect("docs/lost.md", "Nobody links me.\n", "no way leads here")
        self.expect("README.md", "[x](docs/none.md) [y](docs/tour.md)\n",
                    "which is not there", 1)
        found = tidy({
            "docs/tour.md": "On to [more](deep/more.md#part).\n",
            "docs/deep/more.md": "And [back](../tour.md).\n"})
        self.assertEqual(found, [])

    def test_pages_quote_what_is_compiled(self):
        page = "<!-- quotes src/core/id.hpp -->\n```cpp\n%s\n```\n"
        self.expect("docs/tour.md", page % "int gone;",
                    "not what src/core/id.hpp says", 1)
        self.expect_clean("docs/tour.md", page % "#pragma once")


if __name__ == "__main__":
    unittest.main()
