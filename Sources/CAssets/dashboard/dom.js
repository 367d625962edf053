// Elements without markup: whatever a server sends becomes text nodes and attributes, never HTML.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
        if (value === undefined || value === null || value === false) continue;
        if (name === "on") {
            for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
        } else if (name === "data") {
            Object.assign(element.dataset, value);
        } else if (name === "css") {
            // Custom properties by way of the CSSOM: the content security policy forbids style attributes.
            for (const [property, text] of Object.entries(value)) element.style.setProperty(property, text);
        } else {
            element.setAttribute(name, value === true ? "" : String(value));
        }
    }
    element.append(...flat(children));
    return element;
}

function flat(children) {
    return children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false);
}

/** An HTML element: `h("a", { href, class: "quiet", on: { click } }, "text", other)`. */
export function h(name, attributes = {}, ...children) {
    return fill(document.createElement(name), attributes, children);
}

/** An SVG element. */
export function svg(name, attributes = {}, ...children) {
    return fill(document.createElementNS(SVG, name), attributes, children);
}

/** Puts these children in the place of those that an element has. */
export function put(element, ...children) {
    element.replaceChildren(...flat(children));
    return element;
}

/** A button that does something; `attributes` as of `h`. */
export function button(label, run, attributes = {}) {
    return h("button", { type: "button", ...attributes, on: { click: run } }, label);
}

/** A shortcut shown beside what it does. */
export function key(name) {
    return h("kbd", {}, name);
}

/** A list of terms and what they are; entries without a value are left out. */
export function facts(entries, attributes = { class: "facts" }) {
    return h(
        "dl",
        attributes,
        entries
            .filter(([, value]) => ![undefined, null, "", false].includes(value))
            .map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
    );
}

/** A titled part of a page. */
export function panel(title, { tools, note, id, class: name } = {}, ...content) {
    const heading = id ?? `h-${title.toLowerCase().replace(/[^a-z0-9]+/g, "-")}`;
    return h(
        "section",
        { class: `panel ${name ?? ""}`.trim(), "aria-labelledby": heading },
        h(
            "header",
            {},
            h("h2", { id: heading }, title),
            note && h("p", { class: "note" }, note),
            tools && h("div", { class: "tools" }, tools),
        ),
        ...content,
    );
}

/** What stands where nothing else does: it says why, and what now. */
export function empty(text, hint) {
    return h("div", { class: "empty" }, h("p", {}, text), hint && h("p", { class: "note" }, hint));
}
