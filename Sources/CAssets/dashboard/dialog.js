// Questions that people answer before something is done, and short words after it.

import { APIError } from "./api.js";
import { button, h, put } from "./dom.js";

let serial = 0;

function control({ name, type = "text", options, value, required, ...rest }, id) {
    if (type === "radio") {
        return h(
            "div",
            { class: "choices" },
            options.map(([each, text, hint], at) =>
                h(
                    "label",
                    { class: "choice" },
                    h("input", {
                        type: "radio",
                        name,
                        value: each,
                        required,
                        checked: each === value,
                        id: at === 0 ? id : undefined,
                    }),
                    h("span", {}, h("strong", {}, text), hint && h("span", { class: "note" }, hint)),
                )
            ),
        );
    }
    if (type === "select") {
        return h(
            "select",
            { id, name, required },
            options.map(([each, text]) => h("option", { value: each, selected: each === value }, text)),
        );
    }
    if (type === "checks") {
        return h(
            "div",
            { class: "choices" },
            options.map(([each, text]) =>
                h(
                    "label",
                    { class: "choice" },
                    h("input", { type: "checkbox", name, value: each }),
                    h("span", {}, text),
                )
            ),
        );
    }
    if (type === "textarea") {
        const area = h("textarea", { id, name, required, rows: 3, ...rest });
        area.value = value ?? "";
        return area;
    }
    return h("input", { id, name, type, value, required, autocomplete: "off", ...rest });
}

function labelled(field) {
    const id = `field-${++serial}`;
    const { label, hint, ...rest } = field;
    const group = ["radio", "checks"].includes(field.type);
    const error = h("p", { class: "error", data: { error: field.name }, role: "alert" });
    return h(
        group ? "fieldset" : "div",
        { class: "field" },
        group ? h("legend", {}, label) : h("label", { for: id }, label),
        control(rest, id),
        hint && h("p", { class: "note" }, hint),
        error,
    );
}

function valuesOf(form, fields) {
    const data = new FormData(form);
    return Object.fromEntries(
        fields.map(({ name, type }) => [name, type === "checks" ? data.getAll(name) : (data.get(name) ?? "").trim()]),
    );
}

/**
 * Asks, and does. `run(values)` is called with what was filled in; when it throws an APIError the dialog stays and says why.
 * Answers what `run` answered, or nothing when the dialog was left. `extra(form, read)` may add what goes with the fields.
 */
export function ask({ title, intro, fields = [], confirm, run, extra, class: name }) {
    return new Promise((resolve) => {
        const heading = `dialog-${++serial}`;
        const failure = h("p", { class: "error", role: "alert" });
        const submit = h("button", { type: "submit", class: "primary" }, confirm);
        const form = h(
            "form",
            { method: "dialog" },
            h("h2", { id: heading }, title),
            intro && h("p", { class: "intro" }, intro),
            fields.map(labelled),
        );
        if (extra) form.append(extra(form, () => valuesOf(form, fields), submit));
        form.append(failure, h("div", { class: "actions" }, button("Cancel", () => dialog.close()), submit));
        const dialog = h("dialog", { "aria-labelledby": heading, class: name }, form);
        let answer;
        form.addEventListener("submit", async (event) => {
            event.preventDefault();
            submit.disabled = true;
            put(failure);
            for (const each of form.querySelectorAll("[data-error]")) put(each);
            try {
                answer = await run(valuesOf(form, fields)) ?? true;
                dialog.close();
            } catch (error) {
                if (!(error instanceof APIError)) throw error;
                put(failure, error.message);
                for (const [field, message] of Object.entries(error.fields)) {
                    const place = form.querySelector(`[data-error="${CSS.escape(field.split(/[.[]/)[0])}"]`);
                    if (place) put(place, message);
                }
            } finally {
                submit.disabled = false;
            }
        });
        dialog.addEventListener("close", () => {
            dialog.remove();
            resolve(answer);
        });
        document.body.append(dialog);
        dialog.showModal();
    });
}

/** Shows something to read; `content` is elements. */
export function tell(title, content, { class: name } = {}) {
    const heading = `dialog-${++serial}`;
    const dialog = h(
        "dialog",
        { "aria-labelledby": heading, class: name },
        h("h2", { id: heading }, title),
        content,
        h("div", { class: "actions" }, button("Close", () => dialog.close(), { class: "primary" })),
    );
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
    return dialog;
}

/** A short word about what was done; `kind` is `done` or `failed`. */
export function toast(text, kind = "done") {
    let place = document.querySelector(".toasts");
    if (!place) document.body.append(place = h("div", { class: "toasts", role: "status" }));
    const note = h("p", { class: `toast ${kind}` }, text);
    place.append(note);
    setTimeout(() => note.remove(), kind === "failed" ? 12_000 : 5000);
}

/** Does something that has no dialog; what goes wrong is said. */
export async function attempt(run) {
    try {
        return await run();
    } catch (error) {
        if (!(error instanceof APIError)) throw error;
        toast(error.message, "failed");
        return undefined;
    }
}
