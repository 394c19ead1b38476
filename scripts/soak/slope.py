"""Does a series grow? A slope that single outliers do not move."""

import statistics

SAMPLES_MIN = 8  # Of the second half; fewer say nothing.


def theil_sen(points):
    """The median of the slopes between all pairs of (time, value)."""
    slopes = [(y2 - y1) / (x2 - x1)
              for i, (x1, y1) in enumerate(points)
              for x2, y2 in points[i + 1:] if x2 != x1]
    if not slopes:
        raise ValueError("a slope needs two points at different times")
    return statistics.median(slopes)


def growth(points):
    """By how much of its level a series grows in the second half of its time.

    The first half is for caches, pools and retention to find their level."""
    points = sorted(points)
    if not points:
        raise ValueError("there are no samples")
    middle = (points[0][0] + points[-1][0]) / 2
    late = [p for p in points if p[0] >= middle]
    if len(late) < SAMPLES_MIN:
        raise ValueError(f"{len(late)} samples in the second half, at least "
                         f"{SAMPLES_MIN} are needed; run longer")
    level = statistics.median(y for _, y in late)
    grown = theil_sen(late) * (late[-1][0] - late[0][0])
    return grown / level if level else (1.0 if grown > 0 else 0.0)


def is_flat(points, bound):
    return growth(points) <= bound
