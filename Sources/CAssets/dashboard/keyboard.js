// Single keys, as k9s has them; they can be switched off (WCAG 2.1.4).

import { setting } from "./settings.js";

let everywhere = [];
let here = [];
let prefix = "";
let prefixTimer;

/** A binding: `{ keys: "g a" or "j", label, run(event) }`. These work on every page. */
export function bindEverywhere(bindings) {
    everywhere = bindings;
}

/** These work on the page that is shown. */
export function bindPage(bindings = []) {
    here = bindings;
}

/** All bindings, for the help. */
export function bindings() {
    return { everywhere, here };
}

function isTyping(target) {
    return target.closest?.("input, select, textarea, [contenteditable]") && target.type !== "checkbox" &&
        target.type !== "radio";
}

addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "Escape") {
        // Leaves a field first; the page's own meaning comes second.
        if (isTyping(event.target)) return event.target.blur();
    } else if (isTyping(event.target) || setting("shortcuts") === "off") {
        return;
    }
    // Space and enter belong to the button or link that has the focus.
    if ([" ", "Enter"].includes(event.key) && event.target.closest("button, a, summary, input, [role=button]")) return;
    const name = event.key === " " ? "space" : event.key === "Escape" ? "esc" : event.key;
    const typed = prefix ? `${prefix} ${name}` : name;
    const binding = [...here, ...everywhere].find(({ keys }) => keys.split(", ").includes(typed));
    clearTimeout(prefixTimer);
    prefix = "";
    if (binding) {
        event.preventDefault();
        binding.run(event);
    } else if (name === "g") {
        prefix = "g";
        prefixTimer = setTimeout(() => {
            prefix = "";
        }, 1500);
    }
});
