// Signing in: with a token, or with the one-time code that a login link carries in its fragment.

import { APIError } from "./api.js";
import { h, put } from "./dom.js";
import { entered, signIn } from "./session.js";

/** Where to go afterwards: only inside the dashboard. */
function nextAddress(query) {
    return query.next?.startsWith("/") && !query.next.startsWith("//") ? query.next : "/overview";
}

export async function load({ query }) {
    const failure = h("p", { class: "error", role: "alert" });
    const code = new URLSearchParams(location.hash.slice(1)).get("code");
    if (code) {
        // The code works once: out of the address, so that it is in no history.
        history.replaceState({}, "", location.pathname + location.search);
        try {
            await signIn({ code });
            queueMicrotask(() => entered(nextAddress(query)));
            return { title: "Signing in", node: h("p", { class: "note" }, "Signed in.") };
        } catch (error) {
            if (!(error instanceof APIError)) throw error;
            put(failure, `This login link does not work: ${error.message} Ask for a new one, or paste a token.`);
        }
    }
    const token = h("input", {
        id: "token",
        name: "token",
        type: "password",
        required: true,
        maxlength: 256,
        autocomplete: "current-password",
        spellcheck: "false",
        placeholder: "rkd_…",
        "aria-describedby": "token-help",
    });
    const submit = h("button", { type: "submit", class: "primary" }, "Sign in");
    const form = h(
        "form",
        {
            class: "login",
            on: {
                submit: async (event) => {
                    event.preventDefault();
                    submit.disabled = true;
                    put(failure);
                    try {
                        await signIn({ token: token.value.trim() });
                        await entered(nextAddress(query));
                    } catch (error) {
                        if (!(error instanceof APIError)) throw error;
                        put(
                            failure,
                            error.status === 401
                                ? "riskd does not know this token, or it has expired or been revoked."
                                : error.message,
                        );
                        token.select();
                    } finally {
                        submit.disabled = false;
                    }
                },
            },
        },
        h("img", { src: "/assets/icon.svg", alt: "", width: 44, height: 44 }),
        h("h1", {}, "riskd"),
        h("p", { class: "note" }, "Dynamic risk of machine-learning inference"),
        h(
            "div",
            { class: "field" },
            h("label", { for: "token" }, "Access token"),
            token,
            h(
                "p",
                { class: "note", id: "token-help" },
                "From ",
                h("code", {}, "riskctl token create"),
                ", or open the login link that it prints.",
            ),
        ),
        failure,
        submit,
    );
    return { title: "Sign in", node: form, focus: token };
}
