"""Line figures as SVG text, in the colours of the page, light or dark; no library draws them."""

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

from photoz.training.data.partitions import Array

_COLOURS = ("#3b76c4", "#d1702a", "#3d9a5b")
_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP, _RIGHT = 720, 320, 70, 45, 34, 15


@dataclass(frozen=True)
class Curve:
    """A line: its name, and its points [N]."""

    name: str
    x: Array
    y: Array


def figure(title: str, across: str, up: str, curves: Sequence[Curve]) -> str:
    """Curves over a linear axis, with a logarithmic one upwards when they differ by more than ten times."""
    low = min(float(curve.y.min()) for curve in curves)
    high = max(float(curve.y.max()) for curve in curves)
    right = max(float(curve.x.max()) for curve in curves)
    is_log = low > 0 and high / low > 10
    shown = (lambda value: math.log10(value)) if is_log else (lambda value: value)
    span = shown(high) - shown(low) or 1.0
    bottom, top = shown(low) - 0.05 * span, shown(high) + 0.05 * span

    def place(x: float, y: float) -> tuple[float, float]:
        across_by = _LEFT + x / (right or 1) * (_WIDTH - _LEFT - _RIGHT)
        return across_by, _TOP + (top - shown(y)) / (top - bottom) * (_HEIGHT - _TOP - _BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{html.escape(title)}" font-family="system-ui, sans-serif" font-size="12" fill="currentColor">',
        f'<text x="{_LEFT}" y="18" font-weight="600">{html.escape(title)}</text>',
    ]
    parts += _axes(across, up, right, _ticks_up(low, high, is_log), place)
    for number, curve in enumerate(curves):
        colour = _COLOURS[number % len(_COLOURS)]
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in map(place, curve.x.tolist(), curve.y.tolist()))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.8"/>')
        x = _WIDTH - _RIGHT - 110 * (len(curves) - number)
        parts.append(f'<text x="{x}" y="18" fill="{colour}">— {html.escape(curve.name)}</text>')
    return "\n".join([*parts, "</svg>"])


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Round numbers between two, some `count` of them."""
    step = 10 ** math.floor(math.log10(max(high - low, 1e-12) / count))
    step *= min((each for each in (1, 2, 5, 10) if (high - low) / (step * each) <= count), default=10)
    return [number * step for number in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _ticks_up(low: float, high: float, is_log: bool) -> list[float]:
    if not is_log:
        return ticks(low, high)
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [each * 10.0**decade for decade in decades for each in (1, 2, 5) if low <= each * 10.0**decade <= high]


def _axes(across: str, up: str, right: float, rising: list[float], place) -> list[str]:  # type: ignore[no-untyped-def]  # noqa: ANN001
    base, end = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    parts = [f'<path d="M{_LEFT},{_TOP}V{base}H{end}" fill="none" stroke="currentColor" stroke-opacity=".5"/>']
    level = rising[0] if rising else 1.0
    for value in ticks(0, right, 6):
        x = place(value, level)[0]
        parts.append(f'<text x="{x:.1f}" y="{base + 17}" text-anchor="middle">{value:g}</text>')
    for value in rising:
        y = place(0, value)[1]
        parts.append(
            f'<line x1="{_LEFT}" x2="{end}" y1="{y:.1f}" y2="{y:.1f}" stroke="currentColor" stroke-opacity=".12"/>'
        )
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:.3g}</text>')
    parts.append(f'<text x="{(_LEFT + end) / 2}" y="{_HEIGHT - 8}" text-anchor="middle">{html.escape(across)}</text>')
    parts.append(f'<text x="14" y="{base}" transform="rotate(-90 14 {base})">{html.escape(up)}</text>')
    return parts
