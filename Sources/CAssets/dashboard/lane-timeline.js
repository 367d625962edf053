// Evidence of the four lanes over time: which speed of asking it was that built the case.

import { empty, h, svg } from "./dom.js";
import { clockText } from "./format.js";

const LANES = ["burst", "session", "shift", "campaign"];
const WIDTH = 720;
const HEIGHT = 34;

/** One lane's evidence as an area. */
function row(lane, samples, from, until, most, strongest) {
    const x = (at) => (Date.parse(at) - from) / Math.max(1, until - from) * WIDTH;
    const values = samples.map((
        sample,
    ) => [x(sample.time), sample.lanes.find((each) => each.lane === lane)?.bits ?? 0]);
    const y = (bits) => HEIGHT - bits / most * (HEIGHT - 2);
    const top = values.map(([at, bits], index) => `${index ? "L" : "M"}${at.toFixed(1)} ${y(bits).toFixed(1)}`).join(
        "",
    );
    const peak = Math.max(0, ...values.map(([, bits]) => bits));
    return h(
        "div",
        { class: lane === strongest ? "lane-row strongest" : "lane-row" },
        h("span", {}, lane),
        svg(
            "svg",
            {
                viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
                preserveAspectRatio: "none",
                role: "img",
                "aria-label": `${lane}: up to ${peak.toFixed(1)} bits`,
            },
            svg("path", {
                class: "lane-area",
                d: `${top}L${values.at(-1)[0].toFixed(1)} ${HEIGHT}L${values[0][0].toFixed(1)} ${HEIGHT}Z`,
            }),
            svg("path", { class: "line", d: top }),
        ),
        h("span", { class: "num" }, `${peak.toFixed(1)} bits`),
    );
}

/** The lanes of samples, oldest first. */
export function laneTimeline(samples, { lane: strongest } = {}) {
    if (samples.length === 0) return empty("No samples of this time are kept any more.");
    const from = Date.parse(samples[0].time);
    const until = Date.parse(samples.at(-1).time);
    const most = Math.max(1, ...samples.flatMap(({ lanes }) => lanes.map(({ bits }) => bits)));
    return h(
        "div",
        { class: "lane-rows" },
        LANES.map((lane) => row(lane, samples, from, until, most, strongest)),
        h("p", { class: "note num lane-axis" }, h("span", {}, clockText(from)), h("span", {}, clockText(until))),
    );
}
