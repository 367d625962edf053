// What people do with an alert; each asks for what it needs and says what it will do.

import { path, send } from "./api.js";
import { ask, attempt, toast } from "./dialog.js";
import { subjectText } from "./format.js";
import { levelWord } from "./levels.js";
import { may, me } from "./session.js";
import { addSilence } from "./silence-dialog.js";

async function act(alert, request, done) {
    const { status, body } = await send("POST", path`alerts/${alert.alert}/actions`, request);
    if (body.refusal) toast(`Not done: ${body.refusal}`, "failed");
    else toast(status === 202 ? `${done}: written down, and applied after the present tick.` : `${done}.`);
    return true;
}

/** Says that somebody looks. */
function acknowledge(alert) {
    return attempt(() => act(alert, { kind: "acknowledge" }, "Acknowledged"));
}

/** Gives an alert to somebody. */
function assign(alert) {
    return ask({
        title: "Assign",
        intro: `Who looks after the alert about ${subjectText(alert)}?`,
        confirm: "Assign",
        class: "narrow",
        fields: [{
            name: "assignee",
            label: "Name",
            value: alert.assignee ?? me().name,
            maxlength: 256,
            hint: "Empty: nobody.",
        }],
        run: ({ assignee }) =>
            act(
                alert,
                assignee ? { kind: "assign", assignee } : { kind: "assign" },
                assignee ? `Assigned to ${assignee}` : "Assigned to nobody",
            ),
    });
}

/** Writes down what was found out. */
function note(alert) {
    return ask({
        title: "Note",
        confirm: "Add the note",
        class: "narrow",
        fields: [{ name: "note", label: "What did you find out?", type: "textarea", required: true, maxlength: 4096 }],
        run: (values) => act(alert, { kind: "note", note: values.note }, "Noted"),
    });
}

/** Confirms an attack; the level stays up until the alert is resolved. */
function confirmAttack(alert) {
    return ask({
        title: "Confirm the attack",
        intro: `The level of ${subjectText(alert)} stays ${
            levelWord(alert.level)
        } or above until the alert is resolved. The alert stays open.`,
        confirm: "Confirm the attack",
        fields: [{ name: "note", label: "Note", type: "textarea", maxlength: 4096 }],
        run: (values) => act(alert, { kind: "confirm", ...noteOf(values) }, "Confirmed: the level is pinned"),
    });
}

/** Closes an alert; a verdict is required. */
function resolve(alert) {
    return ask({
        title: alert.state === "resolved" ? "Judge again" : "Resolve",
        intro: `The alert about ${subjectText(alert)}: what was it?`,
        confirm: alert.state === "resolved" ? "Change the verdict" : "Resolve",
        fields: [
            {
                name: "verdict",
                label: "Verdict",
                type: "radio",
                required: true,
                value: alert.verdict,
                options: [
                    ["attack", "attack", "evidence stays and fades; watched: goes on, alerts again"],
                    ["benign", "benign", "evidence is set to nothing"],
                    ["test", "test", "an exercise; evidence is set to nothing"],
                    ["unknown", "unknown", "evidence stays and fades; watched"],
                ],
            },
            { name: "note", label: "Note", type: "textarea", maxlength: 4096 },
        ],
        run: (values) =>
            act(
                alert,
                { kind: "resolve", verdict: values.verdict, ...noteOf(values) },
                `Resolved as ${values.verdict}`,
            ),
    });
}

/** Opens a resolved alert again. */
function reopen(alert) {
    return attempt(() => act(alert, { kind: "reopen" }, "Reopened"));
}

const noteOf = ({ note: text }) => (text ? { note: text } : {});

/** A silence with matchers that fit an alert. */
function silence(alert) {
    const { subject } = alert;
    // A campaign's number alone could be anybody's name.
    const kind = subject.kind === "user" ? [] : [`entity_kind=${subject.kind}`];
    return addSilence([
        `entity=${subject.name}`,
        ...kind,
        ...(subject.model && subject.kind !== "model" ? [`model=${subject.model}`] : []),
    ]);
}

/** The actions that fit an alert, in order: `{ keys, label, run }`; `done` is called after each that was done. */
export function actionsOf(alert, done) {
    const open = alert.state !== "resolved";
    const entity = alert.subject.entity !== undefined;
    const all = [
        [alert.state === "open", "act", "a", "Acknowledge", acknowledge],
        [open, "act", "o", "Assign", assign],
        [true, "act", "n", "Note", note],
        [open && entity, "lead", "c", "Confirm attack", confirmAttack],
        [true, "act", "r", open ? "Resolve" : "Judge again", resolve],
        [!open, "act", "u", "Reopen", reopen],
        [open, "act", "s", "Silence", silence],
    ];
    return all.filter(([fits, right]) => fits && may(right)).map(([, , keys, label, run]) => ({
        keys,
        label,
        run: async () => {
            if (await run(alert)) await done();
        },
    }));
}
