// What happens, as it happens: server-sent events, resumed where they broke off.

import { synchronise } from "./clock.js";

const NAMES = ["level", "alert", "silence", "endpoint", "calibration", "reset"];
/** Without a tick for this long the screen is not to be trusted (milliseconds). */
const PATIENCE = 5000;

let source;
let lastID;
let lastTick;
let retry;
let state = "connecting";
const listeners = new Set();

/** The last `tick`, and when it came: `{ data, at }` with `at` by performance.now(). */
export function tick() {
    return lastTick;
}

/** `connecting`, `live` or `lost`. */
export function streamState() {
    return state;
}

/** Calls `listener(name, data)` for every event; `state` when the stream is lost or live again. Returns how to stop. */
export function onEvent(listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
}

function tell(name, data) {
    for (const listener of [...listeners]) listener(name, data);
}

function become(next) {
    if (next === state) return;
    state = next;
    tell("state", next);
}

/** Opens the stream, and again whenever the server ends it. */
export function connect() {
    disconnect();
    const query = lastID ? `?last_event_id=${encodeURIComponent(lastID)}` : "";
    source = new EventSource(`/api/v1/events${query}`);
    const opened = performance.now();
    lastTick ??= { data: undefined, at: opened };
    source.addEventListener("tick", (event) => {
        const data = JSON.parse(event.data);
        synchronise(data.time, data.as_of);
        lastTick = { data, at: performance.now() };
        become("live");
        tell("tick", data);
    });
    for (const name of NAMES) {
        source.addEventListener(name, (event) => {
            if (event.lastEventId) lastID = event.lastEventId;
            tell(name, event.data ? JSON.parse(event.data) : {});
        });
    }
    source.addEventListener("error", () => {
        // A browser tries again by itself, except after an answer that is no stream (such as 503).
        if (source.readyState === EventSource.CLOSED) retry = setTimeout(connect, 2000);
    });
}

/** Closes the stream. */
export function disconnect() {
    clearTimeout(retry);
    source?.close();
}

setInterval(() => {
    if (lastTick && performance.now() - lastTick.at > PATIENCE) become("lost");
}, 500);
