// One alert: why, since when, which queries, what would clear it, who was told, who did what.

import { actionsOf } from "./alert-actions.js";
import { get, path } from "./api.js";
import { chainView } from "./chain.js";
import { contributionChart } from "./contributions.js";
import { button, empty, facts, h, key, panel, put } from "./dom.js";
import { age, bits, duration, hash, plural, probability, rate, score, subjectText, time } from "./format.js";
import { laneTimeline } from "./lane-timeline.js";
import { badge, levelWord } from "./levels.js";
import { go, link } from "./router.js";

/** "Falls below high after 24 min idle." */
export function clearing(clears) {
    if (clears.length === 0) return undefined;
    return h(
        "ul",
        { class: "clears" },
        clears.map(({ below, certain, seconds, ticks, at }) =>
            h(
                "li",
                {},
                certain
                    ? [
                        "Falls below ",
                        h("strong", {}, levelWord(below)),
                        " after ",
                        h("strong", { class: "num" }, duration(seconds)),
                        " idle ",
                        h("span", { class: "note" }, `(${plural(ticks, "tick")}, at `, time(at), ")"),
                    ]
                    : [
                        "Does not fall below ",
                        h("strong", {}, levelWord(below)),
                        " by itself: the level is pinned, or it takes more than 30 days.",
                    ],
            )
        ),
    );
}

function bound(detail) {
    const { false_alarm_bound: promise } = detail;
    return promise
        ? [
            "At most ",
            h("strong", { class: "num" }, rate(promise.per_million_queries)),
            " such alerts per million queries of ordinary traffic",
            h("span", { class: "note" }, ` (calibration confidence ${probability(promise.calibration_confidence)})`),
        ]
        : h("span", { class: "note" }, "None: the score is a roll-up's, or the calibration does not stand behind it.");
}

function techniques(list) {
    if (list.length === 0) return undefined;
    return list.map(({ id, name }) => h("span", { class: "technique" }, h("code", {}, id), name && ` ${name}`));
}

const told = {
    opened: "opened",
    escalated: "rose",
    lowered: "fell",
    acknowledged: "acknowledged",
    assigned: "assigned",
    noted: "noted",
    confirmed: "attack confirmed",
    resolved: "resolved",
    judged: "judged again",
    reopened: "reopened",
    ended: "over",
};

function history(events) {
    return h(
        "ol",
        { class: "history" },
        events.toReversed().map((
            { kind, time: at, requested_at: asked, actor, level, score: points, assignee, verdict, note },
        ) => h(
            "li",
            {},
            h("span", {}, time(at, "full")),
            h("strong", {}, told[kind] ?? kind),
            badge(level),
            points !== undefined && h("span", { class: "num" }, score(points)),
            verdict && h("span", { class: "tag" }, verdict),
            kind === "assigned" && h("span", {}, assignee ? `to ${assignee}` : "to nobody"),
            h("span", { class: "note" }, "by ", actor, asked && [", asked ", time(asked, "full")]),
            note && h("blockquote", {}, note),
        )),
    );
}

function deliveries(items) {
    if (items.length === 0) {
        return empty("Nobody was told.", "No endpoint matches, or a silence or another alert holds it back.");
    }
    return h(
        "div",
        { class: "scroll" },
        h(
            "table",
            {},
            h("caption", { class: "hidden" }, "Messages about this alert"),
            h(
                "thead",
                {},
                h(
                    "tr",
                    {},
                    ["endpoint", "message", "why", "made", "state", "attempts"].map((title, at) =>
                        h("th", { scope: "col", class: at === 5 ? "num" : at === 2 ? "wide" : undefined }, title)
                    ),
                ),
            ),
            h(
                "tbody",
                {},
                items.map((each) =>
                    h(
                        "tr",
                        {},
                        h("th", { scope: "row" }, h("a", { href: link`/delivery/${each.endpoint}` }, each.endpoint)),
                        h("td", {}, each.type),
                        h("td", { class: "wide" }, each.reason),
                        h("td", {}, time(each.created_at, "full")),
                        h("td", {}, h("span", { class: `state ${each.state}` }, each.state)),
                        h("td", { class: "num" }, each.attempts),
                    )
                ),
            ),
        ),
    );
}

/** Evidence by lane from an hour before the alert until it was over. */
async function timeline({ alert }) {
    if (!alert.subject.entity) return undefined;
    const since = new Date(Date.parse(alert.started_at) - 3_600_000).toISOString();
    const until = alert.ended_at && new Date(Date.parse(alert.ended_at) + 60_000).toISOString();
    const { items } = await get(path`samples`, { entity: alert.subject.entity, since, until, limit: 1000 });
    return laneTimeline(items.toReversed(), alert);
}

function headline(detail) {
    const { alert, standing } = detail;
    return h(
        "header",
        { class: "alert-head" },
        h("p", { class: "crumbs" }, h("a", { href: "/alerts" }, "Alerts"), " / ", h("code", {}, alert.alert)),
        h(
            "h1",
            {},
            badge(alert.level),
            " ",
            alert.score !== undefined && h("span", { class: "num" }, score(alert.score)),
            " ",
            subjectText(alert),
        ),
        h(
            "p",
            { class: "line" },
            h("span", { class: `state ${alert.state}` }, alert.state),
            alert.verdict && h("span", { class: "tag" }, `verdict: ${alert.verdict}`),
            alert.drill && h("span", { class: "tag" }, "drill"),
            alert.silenced && h("span", { class: "tag" }, "silenced"),
            detail.pinned && h("span", { class: "tag" }, "pinned"),
            h("span", {}, "since ", time(alert.started_at, "full")),
            alert.ended_at
                ? h("span", {}, "over since ", time(alert.ended_at, "full"))
                : h("span", {}, "for ", age(alert.started_at)),
            alert.lane && h("span", {}, "lane ", h("strong", {}, alert.lane)),
            h("span", {}, "owner ", h("strong", {}, alert.assignee ?? "nobody")),
            standing && standing.level !== alert.level &&
                h("span", {}, "now ", badge(standing.level), " ", score(standing.score)),
        ),
    );
}

export async function load({ parameters: { id } }) {
    const head = h("div");
    const tools = h("div", { class: "tools bar" });
    const why = h("div");
    const known = h("div");
    const past = h("div");
    const sent = h("div");
    const lanes = h("div");
    let detail;
    const keys = [{
        keys: "e",
        label: "explain the sample behind it",
        run: () => detail.sample && go(link`/samples/${detail.sample}`),
    }];

    async function refresh() {
        const [answer, messages] = await Promise.all([get(path`alerts/${id}`), get(path`alerts/${id}/deliveries`)]);
        detail = answer;
        const { alert } = detail;
        const actions = actionsOf(alert, refresh);
        keys.splice(
            1,
            keys.length,
            ...actions.map((action) => ({ ...action, label: `${action.label.toLowerCase()}` })),
            ...(chain?.keys ?? []),
        );
        put(head, headline(detail));
        put(
            tools,
            actions.map(({ keys: name, label, run }, at) =>
                button([label, " ", key(name)], run, { class: at === 0 ? "primary" : "quiet" })
            ),
            detail.sample &&
                h("a", { class: "button quiet", href: link`/samples/${detail.sample}` }, "Explain ", key("e")),
        );
        put(
            why,
            alert.score === undefined
                ? h("p", { class: "caution" }, alert.detail ?? "About riskd's own works.")
                : contributionChart(detail.contributions, alert.score),
        );
        put(
            known,
            facts([
                ["would clear it", clearing(detail.clears)],
                ["false-alarm bound", alert.subject.entity && bound(detail)],
                ["evidence", alert.subject.entity && bits(detail.evidence_bits)],
                ["impact weight", alert.subject.entity && `× ${detail.impact_weight}`],
                ["MITRE ATLAS", techniques(detail.techniques)],
                [
                    "entity",
                    alert.subject.entity &&
                    h("a", { href: link`/entities/${alert.subject.entity}` }, subjectText(alert)),
                ],
                [
                    "silences",
                    detail.silences.length > 0 &&
                    detail.silences.map((each) =>
                        h("span", {}, `${each.matchers.join(", ")} until `, time(each.ends_at, "full"))
                    ),
                ],
                ["key", h("code", {}, alert.key)],
                ["calibration", hash(detail.calibration_id)],
                ["configuration", hash(detail.config_id)],
            ]),
        );
        put(past, history(detail.events));
        put(sent, deliveries(messages.items));
        const drawn = await timeline(detail);
        put(lanes, drawn ?? empty("No evidence of its own."));
    }

    let chain;
    await refresh();
    if (detail.alert.subject.entity) {
        chain = await chainView(path`alerts/${id}/chain`, {
            alert: id,
            suggestion: `triage of alert ${id}`,
            total: detail.alert.score,
        });
    }
    keys.push(...(chain?.keys ?? []));
    return {
        title: `Alert: ${subjectText(detail.alert)}`,
        keys,
        refresh,
        events: ["alert", "silence"],
        leave: () => chain?.leave(),
        node: [
            head,
            tools,
            h("div", { class: "columns" }, panel("Why", {}, why), panel("What it means", {}, known)),
            chain &&
            panel("Query chain", {
                note:
                    "Each image beside its nearest earlier one. Images are hidden until you reveal them; every look is logged.",
            }, chain.node),
            detail.alert.subject.entity && panel("Evidence over time, by lane", {}, lanes),
            h("div", { class: "columns" }, panel("History", {}, past), panel("Who was told", {}, sent)),
        ],
    };
}
