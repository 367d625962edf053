// A small line over time. The area under it takes the colours of the levels that it passes through: a quiet line is grey.

import { h, svg } from "./dom.js";
import { bands, levelOf } from "./levels.js";
import { score } from "./format.js";

let serial = 0;

/** Runs of neighbouring steps; what lies between runs is known from decay alone and drawn dashed. */
function runsOf(points, step) {
    const runs = [];
    for (const point of points) {
        const run = runs.at(-1);
        if (run && point.x - run.at(-1).x <= step * 1.5) run.push(point);
        else runs.push([point]);
    }
    return runs;
}

const line = (points) => points.map(({ x, y }, at) => `${at ? "L" : "M"}${x.toFixed(2)} ${y.toFixed(2)}`).join("");

/**
 * A sparkline of `{ step_seconds, points: [{ time, score }] }` over the `seconds` before `until` (milliseconds).
 * `labels` adds the levels' names at the right edge.
 */
export function sparkline(spark, { thresholds, until, seconds, width = 240, height = 40, labels = false, label }) {
    const from = until - seconds * 1000;
    const x = (at) => Math.max(0, (at - from) / (until - from) * width);
    const y = (points) => height - 1 - points / 100 * (height - 2);
    const step = spark.step_seconds * 1000;
    // A step's score stands in its middle, the last one's at the end: that is what is known now.
    const points = spark.points.map(({ time, score: value }) => {
        const begin = Date.parse(time);
        return { x: x(Math.min(until, begin + step)), y: y(value), value };
    }).filter((point) => point.x >= 0);
    const runs = runsOf(points, spark.step_seconds / seconds * width);
    const last = points.at(-1);
    const id = `spark-${++serial}`;
    const area = points.length
        ? `${line(points)}L${last.x.toFixed(2)} ${height}L${points[0].x.toFixed(2)} ${height}Z`
        : "";
    const shape = svg("svg", {
        viewBox: `0 0 ${width} ${height}`,
        preserveAspectRatio: "none",
        class: "spark",
        role: "img",
        "aria-label": label ?? describe(spark, thresholds),
    });
    for (const { level, from: low, to: high } of bands(thresholds.enter)) {
        const clip = `${id}-${level}`;
        shape.append(
            svg(
                "clipPath",
                { id: clip },
                svg("rect", { x: 0, width, y: y(high), height: Math.max(0, y(low) - y(high)) }),
            ),
            svg("path", { d: area, class: `area level-${level}`, "clip-path": `url(#${clip})` }),
        );
        if (labels && level !== "info") {
            shape.append(svg("line", { x1: 0, x2: width, y1: y(low), y2: y(low), class: "threshold" }));
        }
    }
    runs.forEach((run, at) => {
        shape.append(
            svg("path", { d: line(run.length > 1 ? run : [{ x: run[0].x - 1, y: run[0].y }, run[0]]), class: "line" }),
        );
        if (at > 0) shape.append(svg("path", { d: line([runs[at - 1].at(-1), run[0]]), class: "line guess" }));
    });
    if (last && last.x < width - 1) {
        shape.append(svg("path", { d: line([last, { x: width, y: last.y }]), class: "line guess" }));
    }
    if (!labels) return shape;
    const names = ["low", "medium", "high", "critical"].map((level) => {
        const name = h("span", { class: "band" }, level);
        name.style.setProperty("--at", `${thresholds.enter[level]}%`);
        return name;
    });
    return h("div", { class: "spark-chart" }, shape, h("div", { class: "bands", "aria-hidden": "true" }, names));
}

/** What the line shows, in words. */
function describe({ points }, thresholds) {
    if (points.length === 0) return "No samples in this time.";
    const highest = Math.max(...points.map(({ score: value }) => value));
    return `From ${score(points[0].score)} to ${score(points.at(-1).score)} points; the highest was ${
        score(highest)
    }, ${levelOf(highest, thresholds.enter)}.`;
}
