"""Curves as SVG, without a library: points joined by lines, a logarithmic x axis, y from 0."""

import math

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 64, 150, 36, 48
COLOURS = ("#1b6ca8", "#c2571a", "#3a7d44", "#7a4a9e", "#555555")


def short(number):
    for bound, unit in ((1e6, " M"), (1e3, " k")):
        if number >= bound and number % (bound / 10) == 0:
            return f"{number / bound:g}{unit}"
    return f"{number:g}"


def nice_step(most):
    rough = most / 5
    power = 10 ** math.floor(math.log10(rough))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= rough)


def text(x, y, content, anchor="middle", size=12):
    content = content.replace("&", "&amp;").replace("<", "&lt;")
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{content}</text>'


def curve(title, x_label, y_label, series):
    """`series` is name -> [(x, y)]; one SVG document."""
    xs = sorted({x for points in series.values() for x, _ in points})
    top = max(y for points in series.values() for _, y in points)
    step = nice_step(top)
    top = math.ceil(top / step) * step
    low, high = math.log(xs[0]), math.log(xs[-1])

    def at(x, y):
        share = (math.log(x) - low) / (high - low) if high > low else 0.5
        return (LEFT + share * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - y / top * (HEIGHT - TOP - BOTTOM))

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>', text(LEFT, 20, title, "start", 14)]
    for k in range(round(top / step) + 1):
        x, y = at(xs[0], k * step)
        out.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="#dddddd"/>')
        out.append(text(LEFT - 6, y + 4, f"{k * step:g}", "end"))
    out += [text(at(x, 0)[0], HEIGHT - BOTTOM + 18, short(x)) for x in xs]
    out.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, x_label))
    out.append(text(LEFT - 6, TOP - 4, y_label, "end"))
    for (name, points), colour in zip(series.items(), COLOURS):
        places = [at(x, y) for x, y in sorted(points)]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        out.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
        out.append(f'<g fill="{colour}">{text(places[-1][0] + 8, places[-1][1] + 4, name, "start")}</g>')
    return "\n".join(out + ["</svg>", ""])
