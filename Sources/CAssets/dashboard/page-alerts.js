// The queue: what somebody must look at, the most pressing first.

import { get, path } from "./api.js";
import { actionsOf } from "./alert-actions.js";
import { attempt, toast } from "./dialog.js";
import { h, panel } from "./dom.js";
import { age, duration, score, subjectText, time } from "./format.js";
import { filterBar, filterKey } from "./filters.js";
import { badge, LEVELS, levelWord } from "./levels.js";
import { go, link } from "./router.js";
import { nothing, PagedTable } from "./table.js";
import { tick } from "./stream.js";

const states = [["unresolved", "not resolved"], ["open", "not acknowledged"], ["acknowledged", "acknowledged"], [
    "resolved",
    "resolved",
], ["all", "all"]];

/** What is said where no alert is: how fresh that silence is. */
function none() {
    const signal = tick()?.data?.signal_age_seconds;
    return nothing(
        signal === undefined ? "No alerts." : `No alerts. Last signal ${duration(signal)} ago.`,
        "Choose another state to see resolved ones.",
    )();
}

/** The columns of lists of alerts. */
export const alertColumns = [
    { title: "alert", cell: (alert) => subjectText(alert) },
    {
        title: "level",
        cell: (
            { level, peak_level: peak, state },
        ) => [
            badge(state === "resolved" ? peak : level),
            level !== peak && state !== "resolved" && h("span", { class: "note wide" }, ` peak ${levelWord(peak)}`),
        ],
    },
    { title: "score", class: "num wide", cell: ({ score: points }) => score(points) },
    { title: "lane", class: "wide", cell: ({ lane }) => lane ?? "–" },
    { title: "age", class: "num", cell: ({ started_at: at }) => age(at) },
    { title: "since", class: "wide", cell: ({ started_at: at }) => time(at) },
    { title: "owner", class: "wide", cell: ({ assignee }) => assignee ?? "–" },
    {
        title: "state",
        cell: (
            { state, verdict, drill, silenced, ended_at: ended },
        ) => [
            h("span", { class: `state ${state}` }, state),
            verdict && h("span", { class: "note" }, ` ${verdict}`),
            ended && state !== "resolved" && h("span", { class: "note" }, " over"),
            silenced && h("span", { class: "tag" }, "silenced"),
            drill && h("span", { class: "tag" }, "drill"),
        ],
    },
];

export async function load({ query }) {
    const values = { state: "unresolved", sort: "queue", ...query };
    const table = new PagedTable({
        caption: "Alerts",
        noun: ["alert"],
        key: ({ alert }) => alert,
        href: ({ alert }) => link`/alerts/${alert}`,
        none,
        columns: alertColumns,
        fetchPage: (page) => get(path`alerts`, { ...values, ...page }),
    });
    const refresh = () => table.refresh();
    const bar = filterBar(
        [
            { name: "state", label: "State", options: states },
            { name: "sort", label: "Order", options: [["queue", "most pressing"], ["newest", "newest"]] },
            {
                name: "level",
                label: "Reached",
                options: [["", "any level"], ...LEVELS.slice(1).map((level) => [level, `${level} or above`])],
            },
            { name: "model", label: "Model" },
            { name: "assignee", label: "Owner" },
        ],
        values,
        () => attempt(refresh),
    );
    await refresh();
    const act = (keys, label) => ({
        keys,
        label: `${label} the alert`,
        run: () => {
            const alert = table.selected();
            if (!alert) return;
            const action = actionsOf(alert, refresh).find((each) => each.keys === keys);
            if (action) action.run();
            else toast("That does not fit this alert, or your role does not allow it.", "failed");
        },
    });
    return {
        title: "Alerts",
        node: [h("h1", {}, "Alerts"), panel("Queue", { tools: bar }, table.whole)],
        events: ["alert", "silence"],
        refresh,
        keys: [
            ...table.keys(),
            filterKey(bar),
            act("a", "acknowledge"),
            act("o", "assign"),
            act("n", "note on"),
            act("r", "resolve"),
            act("s", "silence"),
            { keys: "e", label: "explain", run: () => table.selected() && go(link`/alerts/${table.selected().alert}`) },
        ],
    };
}
