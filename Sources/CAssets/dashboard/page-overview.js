// Five questions, answered in five seconds: is anything wrong, who and on what, is it getting worse, can this be trusted, what next.

import { get, path } from "./api.js";
import { eventNow, synchronise } from "./clock.js";
import { h, panel, put } from "./dom.js";
import { age, duration, entityName, plural, score, scoreCell, signed, subjectText, time } from "./format.js";
import { know } from "./freshness.js";
import { feed } from "./feed.js";
import { badge, glyph, levelWord } from "./levels.js";
import { go, link } from "./router.js";
import { sparkline } from "./spark.js";
import { nothing, Table } from "./table.js";

function entityLink(standing) {
    return h("a", { href: link`/entities/${standing.entity}` }, entityName(standing));
}

/** One word, one number, one glyph. */
function headline(service) {
    return h(
        "p",
        {
            class: `headline level-${service.level}`,
            "aria-label": `Level of the whole service: ${levelWord(service.level)}, score ${score(service.score)}`,
        },
        h(
            "span",
            { class: "headline-badge" },
            h("span", { class: "glyph", "aria-hidden": "true" }, glyph(service.level)),
            h("span", { class: "word" }, levelWord(service.level)),
        ),
        h("span", { class: "headline-score num" }, score(service.score)),
    );
}

/** Getting worse? */
function slope(points) {
    if (points === undefined) return undefined;
    const arrow = points > 0.5 ? "↗" : points < -0.5 ? "↘" : "→";
    return h(
        "span",
        { class: "slope num" },
        h("span", { "aria-hidden": "true" }, arrow),
        ` ${signed(points)} in 10 min`,
    );
}

function wrong(overview) {
    const { service, worst_entity: worst, worst_model: model, slope: change } = overview;
    const lane = worst?.lane ?? service.lane;
    return [
        headline(service),
        h(
            "p",
            { class: "line" },
            slope(change),
            service.since && h("span", {}, "since ", time(service.since)),
            lane && h("span", {}, "lane ", h("strong", {}, lane)),
        ),
        h(
            "p",
            { class: "line who" },
            worst
                ? [badge(worst.level), " ", entityLink(worst), model && [" on ", entityLink(model)]]
                : model && model.score > 0
                ? [badge(model.level), " model ", entityLink(model)]
                : h("span", { class: "note" }, "Nothing is known against anybody."),
        ),
    ];
}

/** What next? The oldest alert that nobody has acknowledged. */
function next(overview) {
    const { open, acknowledged, next: oldest, load: alarms } = overview.alerts;
    const signal = overview.freshness.signal_age_seconds;
    return [
        oldest
            ? h(
                "a",
                { class: "button primary large", href: link`/alerts/${oldest.alert}` },
                `Open the oldest unacknowledged alert (${open})`,
            )
            : h(
                "p",
                { class: "calm" },
                acknowledged ? `${plural(acknowledged, "alert")} acknowledged, none waiting.` : "No alerts.",
                signal !== undefined && ` Last signal ${duration(signal)} ago.`,
            ),
        oldest &&
        h("p", { class: "line note" }, badge(oldest.level), " ", subjectText(oldest), ", for ", age(oldest.started_at)),
        h(
            "p",
            { class: `line note${alarms.flood ? " flood" : ""}` },
            alarms.flood && h("strong", {}, "Alarm flood. "),
            `Alarm load: ${alarms.per_10_minutes.toFixed(1)} per 10 min`,
            ` (bearable: ${alarms.target_per_10_minutes}); ${alarms.last_hour} in the last hour`,
        ),
    ];
}

function trend(overview) {
    const until = overview.as_of ? Date.parse(overview.as_of) : eventNow();
    return sparkline(overview.spark, {
        thresholds: overview.thresholds,
        until,
        seconds: 3600,
        width: 600,
        height: 150,
        labels: true,
    });
}

function counts({ users, campaigns }) {
    const cell = (of, kind) =>
        ["critical", "high", "medium", "low"].map((level) =>
            h(
                "td",
                { class: "num" },
                of[level]
                    ? h(
                        "a",
                        { href: `/entities?kind=${kind}&level=${level}`, class: `badge level-${level}` },
                        h("span", { class: "glyph", "aria-hidden": "true" }, glyph(level)),
                        of[level],
                    )
                    : h("span", { class: "zero" }, "0"),
            )
        );
    return h(
        "table",
        { class: "counts" },
        h("caption", { class: "hidden" }, "Users and campaigns by level"),
        h(
            "thead",
            {},
            h(
                "tr",
                {},
                h("td", {}),
                ["critical", "high", "medium", "low"].map((level) => h("th", { scope: "col" }, level)),
            ),
        ),
        h(
            "tbody",
            {},
            h("tr", {}, h("th", { scope: "row" }, "users"), cell(users, "user")),
            h("tr", {}, h("th", { scope: "row" }, "campaigns"), cell(campaigns, "campaign")),
        ),
    );
}

export async function load() {
    const left = h("div", { class: "wrong" });
    const right = h("div", { class: "trend" });
    const action = h("div", { class: "next" });
    const levels = h("div");
    const calibration = h("div");
    const entities = new Table({
        caption: "The worst users and campaigns",
        key: ({ entity }) => entity,
        href: ({ entity }) => link`/entities/${entity}`,
        none: nothing("Nothing is known against anybody.", "Entities appear when evidence counts against them."),
        columns: [
            { title: "entity", cell: entityName },
            { title: "level", cell: ({ level }) => badge(level) },
            { title: "score", class: "num", cell: ({ score: points }) => scoreCell(points) },
            { title: "lane", class: "wide", cell: ({ lane }) => lane ?? "–" },
            { title: "seen", class: "num", cell: ({ last_seen: seen }) => age(seen) },
        ],
    });
    const live = feed();
    let oldest;

    async function refresh() {
        const [overview, worst] = await Promise.all([get(path`overview`), worstEntities()]);
        synchronise(overview.time, overview.as_of);
        know(overview);
        oldest = overview.alerts.next;
        put(left, wrong(overview));
        put(right, trend(overview));
        put(action, next(overview));
        put(levels, counts(overview.levels));
        const unwell = overview.calibration.models.filter(({ health }) => health !== "valid");
        put(
            calibration,
            unwell.map(({ model, health, explanation }) =>
                h(
                    "p",
                    { class: "caution" },
                    h("strong", {}, `${model}: calibration ${health}. `),
                    explanation,
                    " ",
                    h("a", { href: "/calibrations" }, "Calibrations"),
                )
            ),
        );
        entities.update(worst);
        await live.refresh();
    }

    /** Eight rows: users and campaigns compete for them. */
    async function worstEntities() {
        const [users, campaigns] = await Promise.all(
            ["user", "campaign"].map((kind) => get(path`entities`, { kind, limit: 8 })),
        );
        return [...users.items, ...campaigns.items].sort((a, b) => b.score - a.score).slice(0, 8);
    }

    await refresh();
    return {
        title: "Overview",
        node: [
            h("h1", { class: "hidden" }, "Overview"),
            h(
                "div",
                { class: "overview-top" },
                h("section", { class: "panel first", "aria-label": "Level now" }, left, action),
                h(
                    "section",
                    { class: "panel", "aria-label": "The last 60 minutes" },
                    h("header", {}, h("h2", {}, "Whole service, last 60 minutes")),
                    right,
                ),
            ),
            calibration,
            h(
                "div",
                { class: "overview-bottom" },
                panel(
                    "Worst entities",
                    { tools: h("a", { href: "/entities" }, "all entities") },
                    entities.node,
                    levels,
                ),
                panel("Live feed", { tools: live.tools }, live.node),
            ),
        ],
        events: ["tick", "level", "alert"],
        tickPace: 4000,
        refresh,
        heard: (name, data) => live.heard(name, data),
        keys: [
            ...entities.keys(),
            {
                keys: "a",
                label: "open the oldest unacknowledged alert",
                run: () => oldest && go(link`/alerts/${oldest.alert}`),
            },
            { keys: "space", label: "pause or go on with the live feed", run: () => live.toggle() },
        ],
    };
}
