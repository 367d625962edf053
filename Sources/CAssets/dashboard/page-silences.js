// Silences: who is not told of what, until when, and why.

import { get, path, send } from "./api.js";
import { ask, attempt, toast } from "./dialog.js";
import { button, h, key, panel } from "./dom.js";
import { age, time } from "./format.js";
import { filterBar } from "./filters.js";
import { may } from "./session.js";
import { addSilence } from "./silence-dialog.js";
import { nothing, PagedTable } from "./table.js";

export async function load({ query }) {
    const values = { ...query };
    const columns = [
        { title: "silence", cell: ({ matchers }) => h("code", {}, matchers.join(", ")) },
        { title: "state", cell: ({ active }) => h("span", { class: "state" }, active ? "in force" : "over") },
        { title: "until", cell: ({ ends_at: at }) => time(at, "full") },
        { title: "begun", class: "wide num", cell: ({ starts_at: at }) => [age(at, "wall"), " ago"] },
        { title: "by", class: "wide", cell: ({ creator }) => creator },
        { title: "why", class: "wide", cell: ({ comment }) => comment },
    ];
    if (may("act")) {
        columns.push({
            title: "action",
            cell: (silence) => silence.active && button("End", () => end(silence), { class: "quiet" }),
        });
    }
    const table = new PagedTable({
        caption: "Silences",
        noun: ["silence"],
        key: ({ silence }) => silence,
        columns,
        none: nothing("Nothing is silenced.", "Everybody is told of everything that their endpoints ask for."),
        fetchPage: (page) => get(path`silences`, { ...values, ...page }),
    });
    const refresh = () => table.refresh();
    const add = async () => {
        if (await addSilence()) await attempt(refresh);
    };

    function end({ silence, matchers }) {
        return ask({
            title: "End this silence?",
            intro: `${matchers.join(", ")}: what still fires is told at once.`,
            confirm: "End it",
            class: "narrow",
            run: async () => {
                await send("DELETE", path`silences/${silence}`);
                toast("The silence is over.");
                await refresh();
            },
        });
    }

    const bar = filterBar(
        [{ name: "over", label: "Show", options: [["", "in force"], ["true", "all, also those that are over"]] }],
        values,
        () => attempt(refresh),
    );
    await refresh();
    return {
        title: "Silences",
        node: [
            h("h1", {}, "Silences"),
            panel("Silences", {
                tools: [bar, may("act") && button(["New silence ", key("s")], add, { class: "primary" })],
            }, table.whole),
        ],
        events: ["silence"],
        refresh,
        keys: [...table.keys(), ...(may("act") ? [{ keys: "s", label: "new silence", run: add }] : [])],
    };
}
