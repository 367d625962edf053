// The large chart of a risk series: dygraphs draws, levels colour what is above their thresholds, keys move the crosshair.

import { h, put } from "./dom.js";
import { badge, bands, levelColour } from "./levels.js";
import { clockText, momentText, score } from "./format.js";
import { setting } from "./settings.js";

let loading;

/** dygraphs is a classic script, and large: it is loaded when the first chart is drawn. */
function library() {
    loading ??= new Promise((resolve, reject) => {
        const script = h("script", {
            src: "/assets/dygraph.min.js",
            on: { load: resolve, error: () => reject(new Error("The chart library could not be loaded.")) },
        });
        document.head.append(script);
    }).then(() => {
        // Its legend writes style attributes, which the content security policy forbids; ours stands above the chart.
        const { Dygraph } = globalThis;
        Dygraph.PLUGINS = Dygraph.PLUGINS.filter((plugin) => plugin !== Dygraph.Plugins.Legend);
        return Dygraph;
    });
    return loading;
}

/** Rows for dygraphs: time, what was measured, and what follows from decay alone between two measurements that are far apart. */
function rowsOf(series) {
    const rows = [];
    const step = series.step_seconds * 1000;
    let before;
    for (const { time, min, max, last } of series.points) {
        const at = Date.parse(time);
        if (before && at - before.at > step * 1.5) {
            rows.at(-1)[2] = [before.last, before.last, before.last];
            rows.push([new Date(before.at + 1), [null, null, null], [before.last, before.last, before.last]]);
            rows.push([new Date(at - 1), [null, null, null], [min, min, min]]);
        }
        rows.push([new Date(at), [min, last, max], [null, null, null]]);
        before = { at, last };
    }
    return rows;
}

/** Thresholds of levels as thin lines, markers as ticks with letters; drawn under the line. */
function underlay(canvas, area, chart, series, colours) {
    canvas.save();
    canvas.font = "11px system-ui, sans-serif";
    for (const { from } of bands(series.thresholds.enter).slice(1)) {
        const y = chart.toDomYCoord(from);
        canvas.strokeStyle = colours.line;
        canvas.setLineDash([2, 4]);
        canvas.beginPath();
        canvas.moveTo(area.x, y);
        canvas.lineTo(area.x + area.w, y);
        canvas.stroke();
    }
    canvas.setLineDash([]);
    canvas.textAlign = "center";
    for (const { time, kind } of series.markers) {
        const x = chart.toDomXCoord(Date.parse(time));
        if (x < area.x || x > area.x + area.w) continue;
        canvas.fillStyle = kind === "level" ? colours.muted : colours.text;
        canvas.fillRect(Math.round(x), area.y + area.h - 8, 1, 8);
        if (kind === "level") continue;
        canvas.fillRect(Math.round(x), area.y, 1, area.h);
        canvas.fillText(letters[kind], x + 8, area.y + 11);
    }
    canvas.restore();
}

const letters = { calibration: "K", configuration: "C", silence_start: "S", silence_end: "s" };
const kinds = {
    calibration: "calibration",
    configuration: "configuration",
    silence_start: "silence begins",
    silence_end: "silence ends",
    level: "level",
};

/** Fills the area under the highest values band by band. */
function levelFill(plotter, series) {
    const { drawingContext: canvas, points, plotArea: area, dygraph: chart } = plotter;
    const top = series.points;
    if (plotter.setName !== "score" || points.length === 0) return;
    for (const { level, from, to } of bands(series.thresholds.enter)) {
        const high = chart.toDomYCoord(to);
        const low = chart.toDomYCoord(from);
        canvas.save();
        canvas.beginPath();
        canvas.rect(area.x, high, area.w, low - high);
        canvas.clip();
        canvas.beginPath();
        const floor = chart.toDomYCoord(0);
        let open = false;
        let x = 0;
        let previous;
        for (const { time, max } of top) {
            const at = Date.parse(time);
            if (previous !== undefined && at - previous > series.step_seconds * 1500) {
                canvas.lineTo(x, floor);
                open = false;
            }
            x = chart.toDomXCoord(at);
            if (!open) canvas.moveTo(x, floor);
            open = true;
            canvas.lineTo(x, chart.toDomYCoord(max));
            previous = at;
        }
        canvas.lineTo(x, floor);
        canvas.globalAlpha = level === "info" ? 0.18 : 0.55;
        canvas.fillStyle = levelColour(level);
        canvas.fill();
        canvas.restore();
    }
}

/** A canvas needs colours as they come out in this theme: those that neighbours have. */
function coloursNow(readout) {
    return {
        text: getComputedStyle(document.documentElement).color,
        muted: getComputedStyle(readout).color,
        line: getComputedStyle(readout.closest(".panel")).borderTopColor,
    };
}

/** A time on the axis: of day where the axis shows two days at most, else the date. */
function tickText(at, [from, until]) {
    if (until - from <= 2 * 86_400_000) return clockText(at).slice(0, until - from < 600_000 ? 8 : 5);
    return momentText(at, { seconds: false }).replace(/ \d\d:\d\d$/, "");
}

/** The same as a table, newest first. */
function tableOf(series) {
    return h(
        "table",
        {},
        h("caption", { class: "hidden" }, "The series as a table"),
        h(
            "thead",
            {},
            h(
                "tr",
                {},
                ["time", "level", "lowest", "highest", "last", "queries"].map((title, at) =>
                    h("th", { scope: "col", class: at > 1 ? "num" : undefined }, title)
                ),
            ),
        ),
        h(
            "tbody",
            {},
            series.points.toReversed().slice(0, 500).map((point) =>
                h(
                    "tr",
                    {},
                    h(
                        "th",
                        { scope: "row" },
                        h("a", { href: `/samples/${point.last_sample}` }, momentText(Date.parse(point.time))),
                    ),
                    h("td", {}, badge(point.level)),
                    [point.min, point.max, point.last].map((value) => h("td", { class: "num" }, score(value))),
                    h("td", { class: "num" }, String(point.queries)),
                )
            ),
        ),
    );
}

/** A chart: `node`, `draw(series)`, `leave()`. `choose(sample)` is called for the sample that somebody picks. */
export function seriesChart({ choose }) {
    const readout = h("p", { class: "readout num", role: "status" });
    const place = h("div", {
        class: "plot",
        tabindex: "0",
        role: "application",
        "aria-label": "Risk series. Left and right move the crosshair, enter explains the sample.",
    });
    const names = h("div", { class: "bands beside", "aria-hidden": "true" });
    const markers = h("ul", { class: "markers" });
    const rows = h("details", {}, h("summary", {}, "The series as a table"));
    let chart;
    let series;
    let row = -1;
    let left = false;

    /** dygraphs does not bear to be destroyed twice. */
    function clear() {
        const old = chart;
        chart = undefined;
        old?.destroy();
    }

    function select(next) {
        if (!series?.points.length) return;
        row = Math.min(series.points.length - 1, Math.max(0, next));
        const point = series.points[row];
        chart?.setSelection(chart.rawRows.findIndex(([at]) => at.getTime() === Date.parse(point.time)));
        put(
            readout,
            `${momentText(Date.parse(point.time))}  `,
            badge(point.level),
            `  ${score(point.last)}`,
            point.min === point.max ? "" : ` (${score(point.min)} … ${score(point.max)})`,
            `  ${point.queries} queries`,
        );
    }

    function rest() {
        const point = series?.points.at(-1);
        put(
            readout,
            point
                ? "Drag to zoom, double-click for all."
                : "No samples in this time: nobody asked anything, or the level has never moved.",
        );
    }

    place.addEventListener("keydown", (event) => {
        const by = { ArrowLeft: -1, ArrowRight: 1, PageUp: -20, PageDown: 20 }[event.key];
        if (by) select(row < 0 ? series.points.length - 1 : row + by);
        else if (event.key === "Home") select(0);
        else if (event.key === "End") select(Infinity);
        else if (event.key === "Enter" && row >= 0) choose(series.points[row].last_sample);
        else return;
        event.preventDefault();
        event.stopPropagation();
    });

    /** Draws a series; while somebody looks at a part of the one before, only a new range (`anew`) takes its place. */
    async function draw(next, { anew = false } = {}) {
        // What was asked for on a page that has been left since comes too late.
        if (left || (!anew && chart?.isZoomed("x"))) return;
        const looked = anew ? undefined : series?.points[row]?.time;
        series = next;
        row = -1;
        rest();
        put(rows, rows.firstElementChild, tableOf(series));
        put(
            markers,
            series.markers.filter(({ kind }) => kind !== "level").slice(-20).map(({ time, kind, text }) =>
                h(
                    "li",
                    {},
                    h("strong", {}, letters[kind] ?? ""),
                    ` ${momentText(Date.parse(time))} ${kinds[kind]}: ${text}`,
                )
            ),
        );
        clear();
        place.hidden = series.points.length === 0;
        if (place.hidden) return;
        const Dygraph = await library();
        if (left || series !== next || !place.isConnected) return;
        const colours = coloursNow(readout);
        const data = rowsOf(series);
        chart = new Dygraph(place, data, {
            labels: ["time", "score", "decay"],
            customBars: true,
            legend: "never",
            labelsUTC: setting("zone") === "utc",
            valueRange: [0, 100],
            dateWindow: [Date.parse(series.since), Date.parse(series.until)],
            connectSeparatedPoints: false,
            series: {
                score: { color: colours.text, strokeWidth: 1.5 },
                decay: { color: colours.muted, strokeWidth: 1, strokePattern: [4, 4], connectSeparatedPoints: true },
            },
            fillAlpha: 0,
            axisLineColor: colours.line,
            gridLineColor: colours.line,
            gridLineWidth: 0.3,
            highlightCircleSize: 4,
            rightGap: 52,
            axisLabelFontSize: 11,
            axes: {
                x: {
                    axisLabelFormatter: (at, _granularity, _option, self) => tickText(at.getTime(), self.xAxisRange()),
                    axisLabelWidth: 76,
                },
                y: { axisLabelWidth: 28, pixelsPerLabel: 40 },
            },
            plotter: [(each) => levelFill(each, series), Dygraph.Plotters.linePlotter],
            underlayCallback: (canvas, area, self) => underlay(canvas, area, self, series, colours),
            highlightCallback: (_event, at) =>
                select(series.points.findIndex(({ time }) => Math.abs(Date.parse(time) - at) <= 1)),
            unhighlightCallback: rest,
            pointClickCallback: () => row >= 0 && choose(series.points[row].last_sample),
        });
        chart.rawRows = data;
        // Names of levels stand beside the plot: dygraphs clips what is drawn outside it.
        put(
            names,
            bands(series.thresholds.enter).slice(1).map(({ level, from }) =>
                h("span", { class: "band", css: { "--y": `${chart.toDomYCoord(from)}px` } }, level)
            ),
        );
        const again = series.points.findIndex(({ time }) => time === looked);
        if (again >= 0) select(again);
    }

    function leave() {
        left = true;
        clear();
    }

    return {
        node: h("div", { class: "series" }, readout, h("div", { class: "plot-frame" }, place, names), markers, rows),
        draw,
        leave,
    };
}
