// What both pictures share: colours for light and dark readers, and text.

/** Colours by class: of a light and of a dark page. */
const COLOURS = {
  page: ["#ffffff", "#0d1117"],
  edge: ["#d0d7de", "#30363d"],
  text: ["#1f2328", "#e6edf3"],
  dim: ["#656d76", "#8b949e"],
  cyan: ["#0a6e7d", "#39c5cf"],
  yellow: ["#8a5a00", "#d29922"],
  green: ["#1a7f37", "#3fb950"],
  red: ["#cf222e", "#ff7b72"],
  theirs: ["#afb8c1", "#57606a"],
  ours: ["#0969da", "#4493f8"],
};

export const MONOSPACE = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace';
export const SANS = '-apple-system, BlinkMacSystemFont, "Segoe UI", "Noto Sans", "DejaVu Sans", Helvetica, Arial, sans-serif';

/** Returns a picture with these styles and this content. */
export function svg({ width, height, title, styles = "", font }, content) {
  const rules = (index) => Object.entries(COLOURS).map(([name, pair]) => `.${name}{fill:${pair[index]}}`);
  const edge = (index) => `.frame{stroke:${COLOURS.edge[index]}}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escapeXml(title)}</title>
<style>
text{font-family:${font};white-space:pre}
.bold{font-weight:600}
${rules(0).join("")}${edge(0)}
@media (prefers-color-scheme:dark){${rules(1).join("")}${edge(1)}}
${styles}</style>
<rect class="page frame" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>
${content}
</svg>
`;
}

export function escapeXml(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
