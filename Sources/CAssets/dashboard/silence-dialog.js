// A silence is made only after its cost has been seen: what it would have hidden in the last 30 days.

import { APIError, path, send } from "./api.js";
import { ask, toast } from "./dialog.js";
import { button, h, put } from "./dom.js";
import { plural, subjectText, time } from "./format.js";
import { badge } from "./levels.js";
import { may } from "./session.js";

const hour = 3600;

/** Lengths that may be chosen; the long ones need the role responder. */
const lengths = [
    [hour, "1 hour"],
    [2 * hour, "2 hours"],
    [8 * hour, "8 hours"],
    [24 * hour, "24 hours"],
    [72 * hour, "3 days"],
    [168 * hour, "7 days"],
    [720 * hour, "30 days"],
];

const matchersOf = ({ matchers }) => matchers.split("\n").map((line) => line.trim()).filter(Boolean);

/** What it would have hidden. */
function cost(preview) {
    const share = `${plural(preview.hidden_messages, "message")} of ${preview.all_messages}, ${
        plural(preview.hidden_alerts, "alert")
    } of ${preview.all_alerts}`;
    return h(
        "div",
        { class: "cost" },
        h(
            "p",
            {},
            h(
                "strong",
                {},
                preview.hidden_alerts === 0
                    ? "Would have hidden no alert"
                    : `Would have hidden ${plural(preview.hidden_alerts, "alert")}`,
            ),
            ` in the last ${preview.days} days (${share}).`,
        ),
        preview.alerts.length > 0 && h(
            "ul",
            {},
            preview.alerts.slice(0, 12).map((alert) =>
                h(
                    "li",
                    {},
                    badge(alert.peak_level),
                    " ",
                    time(alert.started_at, "full"),
                    " ",
                    subjectText(alert),
                    alert.verdict && h("strong", {}, ` verdict: ${alert.verdict}`),
                )
            ),
        ),
        preview.alerts.length > 12 && h("p", { class: "note" }, `and ${preview.alerts.length - 12} more.`),
    );
}

/** Asks for a silence, with these matchers to begin with. */
export function addSilence(matchers = []) {
    return ask({
        title: "Silence",
        confirm: "Silence",
        class: "broad",
        intro:
            "Nobody is told of alerts that match while it lasts. Levels go on, alerts still open, and what still fires afterwards is told then.",
        fields: [
            {
                name: "matchers",
                label: "Matchers, one a line; all must match",
                type: "textarea",
                value: matchers.join("\n"),
                required: true,
                spellcheck: "false",
                hint:
                    "user, campaign, model, source, detector, endpoint, entity, entity_kind, level, alertname, severity with = != =~ !~",
            },
            {
                name: "duration_seconds",
                label: "For",
                type: "select",
                value: 2 * hour,
                options: lengths.filter(([length]) => length <= 24 * hour || may("lead")),
            },
            { name: "comment", label: "Why", required: true, maxlength: 1024 },
        ],
        extra: (form, read, submit) => {
            const result = h(
                "div",
                { class: "preview", role: "status" },
                h("p", { class: "note" }, "Look at what it would have hidden before you save it."),
            );
            const look = button("Show what it would have hidden", async () => {
                try {
                    put(
                        result,
                        cost((await send("POST", path`silences/preview`, { matchers: matchersOf(read()) })).body),
                    );
                    submit.disabled = false;
                } catch (error) {
                    if (!(error instanceof APIError)) throw error;
                    put(result, h("p", { class: "error" }, [error.message, ...Object.values(error.fields)].join(" ")));
                }
            });
            submit.disabled = true;
            // Other matchers hide something else: look again.
            form.elements.matchers.addEventListener("input", () => {
                submit.disabled = true;
            });
            return h("div", { class: "field" }, look, result);
        },
        run: async (values) => {
            await send("POST", path`silences`, {
                matchers: matchersOf(values),
                duration_seconds: Number(values.duration_seconds),
                comment: values.comment,
            });
            toast("Silenced.");
        },
    });
}
