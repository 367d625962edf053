// Detectors: does each see what it should see, and does ordinary traffic still look as the calibration expects?

import { get, path } from "./api.js";
import { empty, facts, h, panel, put } from "./dom.js";
import { age, count, plural, time } from "./format.js";

/** Observed queries against the most that ordinary traffic gives, rung by rung, on a logarithmic scale. */
function rungs(detector) {
    // `expected` is of rung and above, so what was observed is summed from the top.
    let above = 0;
    const rows = detector.rungs.toReversed().map(({ rung, observed, expected }) => ({
        rung,
        observed: above += observed,
        expected,
    })).reverse().filter(({ rung }) => rung > 0);
    if (rows.length === 0) return h("p", { class: "note" }, "No rungs: nothing is calibrated.");
    const most = Math.max(1, ...rows.flatMap(({ observed, expected }) => [observed, expected ?? 0]));
    const size = (value) => `${value <= 0 ? 0 : Math.max(2, Math.log1p(value) / Math.log1p(most) * 100)}%`;
    return h(
        "table",
        { class: "rungs" },
        h("caption", {}, "queries at each rung or above, and the most expected of ordinary traffic"),
        h(
            "thead",
            { class: "hidden" },
            h(
                "tr",
                {},
                ["rung", "bars", "observed", "expected at most"].map((title) => h("th", { scope: "col" }, title)),
            ),
        ),
        h(
            "tbody",
            {},
            rows.map(({ rung, observed, expected }) =>
                h(
                    "tr",
                    { class: expected !== undefined && observed > expected ? "over" : undefined },
                    h("th", { scope: "row", class: "num" }, rung),
                    h(
                        "td",
                        { class: "bars", "aria-hidden": "true" },
                        h("span", { class: "observed", css: { "--size": size(observed) } }),
                        expected !== undefined && h("span", { class: "expected", css: { "--size": size(expected) } }),
                    ),
                    h("td", { class: "num" }, count(observed)),
                    h(
                        "td",
                        { class: "num note" },
                        expected === undefined
                            ? "–"
                            : `≤ ${expected < 10 ? expected.toFixed(1) : count(Math.round(expected))}`,
                    ),
                )
            ),
        ),
    );
}

function card(detector) {
    return h(
        "article",
        { class: "card" },
        h(
            "header",
            {},
            h("h3", {}, detector.detector),
            h("span", { class: `verdict ${detector.verdict}` }, detector.verdict),
        ),
        h("p", { class: "note" }, `feeds the ${detector.track}`),
        h("p", {}, detector.explanation),
        facts([
            ["scored", `${count(detector.scored)} of ${plural(detector.queries, "query", "queries")}`],
            ["last scored", detector.last_scored && [age(detector.last_scored), " ago"]],
            ["failures", detector.failures !== undefined && count(detector.failures)],
        ]),
        rungs(detector),
    );
}

export async function load() {
    const place = h("div");
    const note = h("p", { class: "note" });

    async function refresh() {
        const { items, as_of: asOf } = await get(path`detectors`);
        put(note, asOf ? ["The last hour of event time, until ", time(asOf)] : "Nothing has been scored yet.");
        const models = [...new Set(items.map(({ model }) => model))];
        put(
            place,
            models.length
                ? models.map((model) =>
                    panel(
                        model,
                        {},
                        h("div", { class: "cards" }, items.filter((each) => each.model === model).map(card)),
                    )
                )
                : empty("No detectors yet.", "They appear with the first record of a model."),
        );
    }

    await refresh();
    return {
        title: "Detectors",
        node: [h("h1", {}, "Detectors"), note, place],
        events: ["tick", "calibration"],
        tickPace: 10_000,
        refresh,
    };
}
