// Two clocks: the server's wall clock, and event time, which stands where the last closed tick ended.

let offset = 0;
let closed;

/** Learns from what the server said: its time, and the end of the last closed tick. */
export function synchronise(time, asOf) {
    if (time) offset = Date.parse(time) - Date.now();
    if (asOf) closed = Date.parse(asOf);
}

/** The server's wall clock, in milliseconds. */
export function wallNow() {
    return Date.now() + offset;
}

/** Event time, in milliseconds: the end of the last closed tick, or the wall clock before the first. */
export function eventNow() {
    return closed ?? wallNow();
}
