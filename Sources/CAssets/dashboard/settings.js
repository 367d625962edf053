// What one person prefers, kept in this browser.

const defaults = { theme: "auto", zone: "utc", shortcuts: "on", tone: "off" };
const listeners = new Set();

/** A preference: `theme` auto, dark, light; `zone` utc, local; `shortcuts` on, off; `tone` on, off. */
export function setting(name) {
    return localStorage.getItem(`riskd.${name}`) ?? defaults[name];
}

/** Changes a preference and tells who listens. */
export function set(name, value) {
    localStorage.setItem(`riskd.${name}`, value);
    if (name === "theme") {
        if (value === "auto") delete document.documentElement.dataset.theme;
        else document.documentElement.dataset.theme = value;
    }
    for (const listener of listeners) listener(name, value);
}

/** Calls `listener(name, value)` after every change. */
export function onSetting(listener) {
    listeners.add(listener);
}
