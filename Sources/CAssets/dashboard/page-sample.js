// Why a sample has its score: its parts, its lanes, and the queries of its tick.

import { get, path } from "./api.js";
import { contributionChart, laneBars } from "./contributions.js";
import { empty, facts, h, panel } from "./dom.js";
import {
    bits,
    count,
    distance,
    entityName,
    hash,
    parseEntity,
    plural,
    probability,
    rungsText,
    score,
    time,
} from "./format.js";
import { badge } from "./levels.js";
import { link } from "./router.js";
import { nothing, Table } from "./table.js";

export async function load({ parameters: { sample: number } }) {
    const { sample, queries, truncated } = await get(path`samples/${number}/explanation`);
    const table = new Table({
        caption: "Queries of the tick",
        key: ({ observation }) => observation,
        none: nothing("No queries in this tick that count for it."),
        columns: [
            { title: "query", class: "num", cell: ({ observation }) => count(observation) },
            { title: "time", cell: ({ time: at }) => time(at) },
            { title: "user", class: "wide", cell: ({ user }) => user ?? "–" },
            { title: "answer", cell: ({ class: name }) => name },
            { title: "probability", class: "num", cell: ({ probability: value }) => probability(value) },
            { title: "nearest", class: "num wide", cell: ({ similarity: near }) => count(near?.nearest) },
            { title: "distance", class: "num", cell: ({ similarity: near }) => distance(near?.distance) },
            {
                title: "descent",
                class: "num wide",
                cell: ({ similarity: near }) => (near ? near.descent.toFixed(2) : "–"),
            },
            {
                title: "opinions",
                class: "wide",
                cell: ({ opinions }) =>
                    opinions.map(({ name, score: value, disagrees }) =>
                        `${name} ${probability(value)}${disagrees ? " disagrees" : ""}`
                    ).join(", ") || "–",
            },
            { title: "rungs", cell: ({ rungs }) => rungsText(rungs) },
        ],
    });
    table.update(queries);
    const subject = parseEntity(sample.entity);
    return {
        title: `Sample ${number}`,
        keys: table.keys(),
        node: [
            h(
                "header",
                { class: "alert-head" },
                h(
                    "p",
                    { class: "crumbs" },
                    h("a", { href: link`/entities/${sample.entity}` }, entityName(subject)),
                    ` / sample ${number}`,
                ),
                h(
                    "h1",
                    {},
                    badge(sample.level),
                    " ",
                    h("span", { class: "num" }, score(sample.score)),
                    " ",
                    entityName(subject),
                ),
                h(
                    "p",
                    { class: "line" },
                    h("span", {}, time(sample.time, "full")),
                    h("span", {}, plural(sample.queries, "query", "queries")),
                    sample.lane && h("span", {}, "lane ", h("strong", {}, sample.lane)),
                ),
            ),
            h(
                "div",
                { class: "columns" },
                panel(
                    "Why",
                    {},
                    sample.contributions.length
                        ? contributionChart(sample.contributions, sample.score)
                        : empty("Nothing counts against it."),
                ),
                h(
                    "div",
                    {},
                    panel(
                        "Evidence by lane",
                        {},
                        sample.lanes.length ? laneBars(sample.lanes, sample.lane) : empty("No lanes of its own."),
                    ),
                    panel(
                        "Stored integers",
                        { note: "riskd recompute gives the same" },
                        facts([
                            ["score", `${count(sample.score_milli)} thousandths`],
                            ["evidence", bits(sample.evidence_bits)],
                            ["evidence units", count(sample.evidence_units)],
                            ["tick", String(sample.tick)],
                            [
                                "calibration",
                                sample.calibration_id &&
                                h(
                                    "a",
                                    { href: link`/calibrations/${sample.calibration_id}` },
                                    hash(sample.calibration_id),
                                ),
                            ],
                            ["configuration", hash(sample.config_id)],
                        ]),
                    ),
                ),
            ),
            panel("Queries of the tick", { note: truncated ? "The first 1,000." : undefined }, table.node),
        ],
    };
}
