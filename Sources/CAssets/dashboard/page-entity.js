// One entity: how it stands and why, its risk over time, what would clear it, its queries or members.

import { alertColumns } from "./page-alerts.js";
import { clearing } from "./page-alert.js";
import { get, path } from "./api.js";
import { chainView } from "./chain.js";
import { contributionChart, laneBars } from "./contributions.js";
import { attempt } from "./dialog.js";
import { button, empty, facts, h, panel, put } from "./dom.js";
import {
    age,
    bits,
    count,
    distance,
    entityName,
    hash,
    parseEntity,
    probability,
    rungsText,
    score,
    time,
    userEntity,
} from "./format.js";
import { badge } from "./levels.js";
import { go, link, withParameters } from "./router.js";
import { seriesChart } from "./series-chart.js";
import { nothing, PagedTable, Table } from "./table.js";

const ranges = [["1h", "1 h"], ["6h", "6 h"], ["24h", "24 h"], ["7d", "7 d"], ["30d", "30 d"], ["90d", "90 d"], [
    "400d",
    "400 d",
]];
const hours = { h: 1, d: 24 };

/** The begin of a range that ends with the last closed tick. */
function begin(range, asOf) {
    if (!asOf) return `-${range}`;
    return new Date(Date.parse(asOf) - parseInt(range, 10) * hours[range.at(-1)] * 3_600_000).toISOString();
}

/** The risk series, with its ranges. */
function seriesPanel(entity, query) {
    let range = ranges.some(([each]) => each === query.range) ? query.range : "1h";
    const chart = seriesChart({ choose: (sample) => go(link`/samples/${sample}`) });
    const tools = h("div", { class: "segments", role: "group", "aria-label": "Range" });
    let asOf;

    function drawTools() {
        put(
            tools,
            ranges.map(([each, text]) => button(text, () => choose(each), { "aria-pressed": String(each === range) })),
        );
    }

    function choose(next) {
        range = next;
        history.replaceState({}, "", withParameters({ range }));
        drawTools();
        attempt(() => refresh(asOf, { anew: true }));
    }

    async function refresh(until, how) {
        asOf = until;
        await chart.draw(await get(path`entities/${entity}/series`, { since: begin(range, asOf), points: 600 }), how);
    }

    drawTools();
    const step = (by) => () =>
        choose(ranges[Math.min(ranges.length - 1, Math.max(0, ranges.findIndex(([each]) => each === range) + by))][0]);
    return {
        node: panel("Risk over time", { tools }, chart.node),
        refresh,
        leave: chart.leave,
        keys: [{ keys: "+", label: "a longer range", run: step(1) }, {
            keys: "-",
            label: "a shorter range",
            run: step(-1),
        }],
    };
}

function baselineText(baseline) {
    if (!baseline) return undefined;
    const texts = {
        pooled: "all users together",
        stratum: `users like it (${baseline.stratum ?? "stratum"})`,
        own: "its own past",
        none: "none: uncalibrated",
    };
    return [
        texts[baseline.kind],
        baseline.calibration_id &&
        [" ", h("a", { href: link`/calibrations/${baseline.calibration_id}` }, hash(baseline.calibration_id))],
    ];
}

function headline({ standing }) {
    return h(
        "header",
        { class: "alert-head" },
        h(
            "p",
            { class: "crumbs" },
            h("a", { href: "/entities" }, "Entities"),
            " / ",
            standing.kind === "global"
                ? "whole service"
                : `${standing.kind}${standing.model && standing.kind !== "model" ? ` of ${standing.model}` : ""}`,
        ),
        h(
            "h1",
            {},
            badge(standing.level),
            " ",
            h("span", { class: "num" }, score(standing.score)),
            " ",
            entityName(standing),
        ),
        h(
            "p",
            { class: "line" },
            standing.since && h("span", {}, "since ", time(standing.since, "full")),
            standing.lane && h("span", {}, "lane ", h("strong", {}, standing.lane)),
            standing.pinned && h("span", { class: "tag" }, `pinned at ${standing.pinned}`),
            standing.derived && h("span", { class: "tag" }, "roll-up over members"),
            h("span", {}, "last seen ", standing.last_seen ? [age(standing.last_seen), " ago"] : "never"),
        ),
    );
}

/** The queries of an entity that detectors noticed. */
function observationsPanel(entity, isUser) {
    const table = new PagedTable({
        caption: "Queries",
        noun: ["query", "queries"],
        size: 25,
        key: ({ observation }) => observation,
        none: nothing("No query that a detector noticed."),
        fetchPage: (page) => get(path`observations`, { entity, signal: 1, ...page }),
        columns: [
            { title: "query", class: "num", cell: ({ observation }) => count(observation) },
            { title: "time", cell: ({ time: at }) => time(at) },
            ...(isUser ? [] : [{
                title: "user",
                cell: ({ model, user }) => h("a", { href: link`/entities/${userEntity(model, user)}` }, user),
            }]),
            { title: "answer", cell: ({ class: name }) => name },
            { title: "probability", class: "num", cell: ({ probability: value }) => probability(value) },
            {
                title: "distance",
                class: "num",
                cell: ({ similarity, model_similarity: all }) => distance((similarity ?? all)?.distance),
            },
            {
                title: "distance alarm",
                class: "num wide",
                cell: ({ similarity, model_similarity: all }) => count((similarity ?? all)?.distance_alarm),
            },
            {
                title: "prediction alarm",
                class: "num wide",
                cell: ({ similarity, model_similarity: all }) => count((similarity ?? all)?.prediction_alarm),
            },
            { title: "rungs", class: "wide", cell: ({ rungs }) => rungsText(rungs) },
        ],
    });
    return { node: panel("Queries that detectors noticed", {}, table.whole), table };
}

/** A campaign's accounts. */
function accounts({ users, campaign }) {
    return h(
        "ul",
        { class: "accounts" },
        users.map((user) => h("li", {}, h("a", { href: link`/entities/${userEntity(campaign.model, user)}` }, user))),
    );
}

export async function load({ parameters: { entity }, query }) {
    const { kind } = parseEntity(entity);
    const isCampaign = kind === "campaign";
    const head = h("div");
    const why = h("div");
    const known = h("div");
    const lanes = h("div");
    const series = seriesPanel(entity, query);
    const alerts = new Table({
        caption: "Alerts about it",
        key: ({ alert }) => alert,
        href: ({ alert }) => link`/alerts/${alert}`,
        none: nothing("No alert was ever about it."),
        columns: alertColumns,
    });
    const queries = kind === "global" ? undefined : observationsPanel(entity, kind === "user");
    let campaign;
    let detail;

    async function refresh() {
        [detail, campaign] = await Promise.all([
            get(path`entities/${entity}`),
            isCampaign ? get(path`campaigns/${entity}`) : undefined,
        ]);
        const { standing } = detail;
        put(head, headline(detail));
        put(
            why,
            detail.contributions.length
                ? contributionChart(detail.contributions, standing.score)
                : empty("Nothing counts against it."),
        );
        put(
            known,
            facts([
                ["would clear it", clearing(detail.clears)],
                ["evidence", bits(standing.evidence_bits)],
                ["criticality", detail.criticality && `× ${detail.criticality}`],
                ["judged by", baselineText(detail.baseline)],
                ["class", campaign?.campaign.class],
                ["peak", campaign && probability(campaign.campaign.peak)],
                ["images", campaign && count(campaign.campaign.members)],
                ["exact repeats", campaign && count(campaign.campaign.repeats)],
                ["accounts", campaign && accounts(campaign)],
                [
                    "newest sample",
                    detail.last_sample &&
                    h("a", { href: link`/samples/${detail.last_sample}` }, count(detail.last_sample)),
                ],
            ]),
        );
        put(
            lanes,
            detail.lanes.length
                ? laneBars(detail.lanes, standing.lane)
                : empty("No lanes: nothing is calibrated, or the score is a roll-up's."),
        );
        alerts.update(detail.recent_alerts);
        await Promise.all([series.refresh(detail.as_of), queries?.table.refresh()]);
    }

    const chain = isCampaign
        ? await chainView(path`campaigns/${entity}/chain`, { suggestion: `look into ${entity}` })
        : undefined;
    await refresh();
    return {
        title: entityName(detail.standing),
        refresh,
        events: ["tick", "level", "alert"],
        tickPace: 10_000,
        // The chart must be in the document before it can be measured.
        shown: () => attempt(() => series.refresh(detail.as_of)),
        leave: () => {
            series.leave();
            chain?.leave();
        },
        keys: [
            ...(chain?.keys ?? queries?.table.keys() ?? []),
            ...series.keys,
            {
                keys: "e",
                label: "explain the newest sample",
                run: () => detail.last_sample && go(link`/samples/${detail.last_sample}`),
            },
        ],
        node: [
            head,
            series.node,
            h(
                "div",
                { class: "columns" },
                panel("Why", {}, why),
                h("div", {}, panel("What it means", {}, known), panel("Evidence by lane", {}, lanes)),
            ),
            chain &&
            panel("Query chain", {
                note:
                    "Each image beside its nearest earlier one. Images are hidden until you reveal them; every look is logged.",
            }, chain.node),
            panel("Alerts", {}, alerts.node),
            queries?.node,
        ],
    };
}
