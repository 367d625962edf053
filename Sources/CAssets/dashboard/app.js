// The frame around all pages: who is signed in, where one can go, whether the screen is live.

import { APIError, onSessionEnd } from "./api.js";
import { announce, liveRegions } from "./announce.js";
import { tell, toast } from "./dialog.js";
import { button, empty, h, key, put } from "./dom.js";
import { entityName, parseEntity, score } from "./format.js";
import { learn, loud, strip } from "./freshness.js";
import { bindEverywhere, bindings, bindPage } from "./keyboard.js";
import { levelWord } from "./levels.js";
import { currentPage, go, route, show, start } from "./router.js";
import { may, me, onSignedIn, signOut, whoAmI } from "./session.js";
import { onSetting, set, setting } from "./settings.js";
import { connect, disconnect, onEvent } from "./stream.js";

const places = [
    { address: "/overview", title: "Overview", keys: "g o" },
    { address: "/alerts", title: "Alerts", keys: "g a" },
    { address: "/entities", title: "Entities", keys: "g e" },
    { address: "/campaigns", title: "Campaigns", keys: "g c" },
    { address: "/models", title: "Models", keys: "g m" },
    { address: "/detectors", title: "Detectors", keys: "g d" },
    { address: "/calibrations", title: "Calibrations", keys: "g k" },
    { address: "/silences", title: "Silences", keys: "g s" },
    { address: "/delivery", title: "Delivery", keys: "g w" },
    { address: "/audit", title: "Audit", keys: "g l", right: "audit" },
    { address: "/tokens", title: "Tokens", keys: "g t", right: "tokens" },
];

// Pages are loaded when they are first shown.
const page = (file) => async (context) => (await import(`./${file}.js`)).load(context);
route("/login", page("page-login"));
route("/", page("page-overview"));
route("/overview", page("page-overview"));
route("/alerts", page("page-alerts"));
route("/alerts/:id", page("page-alert"));
route("/entities", page("page-entities"));
route("/entities/:entity", page("page-entity"));
route("/campaigns", page("page-campaigns"));
route("/models", page("page-models"));
route("/detectors", page("page-detectors"));
route("/calibrations", page("page-calibrations"));
route("/calibrations/:id", page("page-calibration"));
route("/silences", page("page-silences"));
route("/delivery", page("page-delivery"));
route("/delivery/:name", page("page-endpoint"));
route("/audit", page("page-audit"));
route("/tokens", page("page-tokens"));
route("/samples/:sample", page("page-sample"));

const main = h("main", { id: "main", tabindex: "-1" });
const waiting = h("span", { class: "count", hidden: true });
const nav = h("nav", { id: "nav", "aria-label": "Pages" });
const menuButton = button("Menu", () => setMenu(nav.dataset.open !== "true"), {
    class: "quiet menu-button",
    "aria-expanded": "false",
    "aria-controls": "nav",
});
const person = h("div", { class: "person" });
const header = h(
    "header",
    { class: "top" },
    h(
        "a",
        { class: "brand", href: "/overview" },
        h("img", { src: "/assets/icon.svg", alt: "", width: 22, height: 22 }),
        "riskd",
    ),
    strip,
    person,
    menuButton,
);

document.body.append(
    h("a", { class: "skip", href: "#main" }, "Skip to the content"),
    header,
    loud,
    h("div", { class: "frame-body" }, nav, main),
    ...liveRegions(),
);

function setMenu(open) {
    nav.dataset.open = String(open);
    menuButton.setAttribute("aria-expanded", String(open));
}

function drawNavigation() {
    put(
        nav,
        h(
            "ul",
            {},
            places.filter(({ right }) => !right || may(right)).map(({ address, title, keys }) =>
                h(
                    "li",
                    {},
                    h(
                        "a",
                        {
                            href: address,
                            title: `${title} (${keys})`,
                            "aria-current": isAt(address) ? "page" : undefined,
                        },
                        h("span", {}, title),
                        address === "/alerts" && waiting,
                    ),
                )
            ),
        ),
    );
    const choose = (name, label, values) =>
        button(
            `${label}: ${setting(name)}`,
            () => set(name, values[(values.indexOf(setting(name)) + 1) % values.length]),
            { class: "quiet" },
        );
    put(
        person,
        h(
            "details",
            { class: "menu" },
            h("summary", {}, me()?.name ?? ""),
            h(
                "div",
                {},
                h("p", { class: "note" }, (me()?.roles ?? []).join(", ")),
                choose("theme", "theme", ["auto", "dark", "light"]),
                choose("zone", "time", ["utc", "local"]),
                choose("shortcuts", "single keys", ["on", "off"]),
                choose("tone", "tone for critical", ["off", "on"]),
                button("Keys and help", help, { class: "quiet" }),
                button("Sign out", leave, { class: "quiet" }),
            ),
        ),
    );
}

const isAt = (address) =>
    location.pathname === address || location.pathname.startsWith(`${address}/`) ||
    (address === "/overview" && location.pathname === "/");

async function leave() {
    disconnect();
    await signOut().catch(() => {});
    location.assign("/login");
}

function help() {
    const { everywhere, here } = bindings();
    const list = (title, items) =>
        items.length > 0 &&
        h(
            "section",
            {},
            h("h3", {}, title),
            h(
                "dl",
                { class: "keys" },
                items.map(({ keys, label }) =>
                    h("div", {}, h("dt", {}, keys.split(" ").map((each) => key(each))), h("dd", {}, label))
                ),
            ),
        );
    tell(
        "Keys",
        h(
            "div",
            { class: "help" },
            list("This page", here),
            list("Everywhere", everywhere),
            h(
                "p",
                { class: "note" },
                setting("shortcuts") === "off"
                    ? "Single keys are switched off."
                    : "Single keys can be switched off in the menu under your name.",
            ),
        ),
        { class: "broad" },
    );
}

const frame = {
    begin() {
        const signedIn = me() !== undefined && location.pathname !== "/login";
        document.body.classList.toggle("signed-out", !signedIn);
        setMenu(false);
        bindPage();
        if (signedIn) drawNavigation();
    },
    present(shown, host) {
        document.title = `${shown.title} · riskd`;
        put(host, shown.node);
        bindPage(shown.keys);
        shown.shown?.();
        if (shown.focus) shown.focus.focus();
    },
    notFound(address) {
        return {
            title: "Not found",
            node: [h("h1", {}, "There is no such page"), empty(address, "Choose a page on the left, or go back.")],
        };
    },
    failed(error) {
        if (!(error instanceof APIError)) console.error(error);
        const text = error instanceof APIError
            ? error.message
            : "The page could not be shown. Load it again; if that does not help, tell who runs riskd.";
        return {
            title: "Failed",
            node: [
                h(
                    "h1",
                    {},
                    error.status === 404
                        ? "There is no such thing"
                        : error.status === 403
                        ? "Your role does not allow this"
                        : "This did not work",
                ),
                empty(text),
                button("Try again", () => show(), { class: "primary" }),
            ],
        };
    },
};

// A page says which events concern it; it is brought up to date at most once in its `pace` (milliseconds).
let due;
let lastRefresh = 0;

function concern(name) {
    const shown = currentPage();
    if (!shown?.refresh || shown.paused?.()) return;
    if (!["reset", "live"].includes(name) && !shown.events?.includes(name)) return;
    const pace = name === "tick" ? shown.tickPace ?? 5000 : 1000;
    clearTimeout(due);
    due = setTimeout(async () => {
        if (currentPage() !== shown) return;
        lastRefresh = Date.now();
        try {
            await shown.refresh();
        } catch (error) {
            // The strip is loud already when the stream is lost; anything else is worth a word.
            if (error instanceof APIError && error.status > 0) toast(error.message, "failed");
            else if (!(error instanceof APIError)) throw error;
        }
    }, Math.max(0, lastRefresh + pace - Date.now()));
}

function nameOf(entity) {
    const parts = parseEntity(entity);
    return entityName(parts) + (parts.model && parts.kind !== "model" ? ` on ${parts.model}` : "");
}

function heard(name, data) {
    if (name === "tick") {
        waiting.hidden = data.open_alerts === 0;
        waiting.textContent = data.open_alerts;
        waiting.title = "not acknowledged";
    } else if (name === "level" && (data.kind === "global" || ["high", "critical"].includes(data.to))) {
        announce(`${nameOf(data.entity)}: ${levelWord(data.from)} to ${levelWord(data.to)}, ${score(data.score)}`, {
            critical: data.to === "critical",
        });
    } else if (name === "alert" && ["opened", "escalated"].includes(data.kind)) {
        announce(`Alert ${data.kind}: ${data.subject}, ${levelWord(data.level)}`, {
            critical: data.level === "critical",
        });
    }
    if (["calibration", "endpoint", "reset"].includes(name)) learn().catch(() => {});
    currentPage()?.heard?.(name, data);
    concern(name === "state" && data === "live" ? "live" : name);
}

// A menu closes when somebody goes on to something else.
addEventListener("pointerdown", ({ target }) => closeMenu(target));
addEventListener("focusin", ({ target }) => closeMenu(target));

function closeMenu(target) {
    const menu = person.querySelector("details");
    if (menu?.open && !menu.contains(target)) menu.open = false;
}

bindEverywhere([
    ...places.map(({ address, title, keys }) => ({ keys, label: title.toLowerCase(), run: () => go(address) })),
    { keys: "?", label: "this help", run: help },
    {
        keys: "esc",
        label: "back",
        run: () => {
            if (person.querySelector("details")?.open) closeMenu(document.body);
            else if (!["/", "/overview"].includes(location.pathname)) history.back();
        },
    },
]);

onEvent(heard);
onSetting((name) => {
    if (name === "shortcuts" || name === "tone") drawNavigation();
    else show({ keepScroll: true });
});
matchMedia("(prefers-color-scheme: dark)").addEventListener(
    "change",
    () => setting("theme") === "auto" && show({ keepScroll: true }),
);

/** Goes to the page where one signs in, and comes back afterwards. */
function demandSignIn() {
    disconnect();
    if (location.pathname === "/login") return;
    go(`/login?next=${encodeURIComponent(location.pathname + location.search)}`, { replace: true });
}

onSignedIn(async (next) => {
    connect();
    learn().catch(() => {});
    await go(next, { replace: true });
});
setInterval(() => {
    if (me() && location.pathname !== "/login") learn().catch(() => {});
}, 60_000);
if (location.pathname !== "/login") {
    try {
        await whoAmI();
        connect();
        learn().catch(() => {});
    } catch (error) {
        if (!(error instanceof APIError)) throw error;
        if (error.status === 401) {
            history.replaceState({}, "", `/login?next=${encodeURIComponent(location.pathname + location.search)}`);
        }
    }
}
await start(main, frame);
onSessionEnd(demandSignIn);
