export {
  type CompareOptions,
  type ComparisonFigure,
  type ComparisonSection,
  compareHtml,
} from "./compare_html.js";
export { type HeatMapOptions, heatMap, heatScaleSvg } from "./heat_map.js";
export { type LinePlotOptions, linePlotSvg, type PlotMark, type PlotSeries } from "./line_plot.js";
export type { TableColumn, TableParts } from "./page.js";
export { type PlanCalls, planCalls } from "./plan_calls.js";
export { planHtml } from "./plan_html.js";
export { type PlanPictureOptions, planSvg } from "./plan_svg.js";
export { formatBytes, type PlanSummary, planSummary, type SummaryOptions } from "./summary.js";
