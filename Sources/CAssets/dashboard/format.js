// How numbers, times and names look, everywhere alike.

import { eventNow, wallNow } from "./clock.js";
import { h } from "./dom.js";
import { setting } from "./settings.js";

/** A score with one decimal, as people say it: 87.9. */
export function score(points) {
    return points === undefined ? "–" : points.toFixed(1);
}

/** A score that shows all it has on hover. */
export function scoreCell(points) {
    return h(
        "span",
        { class: "num", title: points === undefined ? undefined : `${points.toFixed(3)} points` },
        score(points),
    );
}

/** A number with its sign; the minus is a minus. */
export function signed(value, digits = 1) {
    const text = Math.abs(value).toFixed(digits);
    return Number(text) === 0 ? `±${text}` : `${value < 0 ? "−" : "+"}${text}`;
}

/** A count with thin spaces between thousands. */
export function count(value) {
    return value === undefined ? "–" : String(value).replace(/\B(?=(\d{3})+$)/g, "\u2009");
}

/** `1 alert`, `3 alerts`. */
export function plural(value, one, many = `${one}s`) {
    return `${count(value)} ${value === 1 ? one : many}`;
}

/** A probability with three digits, without pretending that 0.9999 is 1. */
export function probability(value) {
    if (value === undefined) return "–";
    if (value < 1 && value > 0.9995) return "> .999";
    if (value > 0 && value < 0.0005) return "< .001";
    return value.toFixed(3);
}

/** A distance with three significant digits. */
export function distance(value) {
    return value === undefined ? "–" : value === 0 ? "0" : value >= 0.001 ? value.toFixed(4) : value.toExponential(1);
}

/** Evidence: 28.8 bits. */
export function bits(value) {
    return value === undefined ? undefined : `${value.toFixed(1)} bits`;
}

/** A small rate, such as 13.6 or 0.0021. */
export function rate(value) {
    return value === undefined
        ? "–"
        : value === 0
        ? "0"
        : value >= 0.01
        ? String(Number(value.toPrecision(3)))
        : value.toExponential(1);
}

/** A length of time in its two largest units: 2 s, 24 min, 3 h 20 min, 5 d 2 h. */
export function duration(seconds) {
    if (seconds === undefined) return "–";
    const whole = Math.max(0, Math.round(seconds));
    if (whole < 60) return `${whole} s`;
    const units = [["d", 86_400], ["h", 3600], ["min", 60]];
    const at = units.findIndex(([, size]) => whole >= size);
    const [unit, size] = units[at];
    const first = Math.floor(whole / size);
    const next = units[at + 1];
    const second = next ? Math.floor((whole % size) / next[1]) : 0;
    return second > 0 ? `${first} ${unit} ${second} ${next[0]}` : `${first} ${unit}`;
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const two = (value) => String(value).padStart(2, "0");

/** The parts of a time in the zone that the reader has chosen. */
function parts(milliseconds) {
    const date = new Date(milliseconds);
    return setting("zone") === "utc"
        ? [
            date.getUTCFullYear(),
            date.getUTCMonth(),
            date.getUTCDate(),
            date.getUTCHours(),
            date.getUTCMinutes(),
            date.getUTCSeconds(),
        ]
        : [date.getFullYear(), date.getMonth(), date.getDate(), date.getHours(), date.getMinutes(), date.getSeconds()];
}

/** `10:15:30`. */
export function clockText(milliseconds) {
    return parts(milliseconds).slice(3).map(two).join(":");
}

/** `2 Mar 10:15:30`, with the year where it is another one. */
export function momentText(milliseconds, { seconds = true } = {}) {
    const [year, month, day, ...time] = parts(milliseconds);
    const other = year === parts(wallNow())[0] ? "" : ` ${year}`;
    return `${day} ${months[month]}${other} ${time.slice(0, seconds ? 3 : 2).map(two).join(":")}`;
}

/** The text of a moment as short as it is unmistakable: only the time of day where the day is `reference`'s. */
function shortText(milliseconds, reference) {
    const same = parts(milliseconds).slice(0, 3).join() === parts(reference).slice(0, 3).join();
    return same ? clockText(milliseconds) : momentText(milliseconds, { seconds: false });
}

/** A moment as an element: short on the surface, ISO 8601 on hover. `style` is `short` or `full`. */
export function time(iso, style = "short") {
    if (!iso) return "–";
    const at = Date.parse(iso);
    return h("time", { datetime: iso, title: iso }, style === "full" ? momentText(at) : shortText(at, eventNow()));
}

/** How long ago something was, kept true while it is on screen; `of` says by which clock: `event` or `wall`. */
export function age(iso, of = "event") {
    if (!iso) return "–";
    const element = h("time", { datetime: iso, title: iso, data: { age: of } });
    element.textContent = ageText(iso, of);
    return element;
}

function ageText(iso, of) {
    const now = of === "event" ? eventNow() : wallNow();
    return duration((now - Date.parse(iso)) / 1000);
}

/** Brings every age on screen up to date. */
export function refreshAges() {
    for (const element of document.querySelectorAll("time[data-age]")) {
        const text = ageText(element.getAttribute("datetime"), element.dataset.age);
        if (element.textContent !== text) element.textContent = text;
    }
}

/** The zone that times are shown in: `UTC`, or an offset. */
export function zoneName() {
    if (setting("zone") === "utc") return "UTC";
    const minutes = -new Date().getTimezoneOffset();
    const sign = minutes < 0 ? "−" : "+";
    return `UTC${sign}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`;
}

/** A hash as people compare it: its beginning, the whole on hover. */
export function hash(id) {
    return id && h("code", { title: id }, `${id.slice(0, 15)}…`);
}

/** The parts of an entity's text form: kind, model, name. */
export function parseEntity(text) {
    if (text === "global") return { kind: "global", name: "service" };
    const [, kind, rest] = /^([a-z]+):(.*)$/s.exec(text) ?? [undefined, "", text];
    const unescape = (part) => part.replace(/%2F/g, "/").replace(/%25/g, "%");
    if (kind === "model") return { kind, model: unescape(rest), name: unescape(rest) };
    const slash = rest.indexOf("/");
    return { kind, model: unescape(rest.slice(0, slash)), name: rest.slice(slash + 1) };
}

/** The text form of a user. */
export function userEntity(model, user) {
    return `user:${model.replaceAll("%", "%25").replaceAll("/", "%2F")}/${user}`;
}

/** What people call an entity, without its model: `user-031`, `campaign 7`, `fashion`, `whole service`. */
export function entityName({ kind, name }) {
    if (kind === "campaign") return `campaign ${name}`;
    return kind === "global" ? "whole service" : name;
}

/** What an alert is about, in words. */
export function subjectText({ subject }) {
    const on = subject.model && subject.model !== subject.name ? ` on ${subject.model}` : "";
    if (subject.kind === "global") return "the whole service";
    return subject.kind === "user" ? `${subject.name}${on}` : `${subject.kind} ${subject.name}${on}`;
}

/** The rungs that detectors reached, highest first: `user.descent 3, model.descent 2`. */
export function rungsText(rungs) {
    const reached = rungs.filter(({ rung }) => rung > 0).sort((a, b) => b.rung - a.rung);
    return reached.map(({ detector, rung }) => `${detector.replace("similarity.", "")} ${rung}`).join(", ") || "0";
}
