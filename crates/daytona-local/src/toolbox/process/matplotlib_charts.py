# Prints every new figure as one line of JSON when the program shows its plots.
# MARKER is set by the toolbox.
import base64
import io
import json
import math
import os

os.environ.setdefault("MPLBACKEND", "Agg")


def plain(value):
    """A number or a text that JSON can hold; None for what is not a number."""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, (int, float, str)) else str(value)


def is_date_axis(axis):
    from matplotlib.dates import ConciseDateConverter, DateConverter, _SwitchableDateConverter

    converter = axis.get_converter() if hasattr(axis, "get_converter") else axis.converter
    return isinstance(converter, (DateConverter, ConciseDateConverter, _SwitchableDateConverter))


def is_category_axis(axis):
    from matplotlib.category import StrCategoryConverter

    converter = axis.get_converter() if hasattr(axis, "get_converter") else axis.converter
    return isinstance(converter, StrCategoryConverter)


def coordinate(axis, value):
    if is_date_axis(axis):
        from matplotlib.dates import num2date

        # Clients take numbers only: seconds since 1970.
        return num2date(float(value)).timestamp()
    return plain(value)


def scale(axis):
    if is_date_axis(axis):
        return "datetime"
    return "categorical" if is_category_axis(axis) else axis.get_scale()


def axes_fields(axes):
    fields = {"title": axes.get_title()}
    for letter, axis in (("x", axes.xaxis), ("y", axes.yaxis)):
        fields[letter + "_label"] = axis.get_label_text()
        fields[letter + "_scale"] = scale(axis)
        fields[letter + "_ticks"] = [coordinate(axis, tick) for tick in axis.get_ticklocs()]
        fields[letter + "_tick_labels"] = [label.get_text() for label in axis.get_ticklabels()]
    return fields


def named(artist):
    label = str(artist.get_label())
    return "" if label.startswith("_") else label


def points(axes, pairs):
    """Points without those that a plot leaves out, such as NaN."""
    found = ([coordinate(axes.xaxis, x), coordinate(axes.yaxis, y)] for x, y in pairs if x == x and y == y)
    return [point for point in found if None not in point]


def lines(axes):
    return [{"label": named(line), "points": points(axes, line.get_xydata())} for line in axes.lines]


def scatters(axes):
    from matplotlib.collections import PathCollection

    groups = [group for group in axes.collections if isinstance(group, PathCollection)]
    return [{"label": named(group), "points": points(axes, group.get_offsets())} for group in groups]


def bars(axes):
    from matplotlib.container import BarContainer

    ticks = dict(zip(axes.get_xticks(), (label.get_text() for label in axes.get_xticklabels())))
    levels = dict(zip(axes.get_yticks(), (label.get_text() for label in axes.get_yticklabels())))
    elements = []
    for container in axes.containers:
        if not isinstance(container, BarContainer):
            continue
        lies = getattr(container, "orientation", "vertical") == "horizontal"
        for bar in container.patches:
            at = bar.get_y() + bar.get_height() / 2 if lies else bar.get_x() + bar.get_width() / 2
            value = bar.get_width() if lies else bar.get_height()
            known = levels if lies else ticks
            label = known.get(at) or str(plain(at))
            elements.append({"label": label, "group": named(container), "value": str(plain(value))})
    return elements


def wedges(axes):
    from matplotlib.patches import Wedge

    texts = [text.get_text() for text in axes.texts if text.get_text()]
    found = [patch for patch in axes.patches if isinstance(patch, Wedge)]
    return [
        {
            "label": named(wedge) or (texts[index] if index < len(texts) else ""),
            "angle": plain(abs(wedge.theta2 - wedge.theta1)),
            "radius": plain(wedge.r),
        }
        for index, wedge in enumerate(found)
    ]


def boxes(axes):
    keys = (("min", "whislo"), ("first_quartile", "q1"), ("median", "med"))
    keys += (("third_quartile", "q3"), ("max", "whishi"))
    elements = []
    for index, stats in enumerate(getattr(axes, "_shown_boxes", [])):
        element = {"label": str(stats.get("label", index + 1))}
        element.update((name, plain(stats[key])) for name, key in keys)
        element["outliers"] = [plain(value) for value in stats.get("fliers", [])]
        elements.append(element)
    return elements


# A box plot is made of lines as well, so the order matters.
KINDS = (("box_and_whisker", boxes), ("pie", wedges), ("bar", bars), ("scatter", scatters), ("line", lines))


def chart_of_axes(axes):
    chart = {"type": "unknown", "elements": []}
    for kind, elements in KINDS:
        found = elements(axes)
        if found:
            chart = {"type": kind, "elements": found}
            break
    chart.update(axes_fields(axes))
    return chart


def chart_of_figure(figure):
    charts = [chart_of_axes(axes) for axes in figure.axes]
    if len(charts) == 1:
        chart = charts[0]
    else:
        chart = {"type": "composite_chart" if charts else "unknown", "elements": charts}
        chart["title"] = figure.get_suptitle() if hasattr(figure, "get_suptitle") else ""
    picture = io.BytesIO()
    figure.savefig(picture, format="png", bbox_inches="tight")
    chart["png"] = base64.b64encode(picture.getvalue()).decode()
    return chart


def install():
    from matplotlib import pyplot
    from matplotlib.axes import Axes

    draw_boxes = Axes.bxp

    def bxp(axes, bxpstats, *args, **kwargs):
        axes._shown_boxes = getattr(axes, "_shown_boxes", []) + list(bxpstats)
        return draw_boxes(axes, bxpstats, *args, **kwargs)

    def show(*args, **kwargs):
        for number in pyplot.get_fignums():
            figure = pyplot.figure(number)
            if not getattr(figure, "_shown_as_chart", False):
                figure._shown_as_chart = True
                line = json.dumps({"type": "chart", "value": chart_of_figure(figure)})
                print(MARKER + line, flush=True)

    Axes.bxp = bxp
    pyplot.show = show


try:
    install()
except ImportError:
    # The program will say that it is missing, if it needs it.
    pass
