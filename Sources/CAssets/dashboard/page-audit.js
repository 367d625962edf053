// Who did what, and who looked at which images. Both ledgers are only ever added to.

import { get, path } from "./api.js";
import { attempt } from "./dialog.js";
import { button, h, panel, put } from "./dom.js";
import { count, time } from "./format.js";
import { filterBar, filterKey } from "./filters.js";
import { link } from "./router.js";
import { nothing, PagedTable } from "./table.js";

const spans = [["", "all time"], ["-1h", "last hour"], ["-24h", "last 24 h"], ["-7d", "last 7 d"], [
    "-30d",
    "last 30 d",
], ["-90d", "last 90 d"]];

function actionTable(values) {
    return new PagedTable({
        caption: "Actions",
        noun: ["action"],
        key: ({ number }) => number,
        none: nothing("Nobody did anything that fits."),
        fetchPage: (page) => get(path`audit/actions`, { actor: values.actor, since: values.since, ...page }),
        columns: [
            { title: "number", class: "num", cell: ({ number }) => count(number) },
            { title: "time", cell: ({ time: at }) => time(at, "full") },
            { title: "who", cell: ({ actor }) => actor },
            { title: "what", cell: ({ what }) => what },
            { title: "to", class: "wide", cell: ({ object }) => h("code", {}, object) },
            { title: "detail", class: "wide", cell: ({ detail }) => detail },
            { title: "from", class: "wide", cell: ({ address }) => address ?? "–" },
        ],
    });
}

function readTable(values) {
    return new PagedTable({
        caption: "Looks at images",
        noun: ["look"],
        key: ({ number }) => number,
        none: nothing("Nobody looked at an image that fits."),
        fetchPage: (page) =>
            get(path`audit/reads`, {
                actor: values.actor,
                since: values.since,
                observation: values.observation,
                ...page,
            }),
        columns: [
            { title: "number", class: "num", cell: ({ number }) => count(number) },
            { title: "time", cell: ({ time: at }) => time(at, "full") },
            { title: "who", cell: ({ actor }) => actor },
            {
                title: "looked at",
                cell: ({ what, observation, with: other }) =>
                    `${what} of ${observation}${other ? ` and ${other}` : ""}`,
            },
            { title: "why", class: "wide", cell: ({ reason }) => reason },
            {
                title: "alert",
                class: "wide",
                cell: ({ alert }) => alert && h("a", { href: link`/alerts/${alert}` }, h("code", {}, alert)),
            },
            { title: "from", class: "wide", cell: ({ address }) => address ?? "–" },
        ],
    });
}

export async function load({ query }) {
    const values = { ...query };
    const ledgers = { actions: ["Actions", actionTable(values)], reads: ["Looks at images", readTable(values)] };
    let chosen = query.ledger === "reads" ? "reads" : "actions";
    const place = h("div");
    const tabs = h("div", { class: "segments", role: "group", "aria-label": "Ledger" });
    const table = () => ledgers[chosen][1];
    const refresh = () => table().refresh();

    function draw() {
        put(
            tabs,
            Object.entries(ledgers).map(([name, [title]]) =>
                button(title, () => choose(name), { "aria-pressed": String(name === chosen) })
            ),
        );
        put(place, table().whole);
    }

    async function choose(name) {
        chosen = name;
        draw();
        await attempt(refresh);
    }

    const bar = filterBar(
        [{ name: "actor", label: "Who" }, { name: "since", label: "When", options: spans }, {
            name: "observation",
            label: "Image of query",
            type: "number",
        }],
        values,
        () => attempt(refresh),
    );
    draw();
    await refresh();
    return {
        title: "Audit",
        node: [h("h1", {}, "Audit"), panel("Ledgers", { tools: [tabs, bar] }, place)],
        events: ["alert", "silence", "endpoint"],
        refresh,
        keys: [{ keys: "j", label: "next row", run: () => table().move(1) }, {
            keys: "k",
            label: "row before",
            run: () => table().move(-1),
        }, filterKey(bar)],
    };
}
