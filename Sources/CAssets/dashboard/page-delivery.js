// Who is told of alerts, and whether messages arrive.

import { get, path } from "./api.js";
import { h, panel } from "./dom.js";
import { count, duration, time } from "./format.js";
import { badge } from "./levels.js";
import { link } from "./router.js";
import { nothing, Table } from "./table.js";

/** How an endpoint does, in a word. */
export function endpointState({ enabled, failing_since: failing, disabled_reason: reason, verified }) {
    if (!enabled) return h("span", { class: "verdict degraded", title: reason }, "disabled");
    if (!verified) {
        return h(
            "span",
            { class: "verdict failed", title: "It has not taken a test message yet; all others wait." },
            "not verified",
        );
    }
    return failing
        ? h("span", { class: "verdict failed" }, "failing")
        : h("span", { class: "verdict healthy" }, "well");
}

export async function load() {
    const table = new Table({
        caption: "Endpoints",
        key: ({ name }) => name,
        href: ({ name }) => link`/delivery/${name}`,
        none: nothing("Nobody is told.", "Endpoints are configured under alerting.endpoints."),
        columns: [
            { title: "endpoint", cell: ({ name }) => name },
            { title: "state", cell: endpointState },
            { title: "format", class: "wide", cell: ({ format }) => format },
            { title: "to", class: "wide", cell: ({ target }) => h("code", {}, target) },
            { title: "from", cell: ({ minimum_level: level }) => badge(level) },
            { title: "waiting", class: "num", cell: ({ pending }) => count(pending) },
            { title: "queue age", class: "num wide", cell: ({ queue_age_seconds: seconds }) => duration(seconds) },
            { title: "delivered", class: "num wide", cell: ({ delivered }) => count(delivered) },
            {
                title: "last attempt",
                class: "wide",
                cell: ({ last_attempt: last }) =>
                    last && [time(last.started_at), " ", h("span", { class: `verdict ${last.outcome}` }, last.outcome)],
            },
        ],
    });
    const refresh = async () => table.update((await get(path`endpoints`)).items);
    await refresh();
    return {
        title: "Delivery",
        node: [h("h1", {}, "Delivery"), panel("Endpoints", {}, table.node)],
        events: ["endpoint", "alert"],
        refresh,
        keys: table.keys(),
    };
}
