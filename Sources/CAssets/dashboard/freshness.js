// Whether this screen can be trusted. A calm score on stale data is the worst failure, so this gets loud.

import { get, path } from "./api.js";
import { wallNow } from "./clock.js";
import { button, h, put } from "./dom.js";
import { clockText, duration, refreshAges, zoneName } from "./format.js";
import { set, setting } from "./settings.js";
import { connect, streamState, tick } from "./stream.js";

const clock = button("", () => set("zone", setting("zone") === "utc" ? "local" : "utc"), {
    class: "strip-item clock num",
    title: "Switch between UTC and local time",
});
const signal = h("span", { class: "strip-item num" });
// A link says where it leads before the first answer is there.
const detectors = h("a", { class: "strip-item", href: "/detectors" }, "detectors …");
const calibration = h("a", { class: "strip-item", href: "/calibrations" }, "calibration …");
const coverage = h("a", { class: "strip-item", href: "/detectors" }, "coverage …");
const database = h("span", { class: "strip-item" });
const alarm = h("div", { class: "alarm", role: "alert", hidden: true });

/** The strip above every page. */
export const strip = h(
    "div",
    { class: "strip", "aria-label": "Freshness", role: "group" },
    clock,
    signal,
    detectors,
    calibration,
    coverage,
    database,
);

/** What stands across the page when it is not to be trusted. */
export const loud = alarm;

let known;
let alarmed = "";

/** Detectors, calibration and database come with the overview; signal and staleness with every tick. */
export function know(overview) {
    known = overview;
    draw();
}

/** Asks the overview for the strip, on pages that do not. */
export async function learn() {
    know(await get(path`overview`));
}

function item(element, good, text) {
    element.classList.toggle("bad", !good);
    element.textContent = text;
}

/** Why the screen is not to be trusted; empty when it is. */
function complaints() {
    const last = tick();
    if (streamState() === "lost") {
        return [
            `No word from riskd for ${
                duration((performance.now() - (last?.at ?? 0)) / 1000)
            }. What is shown is old; the page connects again by itself.`,
        ];
    }
    if (last?.data) return last.data.stale ? last.data.reasons : [];
    return known?.freshness.stale ? known.freshness.reasons : [];
}

/** What is logged and not seen: as bad as old data. */
function blindness() {
    if (streamState() === "lost") return [];
    return tick()?.data?.blind ?? known?.coverage.blind ?? [];
}

function drawAlarm() {
    const old = complaints();
    const blind = blindness();
    const reasons = [...old, ...blind];
    alarm.hidden = reasons.length === 0;
    document.body.classList.toggle("stale", reasons.length > 0);
    const text = reasons.join(" ");
    // Built anew only when it says something else: seconds that go on must not be read out again and again.
    const gist = (old.length > 0) + text.replace(/\d+/g, "");
    if (gist !== alarmed) {
        alarmed = gist;
        const isLost = streamState() === "lost";
        put(
            alarm,
            h("strong", {}, isLost ? "NOT LIVE" : old.length > 0 ? "STALE" : "NOT TRUSTWORTHY"),
            h("span", {}),
            isLost && button("Connect now", connect, { class: "quiet" }),
        );
    }
    const place = alarm.querySelector("span");
    if (place && place.textContent !== text) place.textContent = text;
}

function draw() {
    clock.textContent = `${zoneName()} ${clockText(wallNow())}`;
    const last = tick()?.data;
    const state = streamState();
    // Age of the signal goes on between ticks.
    const since = tick() ? (performance.now() - tick().at) / 1000 : 0;
    const signalAge = last?.signal_age_seconds ?? known?.freshness.signal_age_seconds;
    const lively = state === "live" && !last?.stale;
    signal.classList.toggle("live", lively);
    item(
        signal,
        state !== "lost" && !last?.stale,
        state === "lost"
            ? "not live"
            : state === "connecting"
            ? "connecting"
            : signalAge === undefined
            ? "live, no signal yet"
            : `last signal ${duration(signalAge + since)} ago`,
    );
    if (known) {
        item(
            detectors,
            known.detectors.healthy === known.detectors.total,
            `detectors ${known.detectors.healthy}/${known.detectors.total}`,
        );
        item(calibration, known.calibration.health === "valid", `calibration ${known.calibration.health}`);
        const blind = blindness();
        const accounts = known.coverage.accounts.length;
        item(
            coverage,
            blind.length === 0,
            blind.length > 0
                ? "coverage blind"
                : accounts > 0
                ? `coverage ok, ${accounts} blind ${accounts === 1 ? "account" : "accounts"}`
                : "coverage ok",
        );
        item(database, known.freshness.database === "ok", `database ${known.freshness.database}`);
    }
    drawAlarm();
}

setInterval(() => {
    draw();
    refreshAges();
}, 1000);
