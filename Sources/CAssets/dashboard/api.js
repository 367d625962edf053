// The one place that talks to riskd's API.

/** What the API refused, with what it said about it. */
export class APIError extends Error {
    constructor(status, problem) {
        super(problem.detail ?? problem.title ?? `riskd answered with status ${status}.`);
        this.status = status;
        this.problem = problem;
    }

    /** Messages by field, for forms. */
    get fields() {
        return Object.fromEntries((this.problem.errors ?? []).map(({ field, message }) => [field, message]));
    }
}

const session = { csrf: undefined, ended: () => {} };

/** Remembers what requests that change something must carry. */
export function useSession(me) {
    session.csrf = me?.csrf_token;
}

/** What is called when the session turns out to be over. */
export function onSessionEnd(listener) {
    session.ended = listener;
}

/** A path whose variable parts are percent-encoded, one segment each: path`alerts/${id}/chain`. */
export function path(texts, ...values) {
    return "/api/v1/" + texts.reduce((all, text, at) => all + encodeURIComponent(values[at - 1]) + text);
}

function withQuery(address, query = {}) {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
        if (value !== undefined && value !== null && value !== "") parameters.set(name, value);
    }
    const text = parameters.toString();
    return text ? `${address}?${text}` : address;
}

async function request(method, address, { query, body, signal } = {}) {
    const headers = {};
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (method !== "GET" && session.csrf) headers["X-CSRF-Token"] = session.csrf;
    let response;
    try {
        response = await fetch(withQuery(address, query), {
            method,
            headers,
            signal,
            credentials: "same-origin",
            redirect: "error",
            body: body === undefined ? undefined : JSON.stringify(body),
        });
    } catch (error) {
        if (error.name === "AbortError") throw error;
        throw new APIError(0, {
            detail:
                "riskd does not answer. Check that it runs, and the network to it; this page tries again by itself.",
        });
    }
    if (response.ok) return response;
    const problem = await response.json().catch(() => ({}));
    if (response.status === 401 && !address.endsWith("/session")) session.ended();
    throw new APIError(response.status, problem);
}

/** What is at an address. */
export async function get(address, query, signal) {
    return (await request("GET", address, { query, signal })).json();
}

/** Asks for something to be done; the answer's status and body. */
export async function send(method, address, body) {
    const response = await request(method, address, { body });
    return { status: response.status, body: response.status === 204 ? undefined : await response.json() };
}

/** An image: its bytes as a Blob, and the answer's headers. */
export async function getImage(address, query) {
    const response = await request("GET", address, { query });
    return { blob: await response.blob(), headers: response.headers };
}
