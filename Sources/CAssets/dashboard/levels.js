// Levels: never by colour alone, always a glyph and a word too.

import { h } from "./dom.js";

/** Levels from the lowest to the highest; `uncalibrated` is none of them. */
export const LEVELS = ["info", "low", "medium", "high", "critical"];

const glyphs = {
    uncalibrated: "[???]",
    info: "[---]",
    low: "[#--]",
    medium: "[##-]",
    high: "[###]",
    critical: "[!!!]",
};
const words = { uncalibrated: "unknown" };

/** The glyph bar of a level. */
export function glyph(level) {
    return glyphs[level] ?? glyphs.uncalibrated;
}

/** What people call a level. */
export function levelWord(level) {
    return words[level] ?? level;
}

/** A level as it stands in tables and texts. */
export function badge(level) {
    return h(
        "span",
        {
            class: `badge level-${level}`,
            title: level === "uncalibrated"
                ? "No calibration: no level is known, which is not the same as info."
                : undefined,
        },
        h("span", { class: "glyph", "aria-hidden": "true" }, glyph(level)),
        h("span", {}, levelWord(level)),
    );
}

/** The level of a score by the scores at which levels are entered. */
export function levelOf(score, enter) {
    return LEVELS.slice(1).reverse().find((level) => score >= enter[level]) ?? "info";
}

/** The bands of a chart, lowest first: `{ level, from, to }` in points. */
export function bands(enter) {
    const edges = [0, enter.low, enter.medium, enter.high, enter.critical, 100];
    return LEVELS.map((level, at) => ({ level, from: edges[at], to: edges[at + 1] }));
}

/** The colour of a level's fills on a canvas. */
export function levelColour(level) {
    return getComputedStyle(document.documentElement).getPropertyValue(`--${level}`).trim();
}
