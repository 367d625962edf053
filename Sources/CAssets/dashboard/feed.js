// What happens, newest first: queries that some detector noticed, and levels that changed. It can be held still.

import { get, path } from "./api.js";
import { button, empty, h, key, put } from "./dom.js";
import { distance, entityName, parseEntity, probability, time, userEntity } from "./format.js";
import { badge } from "./levels.js";
import { link } from "./router.js";

const LENGTH = 13;

/** The highest rung, and the detectors that reached it. */
function strongest({ rungs }) {
    const rung = Math.max(0, ...rungs.map((each) => each.rung));
    const names = new Set(
        rungs.filter((each) => each.rung === rung).map(({ detector }) => detector.split(".").slice(-1)[0]),
    );
    return { rung, names: [...names].join(", ") };
}

function query(observation) {
    const { rung, names } = strongest(observation);
    const near = observation.similarity ?? observation.model_similarity;
    return h(
        "li",
        {},
        time(observation.time),
        h("span", { class: "rung", title: `rung ${rung}: ${names}` }, `r${rung}`),
        h("a", { href: link`/entities/${userEntity(observation.model, observation.user)}` }, observation.user),
        h(
            "span",
            { class: "what" },
            `${observation.class} ${probability(observation.probability)}`,
            near?.distance !== undefined &&
                h("span", { class: "note" }, ` ${distance(near.distance)} from ${near.nearest}`),
        ),
        h("span", { class: "note names" }, names),
    );
}

function change({ entity, time: at, from, to }) {
    return h(
        "li",
        { class: "change" },
        time(at),
        h("span", { class: "rung", "aria-hidden": "true" }, "⇅"),
        h("a", { href: link`/entities/${entity}` }, entityName(parseEntity(entity))),
        h("span", { class: "what" }, badge(from), " → ", badge(to)),
    );
}

/** The feed: `node`, `tools`, `refresh()`, `heard(name, data)`, `toggle()`. */
export function feed() {
    const list = h("ol", { class: "feed" });
    const place = h("div", {}, list);
    let paused = false;
    let missed = 0;
    const pause = button("", toggle, { class: "quiet", "aria-pressed": "false" });

    function label() {
        put(pause, key("space"), paused ? ` go on${missed ? ` (${missed} new)` : ""}` : " pause");
        pause.setAttribute("aria-pressed", String(paused));
    }

    function toggle() {
        paused = !paused;
        missed = 0;
        label();
        if (!paused) refresh();
    }

    async function refresh() {
        if (paused) return;
        const [observations, changes] = await Promise.all([
            get(path`observations`, { signal: 1, limit: LENGTH }),
            get(path`level-changes`, { limit: 12 }),
        ]);
        const all = [
            ...observations.items.map((each) => ({ at: each.time, draw: () => query(each) })),
            ...changes.items.map((each) => ({ at: each.time, draw: () => change(each) })),
        ];
        all.sort((a, b) => (a.at < b.at ? 1 : -1));
        put(list, all.slice(0, LENGTH).map(({ draw }) => draw()));
        put(
            place,
            all.length
                ? list
                : empty("No signals yet.", "Queries appear here when a detector notices something about them."),
        );
    }

    function heard(name) {
        if (!paused || name !== "level") return;
        missed += 1;
        label();
    }

    label();
    return { node: place, tools: pause, refresh, heard, toggle };
}
