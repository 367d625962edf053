// Why a score is what it is: signed parts that sum to it, as a bar and as a table.

import { h } from "./dom.js";
import { entityName, parseEntity, score, signed } from "./format.js";
import { link } from "./router.js";

const meanings = {
    unremarkable: "queries without a signal speak against an attack",
    limits: "what a tick or a lane can count for at most",
    multiplicity: "many entities are watched at once: the price of the false-alarm bound",
    impact: "the model's criticality",
    others: "all other members together",
};

/** What a part of a score means, in words; of detectors the service says it. */
function meaning({ name, meaning: told }) {
    return meanings[name] ?? told;
}

/** What a part is called, and what it means. */
function named(part) {
    const { name } = part;
    if (/^(user|campaign|model):/.test(name)) {
        return h("a", { href: link`/entities/${name}` }, entityName(parseEntity(name)));
    }
    return h("span", { title: meaning(part) }, name);
}

/** A stacked bar over the table of its parts. `contributions` sum to `total`. */
export function contributionChart(contributions, total) {
    const up = contributions.filter(({ points }) => points > 0);
    const down = contributions.filter(({ points }) => points < 0);
    const reach = up.reduce((sum, { points }) => sum + points, 0);
    const scale = Math.max(100, reach);
    let at = 0;
    const pieces = [...up, ...down].map((part, index) => {
        const { name, points } = part;
        const from = points > 0 ? at : at + points;
        at += points;
        return h("span", {
            class: points > 0 ? `piece up shade-${index % 4}` : "piece down",
            title: `${name} ${signed(points, 3)}`,
            css: { "--from": `${from / scale * 100}%`, "--size": `${Math.abs(points) / scale * 100}%` },
        }, points > 0 && points / scale > 0.12 ? named(part).textContent : undefined);
    });
    const marker = h(
        "span",
        { class: "marker", css: { "--from": `${Math.max(0, total) / scale * 100}%` } },
        h("span", {}, score(total)),
    );
    const list = h(
        "table",
        { class: "parts" },
        h("caption", { class: "hidden" }, "Parts of the score"),
        h(
            "thead",
            { class: "hidden" },
            h(
                "tr",
                {},
                h("th", { scope: "col" }, "part"),
                h("th", { scope: "col" }, "points"),
                h("th", { scope: "col" }, "meaning"),
            ),
        ),
        h(
            "tbody",
            {},
            contributions.map((part) =>
                h(
                    "tr",
                    {},
                    h("th", { scope: "row" }, named(part)),
                    h("td", { class: "num" }, signed(part.points, 3)),
                    h("td", { class: "note wide" }, meaning(part)),
                )
            ),
        ),
        h(
            "tfoot",
            {},
            h(
                "tr",
                {},
                h("th", { scope: "row" }, "score"),
                h("td", { class: "num" }, total.toFixed(3)),
                h("td", { class: "wide" }),
            ),
        ),
    );
    return h(
        "div",
        { class: "contributions" },
        h("div", { class: "stack", "aria-hidden": "true" }, h("div", { class: "rows" }, pieces, marker)),
        list,
    );
}

/** Evidence by lane: four bars of one scale. */
export function laneBars(lanes, strongest) {
    const most = Math.max(20, ...lanes.map(({ bits }) => bits));
    return h(
        "dl",
        { class: "lanes" },
        lanes.map(({ lane, bits }) =>
            h(
                "div",
                { class: lane === strongest ? "strongest" : undefined },
                h("dt", {}, lane),
                h(
                    "dd",
                    {},
                    h("span", { class: "bar", "aria-hidden": "true", css: { "--size": `${bits / most * 100}%` } }),
                    h("span", { class: "num" }, `${bits.toFixed(1)} bits`),
                ),
            )
        ),
    );
}
