#!/usr/bin/env python3
"""The list of what a program is made of misses nothing that it loads."""

import json
import os
import re
import subprocess
import sys
import unittest

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..",
                      "scripts", "sbom")
PROGRAM = sys.argv.pop(1)


class Sbom(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        made = subprocess.run([SCRIPT, PROGRAM], capture_output=True, text=True,
                              check=True)
        cls.made = json.loads(made.stdout)
        cls.packages = {x["name"]: x for x in cls.made["packages"]}

    def test_every_loaded_library_belongs_to_a_listed_package(self):
        loaded = subprocess.run(["ldd", PROGRAM], capture_output=True,
                                text=True, check=True).stdout
        files = ""
        for name in self.packages.keys() - {"troupe"}:
            files += subprocess.run(["dpkg-query", "-L", name], text=True,
                                    capture_output=True, check=True).stdout
        paths = re.findall(r"(/\S+\.so\S*)", loaded)
        self.assertGreater(len(paths), 5)
        for path in paths:
            self.assertIn(os.path.basename(path), files)

    def test_every_package_has_a_version_and_a_licence(self):
        for x in self.made["packages"]:
            self.assertRegex(x["versionInfo"], r"^\d")
            self.assertNotIn(x["licenseDeclared"], ("", "NOASSERTION"))

    def test_every_package_hangs_on_the_program(self):
        hanging = {x["relatedSpdxElement"]
                   for x in self.made["relationships"]}
        ids = {x["SPDXID"] for x in self.packages.values()}
        self.assertEqual(hanging, ids - {"SPDXRef-troupe"})

    def test_what_is_no_program_is_refused_with_words(self):
        got = subprocess.run([SCRIPT], capture_output=True, text=True)
        self.assertNotEqual(got.returncode, 0)
        self.assertIn("Usage", got.stderr)


if __name__ == "__main__":
    unittest.main()
