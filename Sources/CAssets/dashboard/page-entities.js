// Everybody that something is known against: users, campaigns, models.

import { get, path } from "./api.js";
import { attempt } from "./dialog.js";
import { h, panel, put } from "./dom.js";
import { age, entityName, scoreCell } from "./format.js";
import { filterBar, filterKey } from "./filters.js";
import { badge, LEVELS } from "./levels.js";
import { link } from "./router.js";
import { eventNow } from "./clock.js";
import { sparkline } from "./spark.js";
import { nothing, PagedTable } from "./table.js";

/** How long details are good for (milliseconds): scores decay with every tick, baselines and days do not. */
const FRESH = 60_000;

/** Details of rows on screen: one request each, a few at a time. */
class Details {
    constructor() {
        this.known = new Map();
        this.queue = [];
        this.running = 0;
        this.watch = new IntersectionObserver((entries) => {
            for (const { isIntersecting, target } of entries) {
                if (!isIntersecting) continue;
                this.watch.unobserve(target);
                this.queue.push(target);
            }
            this.work();
        });
    }

    /** A cell that `draw(detail)` fills: at once with what is known, and anew when it is on screen and that is old. */
    cell({ entity }, draw) {
        const place = h("span", { class: "lazy" });
        const known = this.known.get(entity);
        if (known?.detail) put(place, draw(known.detail));
        if (!known || Date.now() - known.at >= FRESH) {
            place.fill = { entity, draw };
            this.watch.observe(place);
        }
        return place;
    }

    /** An entity's details; cells of one row share a question. */
    async ask(entity) {
        let known = this.known.get(entity);
        if (!known || Date.now() - known.at >= FRESH) {
            known = { ...known, at: Date.now(), answer: get(path`entities/${entity}`) };
            this.known.set(entity, known);
        }
        known.detail = await known.answer;
        return known.detail;
    }

    work() {
        while (this.running < 3 && this.queue.length > 0) this.fill(this.queue.shift());
    }

    async fill(place) {
        const { entity, draw } = place.fill;
        this.running += 1;
        try {
            put(place, draw(await this.ask(entity)));
        } catch {
            put(place, "–");
        } finally {
            this.running -= 1;
            this.work();
        }
    }

    leave() {
        this.watch.disconnect();
        this.queue = [];
    }
}

/** The columns of lists of entities. */
function columns(details) {
    return [
        { title: "entity", cell: entityName },
        { title: "kind", class: "wide", cell: ({ kind }) => kind },
        { title: "model", class: "wide", cell: ({ model }) => model ?? "–" },
        {
            title: "level",
            cell: ({ level, pinned }) => [badge(level), pinned && h("span", { class: "tag" }, "pinned")],
        },
        { title: "score", class: "num", cell: ({ score }) => scoreCell(score) },
        { title: "lane", class: "wide", cell: ({ lane, derived }) => lane ?? (derived ? "roll-up" : "–") },
        {
            title: "baseline",
            class: "wide",
            cell: (standing) => details.cell(standing, ({ baseline }) => baseline?.stratum ?? baseline?.kind ?? "–"),
        },
        {
            title: "24 h",
            class: "wide sparks",
            cell: (standing) =>
                details.cell(standing, ({ spark, thresholds, as_of: asOf }) =>
                    sparkline(spark, {
                        thresholds,
                        until: asOf ? Date.parse(asOf) : eventNow(),
                        seconds: 86_400,
                        width: 120,
                        height: 22,
                    })),
        },
        { title: "seen", class: "num", cell: ({ last_seen: seen }) => age(seen) },
    ];
}

export async function load({ query }) {
    const values = { sort: "score", ...query };
    const details = new Details();
    const table = new PagedTable({
        caption: "Entities",
        noun: ["entity", "entities"],
        key: ({ entity }) => entity,
        href: ({ entity }) => link`/entities/${entity}`,
        columns: columns(details),
        none: nothing(
            "Nobody fits.",
            "Entities with a score of 0 are not listed. A user who is not listed can be opened by name: /entities/user:MODEL/USER.",
        ),
        fetchPage: (page) => get(path`entities`, { ...values, ...page }),
    });
    const bar = filterBar(
        [
            { name: "search", label: "Name" },
            {
                name: "kind",
                label: "Kind",
                options: [["", "all"], ["user", "users"], ["campaign", "campaigns"], ["model", "models"], [
                    "global",
                    "whole service",
                ]],
            },
            {
                name: "level",
                label: "Level",
                options: [["", "any"], ...LEVELS.slice(1).map((level) => [level, `${level} or above`])],
            },
            { name: "model", label: "Model" },
            {
                name: "sort",
                label: "Order",
                options: [["score", "worst first"], ["seen", "last seen"], ["name", "by name"]],
            },
        ],
        values,
        () => attempt(() => table.refresh()),
    );
    await table.refresh();
    return {
        title: "Entities",
        node: [h("h1", {}, "Entities"), panel("As they stand", { tools: bar }, table.whole)],
        events: ["tick", "level"],
        tickPace: 6000,
        refresh: () => table.refresh(),
        keys: [...table.keys(), filterKey(bar)],
        leave: () => details.leave(),
    };
}
