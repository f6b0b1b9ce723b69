#!/usr/bin/env python3
"""The lessons and the glossary, as files: all languages ask the same, and measured.json covers what they ask.

The player's own tests play them on the model; here nothing is run. measure.py makes measured.json.
"""
import json
import pathlib
import re
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LESSONS = ROOT / "assets/lessons"
LANGUAGES = ("en", "fr")  # every lesson is in these
SPOKEN = sorted(p.stem for p in (ROOT / "assets/locale").glob("*.json"))
NAMES = sorted({p.name.split(".")[0] for p in LESSONS.glob("*.*.md")})
BLOCK = re.compile(r"```(\w+)\n(.*?)\n```", re.S)
PLAIN = ("formula", "note")


def text_of(name, language):
    return (LESSONS / f"{name}.{language}.md").read_text()


def blocks(text):
    return [(kind, body if kind in PLAIN else json.loads(body)) for kind, body in BLOCK.findall(text)]


def cards(text):
    return [blocks(card) for card in re.split(r"(?m)^# ", text.split("---\n", 2)[2])[1:]]


def head(text):
    return json.loads(text.split("---\n", 2)[1])


def strings(value):
    """What people read in a block."""
    if isinstance(value, list):
        return [s for each in value for s in strings(each)]
    if not isinstance(value, dict):
        return []
    read = ("ask", "right", "wrong", "text", "reply", "nudge", "suggestion", "say", "title", "about")
    return [v for k, v in value.items() if k in read and isinstance(v, str)] + [
        s for k, v in value.items() if k in ("choices",) for s in strings(v)
    ]


class Lessons(unittest.TestCase):
    def test_ten_in_order_in_both_languages(self):
        self.assertEqual(len(NAMES), 10)
        for language in LANGUAGES:
            self.assertEqual(sorted(head(text_of(n, language))["order"] for n in NAMES), list(range(1, 11)))

    def test_languages_ask_the_same(self):
        for name in NAMES:
            shapes = []
            for language in LANGUAGES:
                kinds = [[(k, v.get("id")) if isinstance(v, dict) else (k, None) for k, v in card] for card in cards(text_of(name, language))]
                shapes.append(kinds)
            self.assertEqual(*shapes, name)
            self.assertEqual(head(text_of(name, "en"))["minutes"], head(text_of(name, "fr"))["minutes"])

    def test_what_is_translated_from_the_french_asks_the_same_of_the_same_run(self):
        """A model that speaks French and English: other languages keep the French prompts, so its numbers are measured."""
        asked = ("id", "answer", "number", "within", "top", "show", "query", "cell", "token", "panel", "value", "at_least")

        def of_the_run(block):
            if isinstance(block, list):
                return [of_the_run(each) for each in block]
            return {k: v for k, v in block.items() if k in asked} | {"right": [c.get("right") for c in block.get("choices", [])]}

        others = [(n, l) for n in NAMES for l in SPOKEN if l not in LANGUAGES and (LESSONS / f"{n}.{l}.md").exists()]
        self.assertIn(("what-is-attention", "es"), others)
        for name, language in others:
            french, other = cards(text_of(name, "fr")), cards(text_of(name, language))
            self.assertEqual([[k for k, _ in card] for card in french], [[k for k, _ in card] for card in other], (name, language))
            for (kind, one), (_, two) in zip(sum(french, []), sum(other, [])):
                if kind in ("state", "done"):
                    self.assertEqual(one, two, (name, language))
                elif kind not in PLAIN:
                    self.assertEqual(of_the_run(one), of_the_run(two), (name, language))
            values = [sorted(re.findall(r"\{\{.*?\}\}", text_of(name, l))) for l in ("fr", language)]
            self.assertEqual(*values, (name, language))

    def test_each_has_a_guess_questions_hints_and_an_exercise(self):
        for name in NAMES:
            for language in LANGUAGES:
                all_cards = cards(text_of(name, language))
                kinds = [k for card in all_cards for k, _ in card]
                self.assertTrue(5 <= len(all_cards) <= 8, name)
                self.assertIn("guess", kinds, name)
                self.assertGreaterEqual(kinds.count("question"), 2, name)
                self.assertEqual(kinds.count("note"), len(all_cards), name)
                self.assertEqual([k for k, _ in all_cards[-1]].count("done"), 1, name)
                for card in all_cards:
                    for kind, block in card:
                        if kind == "hint":
                            self.assertEqual(set(block), {"nudge", "suggestion", "show"}, name)
                        if kind == "question" and "choices" in block:
                            self.assertEqual(sum(c.get("right", False) for c in block["choices"]), 1, block["id"])
                            self.assertTrue(all("reply" in c for c in block["choices"]), block["id"])

    def test_french_signs_have_their_space(self):
        for name in NAMES:
            text = text_of(name, "fr")
            prose = re.sub(r"```(formula|state|done)\n.*?\n```|`[^`\n]*`|\{\{.*?\}\}", "", text, flags=re.S)
            read = [BLOCK.sub("", prose)] + [s for _, b in blocks(text) for s in strings(b)]
            for each in read:
                each = re.sub(r"`[^`\n]*`|\{\{.*?\}\}", "", each)
                self.assertIsNone(re.search(r"[^\u00a0\s(\"*]\s?(?<!\u00a0)[;!?»](\s|$)", each.replace("---", "")), (name, each[:200]))
                self.assertNotRegex(each, "«(?!\u00a0)")
                self.assertNotIn("'", each, name)

    def test_decimals_in_prose_are_the_models_cards(self):
        for name in NAMES:
            for language in LANGUAGES:
                for paragraph in BLOCK.sub("", text_of(name, language).split("---\n", 2)[2]).split("\n\n"):
                    if re.search(r"\b0[.,]\d{2}", re.sub(r"`[^`]*`|\{\{.*?\}\}", "", paragraph)) and "ln " not in paragraph:
                        said = "fiche du modèle" in paragraph or "model card" in paragraph or paragraph.startswith("- **")
                        self.assertTrue(said or "moins 0" in paragraph, (name, paragraph[:200]))


class Checkpoints(unittest.TestCase):
    def test_the_lesson_says_what_was_counted(self):
        rows = re.findall(r"(?m)^\| [\d,]+ \(\d+ %\) \|(.*)\|$", (ROOT / "assets/checkpoints/README.md").read_text())
        counted = [[[float(x) for x in block.split(",")] for block in row.split("|")] for row in rows]
        self.assertEqual(len(counted), 4)
        for language in LANGUAGES:
            told = [line for line in text_of("learning-the-mirror", language).splitlines() if line.startswith("- ")]
            for line, (block, head) in zip(told, [(3, 2), (4, 3)], strict=True):
                said = [float(x.replace(",", ".")) for x in re.findall(r"\d+[.,]\d", line)]
                self.assertEqual(said, [row[block - 1][head - 1] for row in counted])


class Measured(unittest.TestCase):
    ENTRIES = json.loads((HERE / "measured.json").read_text())

    def test_covers_every_guess_number_and_check(self):
        have = {(e["lesson"], e["language"], e["id"]) for e in self.ENTRIES}
        for name in NAMES:
            for language in LANGUAGES:
                for index, card in enumerate(cards(text_of(name, language)), 1):
                    for kind, block in card:
                        if kind == "guess" or kind == "question" and ("number" in block or "check" in block):
                            self.assertIn((name, language, block["id"]), have)
                        if kind == "done":
                            self.assertIn((name, language, f"done {index}"), have)

    def test_checks_are_measured_with_the_bounds_they_have_now(self):
        def bounds(check):
            if isinstance(check, list):
                return [b for each in check for b in bounds(each)]
            if not isinstance(check, dict):
                return []
            own = [(k, check[k]) for k in ("at_least", "at_most") if k in check]
            return own + [b for key in ("all", "any", "not") if key in check for b in bounds(check[key])]

        solved = {(e["lesson"], e["language"], e["id"]): e["solved"] for e in self.ENTRIES if e["what"] == "check"}
        for name in NAMES:
            for language in LANGUAGES:
                for index, card in enumerate(cards(text_of(name, language)), 1):
                    for kind, block in card:
                        if kind != "done" and not (kind == "question" and "check" in block):
                            continue
                        seen = solved[name, language, block.get("id", f"done {index}")]
                        said = bounds(block if kind == "done" else block["check"])
                        self.assertEqual(said, [(k, s[k]) for s in seen for k in ("at_least", "at_most") if k in s])
                        for each in seen:
                            self.assertTrue(each.get("at_least", -1e9) <= each["value"] <= each.get("at_most", 1e9))
                            self.assertGreater(each["value"], each.get("greater_than", -1e9))

    def test_claims_are_within_their_bounds(self):
        for entry in self.ENTRIES:
            if entry["id"] == "claim":
                self.assertTrue(entry.get("at_least", -1e9) <= entry["value"] <= entry.get("at_most", 1e9), entry)

    def test_a_guess_has_a_clear_answer(self):
        for entry in self.ENTRIES:
            if entry["what"] == "guess":
                self.assertGreater(entry["top"][-1][1], entry["next"][1], entry)


class Glossary(unittest.TestCase):
    FILES = {l: json.loads((ROOT / f"assets/glossary/glossary.{l}.json").read_text()) for l in SPOKEN}

    def test_languages_define_the_same(self):
        shape = {l: [(t["id"], sorted(t), t.get("keys")) for t in f["terms"]] for l, f in self.FILES.items()}
        for language in SPOKEN:
            self.assertEqual(shape["en"], shape[language], language)
        ids = [t["id"] for t in self.FILES["en"]["terms"]]
        self.assertEqual(len(ids), len(set(ids)))

    def test_keys_are_strings_of_the_interface(self):
        for language in SPOKEN:
            locale = json.loads((ROOT / f"assets/locale/{language}.json").read_text())
            keys = [k for t in self.FILES[language]["terms"] for k in t.get("keys", [])]
            self.assertEqual([k for k in keys if k not in locale], [])
            self.assertEqual(len(keys), len(set(keys)))

    def test_every_term_has_names_definition_and_source(self):
        for file in self.FILES.values():
            for term in file["terms"]:
                self.assertTrue(term["names"] and term["definition"] and term["source"], term["id"])

    def test_every_scheme_metric_and_lens_is_defined(self):
        locale = json.loads((ROOT / "assets/locale/en.json").read_text())
        keys = {k for t in self.FILES["en"]["terms"] for k in t.get("keys", [])}
        named = [k for k in locale if re.fullmatch(r"(weighting|lens|metric)\.[a-z0-9+_-]+", k)]
        left = {"lens.last_layer", "lens.one_number", "lens.toward",  # words about lenses, no lens
                "metric.bits", "metric.tokens", "metric.patches", "metric.times", "metric.text-share"}
        self.assertEqual([k for k in named if k not in keys and k not in left], [])


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=0))
