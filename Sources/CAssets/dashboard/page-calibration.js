// One calibration: its thresholds and what they promise, how it was checked, who put it into force.

import { get, path } from "./api.js";
import { empty, facts, h, panel } from "./dom.js";
import { count, rate, time } from "./format.js";

function detectorTable({ detector, records, rungs }) {
    return h(
        "article",
        { class: "card" },
        h("header", {}, h("h3", {}, detector), h("span", { class: "note" }, `${count(records)} records`)),
        h(
            "table",
            {},
            h("caption", { class: "hidden" }, `Rungs of ${detector}`),
            h(
                "thead",
                {},
                h(
                    "tr",
                    {},
                    ["rung", "scores above", "u, at most"].map((title) =>
                        h("th", { scope: "col", class: "num" }, title)
                    ),
                ),
            ),
            h(
                "tbody",
                {},
                rungs.map(({ rung, threshold, bound }) =>
                    h(
                        "tr",
                        {},
                        h("th", { scope: "row", class: "num" }, rung),
                        h("td", { class: "num" }, String(Number(threshold.toPrecision(6)))),
                        h("td", { class: "num" }, rate(bound)),
                    )
                ),
            ),
        ),
    );
}

const list = (items, draw, none) => (items.length ? h("ol", { class: "history" }, items.map(draw)) : empty(none));

export async function load({ parameters: { id } }) {
    const detail = await get(path`calibrations/${id}`);
    const { calibration: own } = detail;
    return {
        title: `Calibration of ${own.model}`,
        node: [
            h(
                "header",
                { class: "alert-head" },
                h("p", { class: "crumbs" }, h("a", { href: "/calibrations" }, "Calibrations"), " / ", own.model),
                h("h1", {}, `Calibration of ${own.model}`),
                h("p", {}, h("code", { class: "break" }, own.calibration)),
            ),
            panel(
                "What it is",
                {},
                facts([
                    ["state", own.state],
                    ["of", own.owner ?? own.stratum ?? "all users"],
                    ["records", count(own.records)],
                    ["users", count(own.users)],
                    ["built", time(own.built_at, "full")],
                    ["in force since", own.in_force_since && time(own.in_force_since, "full")],
                    ["newest record", detail.newest_record && time(detail.newest_record, "full")],
                    ["built from", own.origin],
                    ["confidence", detail.delta !== undefined && `${((1 - detail.delta) * 100).toFixed(1)} %`],
                ]),
            ),
            panel("Detectors", {
                note: "u: the most of ordinary traffic that exceeds a rung, with the stated confidence",
            }, h("div", { class: "cards" }, detail.detectors.map(detectorTable))),
            h(
                "div",
                { class: "columns" },
                panel(
                    "Checks",
                    { note: "replays of held-out benign traffic" },
                    list(detail.checks, ({ checked_at: at, passed, traffic }) =>
                        h(
                            "li",
                            {},
                            time(at, "full"),
                            h(
                                "span",
                                { class: `verdict ${passed ? "passed" : "failed"}` },
                                passed ? "passed" : "failed",
                            ),
                            traffic,
                        ), "Never checked on held-out traffic."),
                ),
                panel(
                    "In force",
                    {},
                    list(detail.activations, ({ activated_at: at, actor, forced, reason }) =>
                        h(
                            "li",
                            {},
                            time(at, "full"),
                            h("strong", {}, actor),
                            forced && h("span", { class: "tag" }, "forced"),
                            h("blockquote", {}, reason),
                        ), "Never in force."),
                ),
            ),
        ],
    };
}
