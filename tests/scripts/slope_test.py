#!/usr/bin/env python3
"""What the judge of a soak calls flat."""

import os
import random
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "..", "scripts", "soak"))
from slope import growth, is_flat, theil_sen  # noqa: E402

BOUND = 0.05


def series(value, n=120):
    chance = random.Random(7)
    return [(t * 5.0, value(t, chance)) for t in range(n)]


class Slope(unittest.TestCase):
    def test_flat_with_noise_is_flat(self):
        noisy = series(lambda t, chance: 100 + chance.uniform(-8, 8))
        self.assertTrue(is_flat(noisy, BOUND))

    def test_a_small_leak_under_noise_is_found(self):
        # A tenth more in the second half.
        leak = series(lambda t, chance: 100 + t / 6 + chance.uniform(-8, 8))
        self.assertFalse(is_flat(leak, BOUND))

    def test_spikes_move_nothing(self):
        spikes = series(lambda t, chance: 100 + (900 if t % 17 == 0 else 0))
        self.assertTrue(is_flat(spikes, BOUND))

    def test_a_saw_is_flat(self):
        saw = series(lambda t, chance: 50 + 10 * (t % 6))
        self.assertTrue(is_flat(saw, BOUND))

    def test_what_warms_up_is_flat_afterwards(self):
        warm = series(lambda t, chance: min(t, 50) * 2)
        self.assertTrue(is_flat(warm, BOUND))

    def test_what_shrinks_is_no_leak(self):
        self.assertTrue(is_flat(series(lambda t, chance: 500 - t), BOUND))

    def test_from_nothing_to_something_is_growth(self):
        late = series(lambda t, chance: 0 if t < 118 else t)
        self.assertEqual(growth(late), 0)  # Two of sixty: an outlier.
        self.assertFalse(is_flat([(t, max(0, t - 119)) for t in range(120)]
                                 + [(t, t) for t in range(120, 240)], BOUND))

    def test_the_slope_is_that_of_the_line(self):
        line = [(t, 3 * t + 1) for t in range(20)]
        self.assertAlmostEqual(theil_sen(line), 3)

    def test_too_few_samples_say_nothing(self):
        with self.assertRaises(ValueError):
            is_flat([(0, 1), (1, 1), (2, 1)], BOUND)
        with self.assertRaises(ValueError):
            is_flat([], BOUND)


if __name__ == "__main__":
    unittest.main()
