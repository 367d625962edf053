// One endpoint: how it does, every attempt, and what an admin can do about it.

import { APIError, get, path, send } from "./api.js";
import { ask, attempt, toast } from "./dialog.js";
import { button, facts, h, panel, put } from "./dom.js";
import { count, duration, plural, time } from "./format.js";
import { badge } from "./levels.js";
import { endpointState } from "./page-delivery.js";
import { may } from "./session.js";
import { nothing, PagedTable } from "./table.js";

export async function load({ parameters: { name } }) {
    const known = h("div");
    const tools = h("div", { class: "tools bar" });
    const table = new PagedTable({
        caption: "Attempts",
        noun: ["attempt"],
        key: ({ message, number }) => `${message} ${number}`,
        none: nothing("Nothing was sent to it yet."),
        fetchPage: (page) => get(path`endpoints/${name}/attempts`, page),
        columns: [
            { title: "message", cell: ({ message }) => h("code", {}, message) },
            { title: "attempt", class: "num", cell: ({ number }) => number },
            { title: "at", cell: ({ started_at: at }) => time(at, "full") },
            { title: "outcome", cell: ({ outcome }) => h("span", { class: `verdict ${outcome}` }, outcome) },
            { title: "status", class: "num", cell: ({ status }) => status ?? "–" },
            { title: "took", class: "num wide", cell: ({ duration_ms: took }) => `${count(took)} ms` },
            { title: "detail", class: "wide", cell: ({ detail }) => detail ?? "" },
            { title: "again at", class: "wide", cell: ({ next_attempt_at: at }) => at && time(at) },
        ],
    });
    let endpoint;

    async function test() {
        const { body } = await send("POST", path`endpoints/${name}/test`);
        toast(`Test message: ${body.outcome}. ${body.detail}`, body.outcome === "delivered" ? "done" : "failed");
        await refresh();
    }

    function resend() {
        return ask({
            title: "Send messages again",
            intro:
                "All messages made since then are sent again, under the same ids, whatever became of them. Receivers that keep ids drop what they have.",
            confirm: "Send again",
            class: "narrow",
            fields: [{
                name: "since",
                label: "Since",
                value: "-1h",
                required: true,
                hint: "-1h, -7d, or a time such as 2026-03-02T08:00:00Z",
            }],
            run: async ({ since }) => {
                const { body } = await send("POST", path`endpoints/${name}/resend`, { since });
                toast(`${plural(body.messages, "message")} sent again.`);
                await refresh();
            },
        });
    }

    function turn() {
        const enable = !endpoint.enabled;
        return ask({
            title: enable ? "Enable the endpoint" : "Disable the endpoint",
            intro: enable ? "What waits is sent." : "Its messages wait until it is enabled again.",
            confirm: enable ? "Enable" : "Disable",
            class: "narrow",
            fields: [{ name: "reason", label: "Why", required: true, maxlength: 256 }],
            run: async ({ reason }) => {
                await send("PUT", path`endpoints/${name}/state`, { enabled: enable, reason });
                toast(enable ? "Enabled." : "Disabled.");
                await refresh();
            },
        });
    }

    async function refresh() {
        endpoint = (await get(path`endpoints`)).items.find((each) => each.name === name);
        if (!endpoint) {
            throw new APIError(404, {
                detail: `No endpoint is called ${name}. Endpoints are configured under alerting.endpoints.`,
            });
        }
        put(
            tools,
            may("manage") && [
                button("Send a test message", () => attempt(test), { class: "primary" }),
                button("Send again …", resend, { class: "quiet" }),
                button(endpoint.enabled ? "Disable …" : "Enable …", turn, { class: "quiet" }),
            ],
        );
        put(
            known,
            facts([
                ["state", endpointState(endpoint)],
                ["format", endpoint.format],
                ["to", h("code", {}, endpoint.target)],
                ["told from", badge(endpoint.minimum_level)],
                ["matchers", endpoint.matchers?.join(", ")],
                ["waiting", count(endpoint.pending)],
                ["queue age", endpoint.queue_age_seconds !== undefined && duration(endpoint.queue_age_seconds)],
                ["delivered", count(endpoint.delivered)],
                ["failing since", endpoint.failing_since && time(endpoint.failing_since, "full")],
                [
                    "disabled",
                    endpoint.disabled_reason &&
                    [
                        endpoint.disabled_reason,
                        endpoint.disabled_since && [", ", time(endpoint.disabled_since, "full")],
                    ],
                ],
            ]),
        );
        await table.refresh();
    }

    await refresh();
    return {
        title: name,
        node: [
            h(
                "header",
                { class: "alert-head" },
                h("p", { class: "crumbs" }, h("a", { href: "/delivery" }, "Delivery"), " / ", name),
                h("h1", {}, name),
            ),
            tools,
            panel("How it does", {}, known),
            panel("Attempts", {}, table.whole),
        ],
        events: ["endpoint", "alert"],
        refresh,
        keys: table.keys(),
    };
}
