// Models: how each stands, by its own track or its members', and whether its calibration still holds.

import { get, path } from "./api.js";
import { h, panel } from "./dom.js";
import { age, scoreCell } from "./format.js";
import { badge } from "./levels.js";
import { health } from "./page-calibrations.js";
import { link } from "./router.js";
import { nothing, Table } from "./table.js";

/** How a model's level comes about. */
const origin = ({ derived, score }) => (score === 0 ? "–" : derived ? "its members" : "its own track");

export async function load() {
    const table = new Table({
        caption: "Models",
        key: ({ entity }) => entity,
        href: ({ entity }) => link`/entities/${entity}`,
        none: nothing(
            "No model has been asked yet.",
            "Models appear with their first record, or when they are configured.",
        ),
        columns: [
            { title: "model", cell: ({ name }) => name },
            { title: "level", cell: ({ level }) => badge(level) },
            { title: "score", class: "num", cell: ({ score }) => scoreCell(score) },
            { title: "by", class: "wide", cell: origin },
            { title: "criticality", class: "num", cell: ({ criticality }) => (criticality ? `× ${criticality}` : "–") },
            { title: "queries, 1 h", class: "num", cell: ({ queries }) => queries ?? "–" },
            { title: "detectors", cell: ({ detectors }) => detectors },
            { title: "calibration", cell: ({ state }) => health(state) },
            { title: "seen", class: "num", cell: ({ last_seen: seen }) => age(seen) },
        ],
    });

    async function refresh() {
        const [models, overview, detectors] = await Promise.all([
            get(path`entities`, { kind: "model", limit: 1000 }),
            get(path`overview`),
            get(path`detectors`),
        ]);
        const details = await Promise.all(models.items.slice(0, 50).map(({ entity }) => get(path`entities/${entity}`)));
        table.update(models.items.map((standing, at) => {
            const own = detectors.items.filter(({ model }) => model === standing.model);
            const well = own.filter(({ verdict }) => verdict === "healthy").length;
            return {
                ...standing,
                criticality: details[at]?.criticality,
                queries: own.length ? Math.max(...own.map(({ queries }) => queries)) : undefined,
                detectors: own.length ? `${well} of ${own.length} healthy` : "–",
                state: overview.calibration.models.find(({ model }) => model === standing.model),
            };
        }));
    }

    await refresh();
    return {
        title: "Models",
        node: [h("h1", {}, "Models"), panel("As they stand", {}, table.node)],
        events: ["tick", "level", "calibration"],
        tickPace: 10_000,
        refresh,
        keys: table.keys(),
    };
}
