// Filters above a list; they live in the address, so that a view can be bookmarked and sent on.

import { h } from "./dom.js";
import { withParameters } from "./router.js";

let serial = 0;

/** A labelled field: `{ name, label, options: [[value, text]] }`, or without options a text to search for. */
function field({ name, label, options, type = "search" }, value, change) {
    const id = `filter-${++serial}`;
    const control = options
        ? h(
            "select",
            { id, name, on: { change } },
            options.map(([each, text]) => h("option", { value: each, selected: each === value }, text)),
        )
        : h("input", { id, name, type, value, maxlength: 256, autocomplete: "off", on: { input: change } });
    return h("div", { class: "field" }, h("label", { for: id }, label), control);
}

/** A bar of filters. `values` holds what is chosen and is kept up to date; `changed` is called after a change. */
export function filterBar(fields, values, changed) {
    let pause;
    const change = (event) => {
        values[event.target.name] = event.target.value;
        history.replaceState({}, "", withParameters({ [event.target.name]: event.target.value }));
        clearTimeout(pause);
        pause = setTimeout(changed, event.type === "input" ? 250 : 0);
    };
    return h(
        "form",
        { class: "filters", role: "search", on: { submit: (event) => event.preventDefault() } },
        fields.map((each) => field(each, values[each.name] ?? "", change)),
    );
}

/** The binding that goes to the first filter. */
export function filterKey(bar) {
    return { keys: "/", label: "filter", run: () => bar.querySelector("input, select")?.focus() };
}
