// Images of queries: hidden until somebody wants to see one and says why. The server writes every look into its read ledger.

import { APIError, getImage, path } from "./api.js";
import { ask } from "./dialog.js";
import { button, h, put } from "./dom.js";
import { momentText } from "./format.js";
import { wallNow } from "./clock.js";
import { may, me } from "./session.js";

/** Why somebody looks, asked once for as long as a page is shown. `alert` goes into the ledger with it. */
export class Reveal {
    constructor({ alert, suggestion } = {}) {
        Object.assign(this, { alert, suggestion });
        this.addresses = [];
    }

    /** The reason; asks for it the first time. Nothing when the person thought better of it. */
    async why() {
        if (this.reason) return this.reason;
        await ask({
            title: "Reveal images",
            confirm: "Reveal",
            class: "narrow",
            intro:
                "Images may show patients. Each look is written to the read ledger with your name, the time and this reason.",
            fields: [{
                name: "reason",
                label: "Why do you look?",
                value: this.suggestion,
                required: true,
                maxlength: 256,
            }],
            run: ({ reason }) => {
                this.reason = reason;
            },
        });
        return this.reason;
    }

    /** Fetches a picture; `{ address, largest }`. */
    async fetch(address, query = {}) {
        const { blob, headers } = await getImage(address, { ...query, reason: this.reason, alert: this.alert });
        const url = URL.createObjectURL(blob);
        this.addresses.push(url);
        return { url, largest: headers.get("X-Riskd-Largest-Difference") };
    }

    /** Forgets every picture: they must not outlive the page. */
    leave() {
        for (const url of this.addresses) URL.revokeObjectURL(url);
        this.addresses = [];
    }
}

/** A frame for a picture: `{ title, note, kept, address, query, alt }`; `kept` says whether there is anything to see. */
export function frame(reveal, { title, note, kept, address, query, alt }) {
    const place = h("div", { class: "picture" });
    const caption = h("figcaption", {}, h("strong", {}, title), h("span", { class: "note" }, note));
    const figure = h("figure", { class: "frame" }, place, caption);
    const show = async () => {
        if (!kept || !may("images") || !await reveal.why()) return;
        try {
            const { url, largest } = await reveal.fetch(address, query);
            put(
                place,
                h("img", { src: url, alt, draggable: "false" }),
                h("span", { class: "watermark", "aria-hidden": "true" }, `${me().name} ${momentText(wallNow())}`),
            );
            if (largest !== null) caption.lastElementChild.textContent = `largest difference ${largest} of 255`;
        } catch (error) {
            if (!(error instanceof APIError)) throw error;
            put(place, h("p", { class: "error" }, error.message));
        }
    };
    if (!kept) put(place, h("p", { class: "note" }, "no image kept"));
    else if (!may("images")) put(place, h("p", { class: "note" }, "Your role sees no images."));
    else put(place, button("Reveal", show, { class: "veil", "aria-label": `Reveal: ${title}` }));
    return { figure, show };
}

/** The picture of an observation. */
export const imageAddress = (observation) => path`observations/${observation}/image`;

/** How it differs from another. */
export const differenceAddress = (observation) => path`observations/${observation}/difference`;
