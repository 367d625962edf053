// Addresses and pages: one page is shown at a time, links inside the dashboard load no document.

const routes = [];
let current;
let host;
let chrome;
let turn = 0;

/** The page that shows addresses of this form: route("/alerts/:id", load) with `load(context)` giving a page. */
export function route(pattern, load) {
    const names = [];
    const expression = pattern.replace(/:[a-z]+/g, (name) => {
        names.push(name.slice(1));
        return "([^/]+)";
    });
    routes.push({ expression: new RegExp(`^${expression}/?$`), names, load });
}

/** An address inside the dashboard; its variable parts are encoded: link`/alerts/${id}`. */
export function link(texts, ...values) {
    return texts.reduce((all, text, at) => all + encodeURIComponent(values[at - 1]) + text);
}

/** The same page with other parameters; empty ones are left out. */
export function withParameters(changes) {
    const parameters = new URLSearchParams(location.search);
    for (const [name, value] of Object.entries(changes)) {
        if (value === undefined || value === "") parameters.delete(name);
        else parameters.set(name, value);
    }
    const text = parameters.toString();
    return location.pathname + (text ? `?${text}` : "");
}

/** Goes to an address. */
export function go(address, { replace = false } = {}) {
    history[replace ? "replaceState" : "pushState"]({}, "", address);
    return show();
}

/** Shows the present address anew, such as when a preference has changed. */
export async function show({ keepScroll = false } = {}) {
    const mine = ++turn;
    current?.leave?.();
    current = undefined;
    const address = location.pathname;
    const found = routes.map((each) => ({ each, match: each.expression.exec(address) })).find(({ match }) => match);
    const parameters = Object.fromEntries(
        found ? found.each.names.map((name, at) => [name, decodeURIComponent(found.match[at + 1])]) : [],
    );
    const query = Object.fromEntries(new URLSearchParams(location.search));
    const stay = keepScroll ? scrollY : 0;
    chrome.begin(address);
    let page;
    try {
        page = found ? await found.each.load({ parameters, query }) : chrome.notFound(address);
    } catch (error) {
        page = chrome.failed(error);
    }
    // Somebody was faster and is somewhere else by now.
    if (mine !== turn) return page.leave?.();
    current = page;
    chrome.present(page, host);
    scrollTo(0, stay);
}

/** The page that is shown. */
export function currentPage() {
    return current;
}

/** Begins: `element` is where pages are shown, `frame` what is around them. */
export function start(element, frame) {
    host = element;
    chrome = frame;
    addEventListener("popstate", () => show());
    document.addEventListener("click", (event) => {
        const anchor = event.target.closest("a[href]");
        if (
            !anchor || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || anchor.target ||
            anchor.download
        ) return;
        const address = new URL(anchor.href);
        if (address.origin !== location.origin || address.pathname.startsWith("/api/")) return;
        if (address.hash && address.pathname === location.pathname) return;
        event.preventDefault();
        go(address.pathname + address.search);
    });
    return show();
}
