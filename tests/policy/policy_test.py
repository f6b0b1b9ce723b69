#!/usr/bin/env python3
"""Every rule of policy.py fires on a tree that breaks it, and none on one that keeps them."""
import pathlib
import tempfile
import unittest

import policy

ONCE = "#pragma once\n"


def problems(files):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        return policy.check_tree(root)


class Policy(unittest.TestCase):
    def test_a_good_tree_is_quiet(self):
        self.assertEqual(problems({
            "core/base/a.h": ONCE,
            "core/engine/b.h": ONCE + '#include <vector>\n#include "core/base/a.h"\n',
            "app/state/s.h": ONCE + '#include "core/engine/b.h"\n',
            "app/ui/u.cpp": '#include <imgui.h>\n#include "app/state/s.h"\nusing namespace std;\n',
            "app/gl/g.h": ONCE + "#include <glad/gl.h>\n",
            "app/main.cpp": '#include "app/state/s.h"\n',
        }), [])

    def test_tests_mirror_the_tree(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for made in ("core/base", "tests/core/base", "tests/golden/photos", "tests/support", "tests/models"):
                (root / made).mkdir(parents=True)
            found = list(policy.check_tests(root))
            self.assertEqual(len(found), 1, found)
            self.assertIn("tests/models", found[0])

    def test_reports_name_tests_that_are_there(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "tests/corpus").mkdir(parents=True)
            (root / "tests/a_test.cpp").write_text("TEST(A, There) {\n")
            (root / "tests/corpus/reports.md").write_text("`A.There` in `a.json`\n`A.Gone`\n")
            self.assertEqual(list(policy.check_reports(root)),
                             ["tests/corpus/reports.md:2: there is no test A.Gone"])

    def expect(self, files, wanted):
        found = problems(files)
        self.assertEqual(len(found), 1, found)
        self.assertIn(wanted, found[0])

    def test_core_draws_nothing(self):
        for header in ("imgui.h", "implot.h", "GLFW/glfw3.h", "glad/gl.h", "misc/cpp/imgui_stdlib.h", "EGL/egl.h"):
            self.expect({"core/base/a.cpp": f"#include <{header}>\n"}, "which draws")

    def test_state_draws_nothing(self):
        self.expect({"app/state/a.h": ONCE + "#include <imgui.h>\n"}, "which draws")

    def test_core_does_not_know_app(self):
        self.expect({"core/base/a.cpp": '#include "app/b.h"\n', "app/b.h": ONCE}, "core knows nothing of app/b.h")

    def test_core_arrows_point_down(self):
        self.expect({"core/tensor/a.cpp": '#include "core/models/b.h"\n', "core/models/b.h": ONCE},
                    "lies above core/tensor")

    def test_a_new_folder_of_core_needs_a_place(self):
        self.expect({"core/new/a.cpp": '#include "core/base/b.h"\n', "core/base/b.h": ONCE}, "not in CORE_LEVELS")

    def test_cli_and_ui_do_not_know_each_other(self):
        self.expect({"app/cli/a.cpp": '#include "app/ui/b.h"\n', "app/ui/b.h": ONCE}, "app/cli must not know app/ui/b.h")
        self.expect({"app/ui/a.cpp": '#include "app/cli/b.h"\n', "app/cli/b.h": ONCE}, "app/ui must not know app/cli/b.h")

    def test_state_does_not_know_ui(self):
        self.expect({"app/state/a.cpp": '#include "app/ui/b.h"\n', "app/ui/b.h": ONCE}, "app/state must not know")

    def test_opengl_stays_in_its_corner(self):
        self.expect({"app/ui/a.cpp": "#include <glad/gl.h>\n"}, "OpenGL stays in")

    def test_headers(self):
        self.expect({"core/base/a.h": "int f();\n"}, "#pragma once")
        self.expect({"app/a.h": ONCE + "  using namespace std;\n"}, "using namespace")

    def test_a_missing_header(self):
        self.expect({"app/a.cpp": '#include "core/base/gone.h"\n'}, "does not exist")


if __name__ == "__main__":
    unittest.main()
