#!/usr/bin/env python3
"""The rules of the house that a compiler does not know: who may include whom, and what a header may hold.

    policy.py [ROOT]     prints one line a broken rule; exit status 1 if there is any

The arrows are those of the architecture page: ui -> state, views -> engine -> models, diffusion, analysis ->
attention, prompt, text -> tensor, formats -> base. A folder may include its own level and below.
"""
import pathlib
import re
import sys

CORE_LEVELS = [
    {"base"},
    {"tensor", "formats"},
    {"attention", "prompt", "text"},
    {"models", "diffusion", "analysis"},
    {"engine"},
]
# What each folder of app/ may include of app/; core/ is open to all of them. "." is app/ itself, which owns
# everything and may include everything. embedded.h and assets.h are small doors to the files and open to all.
APP_ARROWS = {
    "state": {"state", "i18n"},
    "i18n": {"i18n"},
    "views": {"views", "state", "i18n"},
    "gl": {"gl", "views"},
    "window": {"window", "gl"},
    "lessons": {"lessons", "state", "i18n"},
    "export": {"export", "views", "state", "i18n"},
    "ui": {"ui", "state", "views", "gl", "lessons", "export", "i18n"},
    "cli": {"cli", "views", "export", "state", "lessons", "i18n"},
}
OPEN_HEADERS = {"app/embedded.h", "app/assets.h"}
# Folders that must build and run where nothing can be drawn.
NEVER_DRAW = ("core/", "app/state/", "app/views/", "app/i18n/", "app/export/", "app/lessons/")
DRAWS = re.compile(r"^(.*/)?(imgui|implot|glad/|GLFW/|GL/|EGL/|X11/)")
# OpenGL stays in its corner.
GL_CORNER = ("app/gl/", "app/window/", "tests/app/gl/")
GL = re.compile(r"^(glad/|GLFW/|GL/|EGL/|X11/)")

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)


def core_level(folder):
    for level, folders in enumerate(CORE_LEVELS):
        if folder in folders:
            return level
    return None


def check_core_include(path, included):
    if not included.startswith("core/"):
        return f"core knows nothing of {included}" if included.startswith(("app/", "tests/")) else None
    mine, theirs = core_level(path.split("/")[1]), core_level(included.split("/")[1])
    if mine is None or theirs is None:
        return f"{included}: this folder of core is not in CORE_LEVELS"
    return f"{included} lies above core/{path.split('/')[1]}" if theirs > mine else None


def check_app_include(path, included):
    parts = path.split("/")
    if len(parts) == 2 or not included.startswith("app/") or included in OPEN_HEADERS:
        return "tests are not part of the program" if included.startswith("tests/") else None
    folder, target = parts[1], included.split("/")[1]
    if folder not in APP_ARROWS:
        return f"app/{folder} is not in APP_ARROWS"
    if target not in APP_ARROWS[folder]:
        return f"app/{folder} must not know {included}"
    return None


def check_includes(root, path, text):
    for included in INCLUDE.findall(text):
        if path.startswith(NEVER_DRAW) and DRAWS.match(included):
            yield f"includes {included}, which draws"
        if GL.match(included) and path.startswith("app/") and not path.startswith(GL_CORNER):
            yield f"includes {included}: OpenGL stays in app/gl and app/window"
        problem = None
        if path.startswith("core/"):
            problem = check_core_include(path, included)
        elif path.startswith("app/"):
            problem = check_app_include(path, included)
        if problem:
            yield problem
        if included.startswith(("core/", "app/", "tests/")) and not (root / included).exists():
            yield f"includes {included}, which does not exist"


def check_header(text):
    if "#pragma once" not in text:
        yield "a header needs #pragma once"
    if re.search(r"^\s*using\s+namespace\b", text, re.MULTILINE):
        yield "a header must not have `using namespace`"


def check_tree(root):
    """One line a broken rule."""
    found = []
    for top in ("core", "app", "tests"):
        for file in sorted((root / top).rglob("*")):
            if file.suffix not in (".h", ".cpp", ".inc"):
                continue
            path = file.relative_to(root).as_posix()
            text = file.read_text(encoding="utf-8")
            problems = list(check_includes(root, path, text))
            if file.suffix == ".h":
                problems += check_header(text)
            found += [f"{path}: {problem}" for problem in problems]
    return found


# Folders of tests/ that mirror nothing: what they hold, or run on, is no folder of the sources.
OTHER_TESTS = {"assets", "bench", "corpus", "fuzz", "golden", "judge", "lessons", "policy", "races", "support", "vectors"}


def check_tests(root):
    """tests/core and tests/app mirror core and app: the tests of a folder are found without a search."""
    for folder in sorted(path for path in (root / "tests").rglob("*") if path.is_dir()):
        parts = folder.relative_to(root / "tests").parts
        if parts[0] in OTHER_TESTS or parts[-1] == "__pycache__":
            continue
        if not root.joinpath(*parts).is_dir():
            yield f"{folder.relative_to(root).as_posix()}: there is no {'/'.join(parts)} that it could test"


def check_reports(root):
    """tests/corpus/reports.md names tests that are there."""
    page = root / "tests/corpus/reports.md"
    if not page.is_file():
        return
    there = set()
    for file in (root / "tests").rglob("*.cpp"):
        there |= {".".join(one) for one in re.findall(r"^TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", file.read_text(), re.M)}
    for line, text in enumerate(page.read_text().splitlines(), 1):
        for name in re.findall(r"`(\w+\.\w+)`", text):
            if name not in there and not name.endswith((".json", ".py")):
                yield f"tests/corpus/reports.md:{line}: there is no test {name}"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    problems = check_tree(root) + list(check_tests(root)) + list(check_reports(root))
    print("\n".join(problems), end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
