// Who is signed in, and what they may do.

import { get, path, send, useSession } from "./api.js";

let caller;
let enter = () => {};

/** Who is signed in: name, roles, may. */
export function me() {
    return caller;
}

/** Whether the caller may do something: read, act, lead, images, manage, tokens, audit, preview. */
export function may(what) {
    return caller?.may.includes(what) ?? false;
}

function adopt(answer) {
    caller = answer;
    useSession(answer);
    return answer;
}

/** Asks the server who is signed in. Throws an APIError with status 401 when nobody is. */
export async function whoAmI() {
    return adopt(await get(path`me`));
}

/** Signs in with `{ token }` or `{ code }`. */
export async function signIn(proof) {
    return adopt((await send("POST", path`session`, proof)).body);
}

/** What follows signing in: `listener(next)` goes to that address. */
export function onSignedIn(listener) {
    enter = listener;
}

/** Goes on to `next` after signing in. */
export function entered(next) {
    return enter(next);
}

/** Ends the session. */
export async function signOut() {
    await send("DELETE", path`session`);
    caller = undefined;
    useSession(undefined);
}
