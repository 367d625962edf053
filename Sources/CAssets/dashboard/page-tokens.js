// Access tokens: who can call riskd, in which role, until when. A token is shown once, when it is made.

import { get, path, send } from "./api.js";
import { ask, attempt, tell, toast } from "./dialog.js";
import { button, h, panel } from "./dom.js";
import { age, time } from "./format.js";
import { may } from "./session.js";
import { nothing, Table } from "./table.js";

const roles = [
    ["viewer", "viewer: levels, series, alerts"],
    ["operator", "operator: also acts, and reveals images"],
    ["responder", "responder: also confirms attacks, longer silences"],
    ["admin", "admin: endpoints and tokens, no images"],
    ["auditor", "auditor: reads everything, changes nothing"],
    ["scrape", "scrape: metrics"],
];

export async function load() {
    const columns = [
        { title: "name", cell: ({ name }) => name },
        { title: "roles", cell: ({ roles: each }) => each.join(", ") },
        {
            title: "state",
            cell: ({ active, revoked_at: revoked }) =>
                h("span", { class: "state" }, active ? "works" : revoked ? "revoked" : "expired"),
        },
        { title: "until", class: "wide", cell: ({ expires_at: at }) => time(at, "full") },
        {
            title: "last used",
            class: "num wide",
            cell: ({ last_used_at: at }) => (at ? [age(at, "wall"), " ago"] : "never"),
        },
        { title: "made", class: "wide", cell: ({ created_at: at, created_by: by }) => [time(at, "full"), ` by ${by}`] },
    ];
    if (may("tokens")) {
        columns.push({
            title: "action",
            cell: (token) => token.active && button("Revoke", () => revoke(token), { class: "quiet" }),
        });
    }
    const table = new Table({ caption: "Tokens", key: ({ token }) => token, none: nothing("No tokens."), columns });
    const refresh = async () => table.update((await get(path`tokens`)).items);

    async function create() {
        const made = await ask({
            title: "New token",
            confirm: "Make it",
            fields: [
                {
                    name: "name",
                    label: "Name",
                    required: true,
                    maxlength: 64,
                    pattern: "[A-Za-z0-9][A-Za-z0-9._@\\-]*",
                    hint: "What ledgers call whoever uses it.",
                },
                { name: "roles", label: "Roles", type: "checks", options: roles },
                {
                    name: "days",
                    label: "Works for (days)",
                    type: "number",
                    value: 90,
                    min: 1,
                    max: 365,
                    required: true,
                },
            ],
            run: async (values) =>
                (await send("POST", path`tokens`, {
                    name: values.name,
                    roles: values.roles,
                    days: Number(values.days),
                })).body,
        });
        if (!made) return;
        tell(
            "The token",
            h(
                "div",
                {},
                h("p", {}, "Copy it now: it is not shown again."),
                h("p", {}, h("code", { class: "break secret" }, made.secret)),
            ),
        );
        await attempt(refresh);
    }

    function revoke({ token, name }) {
        return ask({
            title: `Revoke ${name}?`,
            intro: "It stops working at once, and so does every session that began with it.",
            confirm: "Revoke",
            class: "narrow",
            run: async () => {
                await send("DELETE", path`tokens/${token}`);
                toast("Revoked.");
                await refresh();
            },
        });
    }

    await refresh();
    return {
        title: "Tokens",
        node: [
            h("h1", {}, "Tokens"),
            panel(
                "Access tokens",
                { tools: may("tokens") && button("New token", create, { class: "primary" }) },
                table.node,
            ),
        ],
        refresh,
        keys: table.keys(),
    };
}
