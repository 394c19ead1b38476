"""What ./dev bench makes of measurements: medians, tables, the chart."""

import os
import re
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
RIVALS = os.path.join(ROOT, "bench", "rivals")

sys.dont_write_bytecode = True
sys.path.insert(0, RIVALS)
import chart  # noqa: E402
import compare  # noqa: E402
import page  # noqa: E402
import rivals  # noqa: E402
from summary import Summary, number, spread  # noqa: E402

SAMPLE = os.path.join(HERE, "measured.jsonl")
SVG = "{http://www.w3.org/2000/svg}"


def sample():
    return Summary.read(SAMPLE)


def line(text, name):
    """That of a table which begins with `name`."""
    return next(x for x in text.split("\n") if x.startswith(f"| {name} |"))


class Figures(unittest.TestCase):
    def test_the_median_of_all_rounds_counts(self):
        self.assertEqual(sample().median("throughput", "graphile", "per_s"),
                         17000)

    def test_a_spread_has_the_median_the_least_and_the_most(self):
        self.assertEqual(spread([3, 1, 200]), "3.00 (1.00 to 200)")
        self.assertEqual(spread([5]), "5.00")
        self.assertEqual(spread([]), "-")

    def test_numbers_keep_three_digits(self):
        self.assertEqual(
            [number(x) for x in (123456, 12.34, 1.234, 0.634, 0.0543, 0)],
            ["123,456", "12.3", "1.23", "0.63", "0.054", "0"])

    def test_a_round_that_failed_does_not_count(self):
        self.assertEqual(len(sample().rounds("latency", "bullmq", 1000)), 1)
        self.assertIsNone(sample().error("latency", "bullmq"))


class Tables(unittest.TestCase):
    def test_a_rate_is_set_against_ours(self):
        self.assertIn("| 5.0 x |", line(page.throughput(sample()),
                                        "graphile-worker"))

    def test_a_time_is_set_against_ours_the_other_way_round(self):
        self.assertIn("| 2.5 x |", line(page.latency(sample()),
                                        "graphile-worker"))

    def test_what_was_not_measured_is_said_with_the_reason(self):
        self.assertIn("not measured: no such package",
                      line(page.throughput(sample()), "Celery"))
        self.assertIn("not measured: it was not asked for",
                      line(page.throughput(sample()), "DBOS"))

    def test_what_did_not_end_in_time_has_no_median(self):
        row = line(page.recovery(sample()), "graphile-worker")
        self.assertIn("| not within 15 | 500 | 0 |", row)

    def test_the_page_names_the_machine_the_day_and_the_versions(self):
        text = page.section(sample())
        for word in ("2026-01-02", "a CPU of ours", "PostgreSQL 15.1",
                     "graphile-worker 0.18.0", "Medians of 3 rounds"):
            self.assertIn(word, text)

    def test_every_row_has_as_many_cells_as_its_head(self):
        for text in (page.section(sample()), page.short(sample())):
            for block in re.findall(r"(?:^\|.*\n?)+", text, re.MULTILINE):
                rows = block.strip().split("\n")
                self.assertEqual({x.count("|") for x in rows},
                                 {rows[0].count("|")}, rows)


class Page(unittest.TestCase):
    def write(self, readme, lines=SAMPLE):
        with tempfile.TemporaryDirectory() as root:
            os.makedirs(os.path.join(root, "docs"))
            os.makedirs(os.path.join(root, "bench", "rivals"))
            texts = {"docs/benchmarks.md": f"a\n{page.BEGIN}old{page.END}\nz\n",
                     "README.md": readme}
            for path, text in texts.items():
                with open(os.path.join(root, path), "w",
                          encoding="utf-8") as file:
                    file.write(text)
            try:
                page.write(lines, root)
            except SystemExit as why:
                texts["why"] = str(why)
            for path in ("docs/benchmarks.md", "README.md"):
                with open(os.path.join(root, path), encoding="utf-8") as file:
                    texts[path] = file.read()
            return texts

    def test_what_is_outside_of_the_marks_stays(self):
        texts = self.write(f"b\n{page.BEGIN}{page.END}\ny\n")
        self.assertRegex(texts["docs/benchmarks.md"], r"(?s)^a\n.*\nz\n$")
        self.assertNotIn("old", texts["docs/benchmarks.md"])
        self.assertRegex(texts["README.md"], r"(?s)^b\n.*17,000.*\ny\n$")

    def test_without_measurements_the_page_says_so(self):
        texts = self.write(f"{page.BEGIN}old{page.END}", "no such file")
        self.assertIn(page.NOTHING, texts["README.md"])
        self.assertNotIn("old", texts["README.md"])

    def test_a_page_without_marks_is_named_and_nothing_is_written(self):
        texts = self.write("no marks")
        self.assertIn("README.md lacks the lines", texts["why"])
        self.assertIn("old", texts["docs/benchmarks.md"])

    def test_the_pages_of_this_tree_say_what_was_kept(self):
        kept = os.path.join(ROOT, page.KEPT)
        for path, text in page.rewritten(ROOT, kept).items():
            with open(os.path.join(ROOT, path), encoding="utf-8") as file:
                self.assertEqual(file.read(), text,
                                 f"{path}: ./dev bench --runs 0 --page")


class Chart(unittest.TestCase):
    def setUp(self):
        self.drawing = xml.fromstring(chart.draw(sample()))

    def words(self):
        return [x.text for x in self.drawing.iter(SVG + "text")]

    def test_every_bar_has_its_name_and_its_figure(self):
        for word in ("Troupe, in process", "85,000", "graphile-worker",
                     "17,000", "0.60"):
            self.assertIn(word, self.words())

    def test_who_was_not_measured_has_no_bar(self):
        self.assertNotIn("Celery", self.words())

    def test_ten_times_as_much_is_one_step_of_the_grid(self):
        summary = Summary([
            {"what": "throughput", "who": who, "n": 1, "per_s": x}
            for who, x in (("troupe", 1000), ("pgboss", 100),
                           ("bullmq", 10), ("dbos", 20))])
        bars = sorted(float(x.get("width")) for x in
                      xml.fromstring(chart.draw(summary)).iter(SVG + "rect"))
        self.assertAlmostEqual(bars[3] - bars[2], bars[2] - bars[0], delta=3)

    def test_it_can_be_read_on_dark_pages(self):
        style = self.drawing.find(SVG + "style").text
        self.assertIn("prefers-color-scheme: dark", style)

    def test_a_chart_of_nothing_is_a_chart(self):
        self.assertIsNotNone(xml.fromstring(chart.draw(Summary([]))))


class Plan(unittest.TestCase):
    def test_everybody_has_a_name_settings_and_an_adapter(self):
        for who in compare.SERVERS:
            name = "celery_driver.py" if who == "celery" else f"{who}.mjs"
            self.assertTrue(os.path.exists(
                os.path.join(RIVALS, "adapters", name)), who)
        self.assertEqual(set(rivals.RIVALS), set(compare.SERVERS))
        self.assertEqual(set(rivals.NAMES), set(rivals.SETTINGS))
        self.assertEqual(set(rivals.NAMES), set(rivals.DURABLE))

    def test_the_lock_file_names_no_host(self):
        with open(os.path.join(RIVALS, "package-lock.json"),
                  encoding="utf-8") as file:
            self.assertNotIn('"resolved"', file.read())


if __name__ == "__main__":
    unittest.main()
