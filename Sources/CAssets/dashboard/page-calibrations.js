// Calibrations: what levels are measured by, and whether that still holds.

import { get, path } from "./api.js";
import { attempt } from "./dialog.js";
import { empty, h, panel, put } from "./dom.js";
import { age, count, plural, time } from "./format.js";
import { filterBar } from "./filters.js";
import { link } from "./router.js";
import { nothing, Table } from "./table.js";

/** A calibration's health as a word; only what is not well is loud. */
export function health(state) {
    return h(
        "span",
        { class: `verdict ${state?.health ?? "uncalibrated"}`, title: state?.explanation },
        state?.health ?? "uncalibrated",
    );
}

function healthCard(state) {
    return h(
        "article",
        { class: "card" },
        h("header", {}, h("h3", {}, state.model), health(state)),
        h("p", {}, state.explanation),
        state.active_users !== undefined &&
            h(
                "p",
                { class: "note" },
                `${count(state.exceeding_users ?? 0)} of ${
                    plural(state.active_users, "active user")
                } exceed what ordinary traffic does`,
            ),
        state.since && h("p", { class: "note" }, "since ", time(state.since, "full")),
    );
}

export async function load({ query }) {
    const values = { ...query };
    const cards = h("div", { class: "cards" });
    const table = new Table({
        caption: "Calibrations",
        key: ({ calibration }) => calibration,
        href: ({ calibration }) => link`/calibrations/${calibration}`,
        none: nothing(
            "No calibration.",
            "Without one no level is known. Build one from ordinary traffic: riskd calibrate build.",
        ),
        columns: [
            {
                title: "calibration",
                cell: ({ calibration }) => h("code", { title: calibration }, calibration.slice(7, 19)),
            },
            { title: "model", cell: ({ model }) => model },
            { title: "of", class: "wide", cell: ({ stratum, owner }) => owner ?? stratum ?? "all users" },
            { title: "state", cell: ({ state }) => h("span", { class: `state ${state}` }, state) },
            {
                title: "verified",
                cell: ({ verified }) => h("span", { class: `verdict ${verified ?? "never"}` }, verified ?? "never"),
            },
            { title: "records", class: "num wide", cell: ({ records }) => count(records) },
            { title: "users", class: "num wide", cell: ({ users }) => count(users) },
            { title: "age", class: "num", cell: ({ built_at: at }) => age(at, "wall") },
            { title: "in force since", class: "wide", cell: ({ in_force_since: at }) => time(at, "full") },
            { title: "built from", class: "wide", cell: ({ origin }) => origin },
        ],
    });

    async function refresh() {
        const { items, health: states } = await get(path`calibrations`, values);
        put(cards, states.length ? states.map(healthCard) : empty("No model yet."));
        table.update(items);
    }

    const bar = filterBar(
        [{ name: "own", label: "Show", options: [["", "shared ones"], ["true", "users' own too"]] }],
        values,
        () => attempt(refresh),
    );
    await refresh();
    return {
        title: "Calibrations",
        node: [h("h1", {}, "Calibrations"), panel("Health", {}, cards), panel("Versions", { tools: bar }, table.node)],
        events: ["calibration"],
        refresh,
        keys: table.keys(),
    };
}
