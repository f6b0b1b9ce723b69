#!/usr/bin/env python3
"""The built program in a real window on a virtual X server: its end, its keys, its size.

    xvfb-run window_session.py REGARD CASE

CASE: signals | kill | keys | size | full_screen. Keys are sent as X events, by the place of the key, as a keyboard does.
For `size`: REGARD_TEST_SCREEN ("1280x1024") says what the server has, REGARD_TEST_SCALE what is told of its dots."""

import ctypes
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROMPT = "un chat bleu"


class KeyEvent(ctypes.Structure):
    _fields_ = [("type", ctypes.c_int), ("serial", ctypes.c_ulong), ("send_event", ctypes.c_int),
                ("display", ctypes.c_void_p), ("window", ctypes.c_ulong), ("root", ctypes.c_ulong),
                ("subwindow", ctypes.c_ulong), ("time", ctypes.c_ulong), ("x", ctypes.c_int), ("y", ctypes.c_int),
                ("x_root", ctypes.c_int), ("y_root", ctypes.c_int), ("state", ctypes.c_uint),
                ("keycode", ctypes.c_uint), ("same_screen", ctypes.c_int), ("pad", ctypes.c_char * 96)]


CONTROL, F11 = 37, 95  # keycodes of evdev and xfree86 alike, and of each layout
DIGITS = {1: 10, 2: 11, 3: 12, 4: 13, 6: 15}


class Keys:
    """Sends keys to the program's window."""

    def __init__(self):
        self.x = ctypes.CDLL("libX11.so.6")
        self.x.XOpenDisplay.restype = ctypes.c_void_p
        self.x.XDefaultRootWindow.restype = ctypes.c_ulong
        self.x.XDefaultRootWindow.argtypes = [ctypes.c_void_p]
        self.x.XQueryTree.argtypes = [ctypes.c_void_p, ctypes.c_ulong] + [ctypes.c_void_p] * 4
        self.x.XFetchName.argtypes = [ctypes.c_void_p, ctypes.c_ulong, ctypes.c_void_p]
        self.x.XSendEvent.argtypes = [ctypes.c_void_p, ctypes.c_ulong, ctypes.c_int, ctypes.c_long, ctypes.c_void_p]
        self.x.XFlush.argtypes = [ctypes.c_void_p]
        self.display = self.x.XOpenDisplay(None)
        self.root = self.x.XDefaultRootWindow(self.display)
        self.time = 1000
        self.window = None

    def scale(self, scale):
        """Sets Xft.dpi, as desktops do. The display stays open: the server keeps properties as long as a client."""
        text = f"Xft.dpi:\t{96 * scale:.0f}\n".encode()
        string, resource_manager = 31, 23
        self.x.XChangeProperty.argtypes = [ctypes.c_void_p] + 2 * [ctypes.c_ulong] + [ctypes.c_ulong, ctypes.c_int,
                                                                                   ctypes.c_int, ctypes.c_char_p,
                                                                                   ctypes.c_int]
        self.x.XChangeProperty(self.display, self.root, resource_manager, string, 8, 0, text, len(text))
        self.x.XSync.argtypes = [ctypes.c_void_p, ctypes.c_int]
        self.x.XSync(self.display, 0)

    def find(self):
        root, parent, count = ctypes.c_ulong(), ctypes.c_ulong(), ctypes.c_uint()
        children = ctypes.POINTER(ctypes.c_ulong)()
        self.x.XQueryTree(self.display, self.root, ctypes.byref(root), ctypes.byref(parent),
                          ctypes.byref(children), ctypes.byref(count))
        for i in range(count.value):
            name = ctypes.c_char_p()
            if self.x.XFetchName(self.display, children[i], ctypes.byref(name)) and name.value == b"Regard":
                self.window = children[i]
        return self.window is not None

    def send(self, keycode, down, state):
        self.time += 10
        event = KeyEvent(type=2 if down else 3, send_event=1, display=self.display, window=self.window,
                         root=self.root, time=self.time, state=state, keycode=keycode, same_screen=1)
        self.x.XSendEvent(self.display, self.window, 1, 1 if down else 2, ctypes.byref(event))
        self.x.XFlush(self.display)

    def inside(self):
        """Width and height of the window."""
        numbers = [ctypes.c_ulong()] + [ctypes.c_int() for _ in range(2)] + [ctypes.c_uint() for _ in range(4)]
        self.x.XGetGeometry.argtypes = [ctypes.c_void_p, ctypes.c_ulong] + [ctypes.c_void_p] * 7
        self.x.XGetGeometry(self.display, self.window, *[ctypes.byref(each) for each in numbers])
        return numbers[3].value, numbers[4].value

    def alone(self, keycode):
        self.send(keycode, True, 0)
        self.send(keycode, False, 0)

    def with_control(self, keycode):
        self.send(CONTROL, True, 0)
        self.send(keycode, True, 4)
        self.send(keycode, False, 4)
        self.send(CONTROL, False, 4)


def default_signals():
    for each in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(each, signal.SIG_DFL)


class Running:
    """The program with settings of its own."""

    def __init__(self, regard, home, *arguments):
        self.settings = Path(home) / "regard" / "settings.json"
        # A shell's background job ignores SIGINT and hands that on.
        self.process = subprocess.Popen([regard, *arguments], env={**os.environ, "XDG_CONFIG_HOME": str(home)},
                                        stderr=subprocess.PIPE, preexec_fn=default_signals)

    def wait_for(self, what, ready, most_s):
        end = time.monotonic() + most_s
        while time.monotonic() < end:
            if self.process.poll() is not None:
                sys.exit(f"the program ended with {self.process.returncode} before {what}: {self.process.stderr.read()}")
            if ready():
                return
            time.sleep(0.05)
        self.process.kill()
        sys.exit(f"not within {most_s} s: {what}")

    def saved(self):
        try:
            return json.loads(self.settings.read_text())
        except FileNotFoundError:
            return {}

    def end(self, with_signal):
        self.process.send_signal(with_signal)
        return self.process.wait(timeout=30)


def check(true, message):
    if not true:
        sys.exit("failed: " + message)


def open_window(regard, home, *arguments):
    running = Running(regard, home, *arguments)
    keys = Keys()
    running.wait_for("a window", keys.find, 60)
    return running, keys


def signals(regard):
    """Logging out is SIGTERM or SIGHUP: what was typed is there next time, and the status says all is well."""
    for each in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        with tempfile.TemporaryDirectory() as home:
            running, keys = open_window(regard, home, "--prompt", PROMPT)
            status = running.end(each)
            check(status == 0, f"{each.name}: exit status {status}")
            check(running.saved().get("prompt") == PROMPT, f"{each.name}: the prompt is lost: {running.saved()}")


def kill(regard):
    """A program that is killed loses 5 seconds at most, also those after an earlier save."""
    with tempfile.TemporaryDirectory() as home:
        running, keys = open_window(regard, home, "--prompt", PROMPT)
        running.wait_for("the first save", lambda: running.saved().get("prompt") == PROMPT, 60)
        start = time.monotonic()
        keys.with_control(DIGITS[2])
        running.wait_for("the second save", lambda: "compare" in json.dumps(running.saved()["view"]), 5)
        print(f"saved {time.monotonic() - start:.2f} s after the key")
        running.end(signal.SIGKILL)
        check("compare" in json.dumps(running.saved()["view"]), "what was saved is there")


def keys(regard):
    """Ctrl+1 to Ctrl+4 are keys of the digit row, and Ctrl+6 is no zoom, whatever they type."""
    words = {1: "text", 2: "compare", 3: "image", 4: "painting"}
    for layout in (["us"], ["fr"], ["fr", "bepo"], ["de"], ["cz"], ["be"]):
        subprocess.run(["setxkbmap", *layout], check=True)
        for digit, word in words.items():
            with tempfile.TemporaryDirectory() as home:
                running, sender = open_window(regard, home, "--prompt", "a")
                running.wait_for("the first save", lambda: "view" in running.saved(), 60)
                if digit == 1:
                    sender.with_control(DIGITS[2])
                sender.with_control(DIGITS[6])
                sender.with_control(DIGITS[digit])
                time.sleep(1)
                running.end(signal.SIGTERM)
                view = running.saved()["view"]
                check(view["workspace"] == word, f"{layout}: Ctrl+{digit} shows {view['workspace']}")
                check(view["zoom"] == 1, f"{layout}: Ctrl+6 zooms to {view['zoom']}")


def size(regard):
    """The same at each start, and no larger than the screen."""
    width, height = (int(n) for n in os.environ["REGARD_TEST_SCREEN"].split("x"))
    scale = float(os.environ["REGARD_TEST_SCALE"])
    desktop = Keys()
    desktop.scale(scale)
    with tempfile.TemporaryDirectory() as home:
        sizes = []
        for _ in range(3):
            running, sender = open_window(regard, home, "--prompt", "a")
            time.sleep(1)
            running.end(signal.SIGTERM)
            sizes.append(tuple(running.saved()["window"]))
        check(len(set(sizes)) == 1, f"sizes of three starts: {sizes}")
        saved = running.saved()
        saved["window"], saved["window_at"] = [9000, 9000], [-30000, 7]
        running.settings.write_text(json.dumps(saved))
        running, sender = open_window(regard, home)
        time.sleep(1)
        running.end(signal.SIGTERM)
        x, y = running.saved().get("window_at", (0, 0))
        check(x >= 0 and y >= 0, f"the window is at {x}, {y}")
        w, h = running.saved()["window"]
        check(w * scale <= width + 1 and h * scale <= height + 1, f"{w} x {h} at scale {scale} on {width} x {height}")
        print(f"sizes {sizes}, then {w} x {h}")


def full_screen(regard):
    """F11 fills the screen and brings the window back; what is kept is the window's size."""
    screen = tuple(int(n) for n in os.environ["REGARD_TEST_SCREEN"].split("x"))
    with tempfile.TemporaryDirectory() as home:
        running, sender = open_window(regard, home, "--prompt", "a")
        running.wait_for("the first save", lambda: "view" in running.saved(), 60)
        before = sender.inside()
        check(before != screen, f"the window begins as large as the screen: {before}")
        sender.alone(F11)
        running.wait_for("the whole screen", lambda: sender.inside() == screen, 20)
        sender.alone(F11)
        running.wait_for("the window as it was", lambda: sender.inside() == before, 20)
        sender.alone(F11)
        running.wait_for("the whole screen again", lambda: sender.inside() == screen, 20)
        running.end(signal.SIGTERM)
        check(tuple(running.saved()["window"]) == before, f"kept: {running.saved()['window']}, the window was {before}")


if __name__ == "__main__":
    {"signals": signals, "kill": kill, "keys": keys, "size": size, "full_screen": full_screen}[sys.argv[2]](sys.argv[1])
