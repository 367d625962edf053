// Chains of near-duplicate images, whoever sent them: one attack, however many accounts.

import { get, path } from "./api.js";
import { attempt } from "./dialog.js";
import { h, panel } from "./dom.js";
import { age, count, probability, scoreCell, time } from "./format.js";
import { filterBar, filterKey } from "./filters.js";
import { badge } from "./levels.js";
import { link } from "./router.js";
import { nothing, PagedTable } from "./table.js";

export async function load({ query }) {
    const values = { ...query };
    const table = new PagedTable({
        caption: "Campaigns",
        noun: ["campaign"],
        key: ({ entity }) => entity,
        href: ({ entity }) => link`/entities/${entity}`,
        none: nothing(
            "No campaigns.",
            "A campaign begins when somebody sends an image that nearly equals an earlier one.",
        ),
        fetchPage: (page) => get(path`campaigns`, { ...values, ...page }),
        columns: [
            { title: "campaign", cell: ({ number }) => `campaign ${number}` },
            { title: "model", class: "wide", cell: ({ model }) => model },
            { title: "highest level", cell: ({ highest_level: level }) => badge(level) },
            { title: "score", class: "num", cell: ({ highest_score: points }) => scoreCell(points) },
            { title: "class", class: "wide", cell: ({ class: name }) => name },
            { title: "images", class: "num", cell: ({ members }) => count(members) },
            { title: "accounts", class: "num wide", cell: ({ accounts }) => count(accounts) },
            { title: "repeats", class: "num wide", cell: ({ repeats }) => count(repeats) },
            { title: "peak", class: "num wide", cell: ({ peak }) => probability(peak) },
            { title: "first", class: "wide", cell: ({ first }) => time(first) },
            { title: "last", class: "num", cell: ({ last }) => age(last) },
        ],
    });
    const bar = filterBar([{ name: "model", label: "Model" }], values, () => attempt(() => table.refresh()));
    await table.refresh();
    return {
        title: "Campaigns",
        node: [h("h1", {}, "Campaigns"), panel("Newest first", { tools: bar }, table.whole)],
        events: ["tick", "level"],
        tickPace: 10_000,
        refresh: () => table.refresh(),
        keys: [...table.keys(), filterKey(bar)],
    };
}
