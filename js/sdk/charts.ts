/** Types of charts. */
export const ChartType = {
  /** Lines: {@link LineChart}. */
  LINE: "line",
  /** Points: {@link ScatterChart}. */
  SCATTER: "scatter",
  /** Bars: {@link BarChart}. */
  BAR: "bar",
  /** Sectors of a circle: {@link PieChart}. */
  PIE: "pie",
  /** Boxes with whiskers: {@link BoxAndWhiskerChart}. */
  BOX_AND_WHISKER: "box_and_whisker",
  /** Several charts in a figure: {@link CompositeChart}. */
  COMPOSITE_CHART: "composite_chart",
  /** Another type: only its picture is known. */
  UNKNOWN: "unknown",
} as const;
/** A type of {@link ChartType}. */
export type ChartType = (typeof ChartType)[keyof typeof ChartType];

/** A chart that code has shown. Which properties it has depends on its type. */
export interface Chart {
  /** One of {@link ChartType}. */
  type?: string;
  /** Title. */
  title?: string;
  /** Picture of the figure, as PNG in base64. */
  png?: string;
  /** Label of the horizontal axis. */
  x_label?: string;
  /** Label of the vertical axis. */
  y_label?: string;
  /** Positions of the ticks of the horizontal axis. */
  x_ticks?: number[];
  /** Positions of the ticks of the vertical axis. */
  y_ticks?: number[];
  /** Labels of the ticks of the horizontal axis. */
  x_tick_labels?: string[];
  /** Labels of the ticks of the vertical axis. */
  y_tick_labels?: string[];
  /** Scale of the horizontal axis, such as `linear`, `log` or `datetime`. */
  x_scale?: string;
  /** Scale of the vertical axis. */
  y_scale?: string;
  /** What the chart shows: lines, points, bars, sectors, boxes, or the charts of a figure. */
  elements?: ChartElement[];
}

/** A line, a bar, a sector, a box, or a chart in a figure. Which properties it has depends on the type of the chart. */
export interface ChartElement {
  /** Label. */
  label?: string;
  /** Points of a line or a set of points: pairs of coordinates. */
  points?: number[][];
  /** Group of a bar. */
  group?: string;
  /** Height of a bar, as a string. */
  value?: string;
  /** Angle of a sector in degrees. */
  angle?: number;
  /** Radius of a sector. */
  radius?: number;
  /** Lower end of the whiskers of a box. */
  min?: number;
  /** Lower edge of a box. */
  first_quartile?: number;
  /** Line in a box. */
  median?: number;
  /** Upper edge of a box. */
  third_quartile?: number;
  /** Upper end of the whiskers of a box. */
  max?: number;
  /** Points outside the whiskers of a box. */
  outliers?: number[];
  /** Type of a chart in a figure. */
  type?: string;
  /** Title of a chart in a figure. */
  title?: string;
  /** Picture of a chart in a figure, as PNG in base64. */
  png?: string;
  /** Label of the horizontal axis of a chart in a figure. */
  x_label?: string;
  /** Label of the vertical axis of a chart in a figure. */
  y_label?: string;
}

/** A chart with two axes. */
export type Chart2D = Pick<Chart, "type" | "title" | "png" | "x_label" | "y_label" | "elements">;
/** A chart of points, with the ticks and scales of its axes. */
export type PointChart = Chart2D & Pick<Chart, "x_ticks" | "y_ticks" | "x_tick_labels" | "y_tick_labels" | "x_scale" | "y_scale">;
/** A chart of lines. */
export type LineChart = PointChart & {
  /** Type of the chart. */
  type: "line";
};
/** A chart of points that are not connected. */
export type ScatterChart = PointChart & {
  /** Type of the chart. */
  type: "scatter";
};
/** A chart of bars. */
export type BarChart = Chart2D & {
  /** Type of the chart. */
  type: "bar";
};
/** A circle with sectors. */
export type PieChart = Pick<Chart, "type" | "title" | "png" | "elements"> & {
  /** Type of the chart. */
  type: "pie";
};
/** A chart of boxes with whiskers. */
export type BoxAndWhiskerChart = Chart2D & {
  /** Type of the chart. */
  type: "box_and_whisker";
};
/** A figure with several charts. */
export type CompositeChart = Pick<Chart, "type" | "title" | "png" | "elements"> & {
  /** Type of the chart. */
  type: "composite_chart";
};
/** An element of a {@link LineChart} or a {@link ScatterChart}. */
export type PointData = Pick<ChartElement, "label" | "points">;
/** An element of a {@link BarChart}. */
export type BarData = Pick<ChartElement, "label" | "group" | "value">;
/** An element of a {@link PieChart}. */
export type PieData = Pick<ChartElement, "label" | "angle" | "radius">;
/** An element of a {@link BoxAndWhiskerChart}. */
export type BoxAndWhiskerData = Pick<ChartElement, "label" | "min" | "first_quartile" | "median" | "max" | "outliers">;
