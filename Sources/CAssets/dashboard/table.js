// Tables of rows that stay where they are while their contents change.

import { APIError } from "./api.js";
import { button, empty, h, put } from "./dom.js";
import { plural } from "./format.js";

/** How many rows a page of a list has. */
const PAGE = 100;

/**
 * A table. Its first column's link is the row's: `j` and `k` move between these, enter follows.
 *
 * columns: `{ title, cell(row), class, label }`; `class` is `num`, `wide` (hidden on a phone) or both.
 * key(row): what a row is known by; href(row): where its link goes, if anywhere.
 */
export class Table {
    constructor({ caption, columns, key, href, none }) {
        Object.assign(this, { columns, key, href, none, rows: [] });
        this.drawn = new Map();
        this.body = h("tbody");
        this.table = h(
            "table",
            {},
            h("caption", { class: "hidden" }, caption),
            h(
                "thead",
                {},
                h("tr", {}, columns.map(({ title, class: name }) => h("th", { scope: "col", class: name }, title))),
            ),
            this.body,
        );
        this.scroll = h("div", { class: "scroll", tabindex: "-1" }, this.table);
        this.node = h("div", { class: "table" }, this.scroll);
    }

    /** Shows these rows; rows that have not changed keep their elements, and with these the focus. */
    update(rows) {
        this.rows = rows;
        const focused = this.selectedKey();
        const drawn = new Map();
        for (const row of rows) {
            const key = String(this.key(row));
            const text = JSON.stringify(row);
            const before = this.drawn.get(key);
            drawn.set(key, before?.text === text ? before : { text, element: this.draw(row, key) });
        }
        this.drawn = drawn;
        put(this.body, [...drawn.values()].map(({ element }) => element));
        if (rows.length === 0) put(this.node, this.none());
        else if (!this.scroll.isConnected || this.scroll.parentNode !== this.node) put(this.node, this.scroll);
        if (focused !== undefined) this.focus(focused);
    }

    draw(row, key) {
        const cells = this.columns.map(({ cell, class: name }, at) => {
            const content = cell(row);
            if (at > 0) return h("td", { class: name }, content);
            const address = this.href?.(row);
            const handle = address
                ? h("a", { href: address, class: "row-link" }, content)
                : h("span", { tabindex: "0", class: "row-link" }, content);
            return h("th", { scope: "row", class: name }, handle);
        });
        return h("tr", { data: { key } }, cells);
    }

    selectedKey() {
        const row = document.activeElement?.closest("tr[data-key]");
        return row && this.body.contains(row) ? row.dataset.key : undefined;
    }

    /** The row that has the focus; else the first. */
    selected() {
        const key = this.selectedKey();
        return this.rows.find((row) => String(this.key(row)) === key) ?? this.rows[0];
    }

    focus(key) {
        this.drawn.get(key)?.element.querySelector(".row-link")?.focus({ preventScroll: key === this.selectedKey() });
    }

    /** Moves the focus by so many rows. */
    move(by) {
        if (this.rows.length === 0) return;
        const keys = [...this.drawn.keys()];
        const at = keys.indexOf(this.selectedKey());
        this.focus(keys[at < 0 ? (by > 0 ? 0 : keys.length - 1) : Math.min(keys.length - 1, Math.max(0, at + by))]);
    }

    /** The bindings by which rows are walked. */
    keys() {
        return [
            { keys: "j", label: "next row", run: () => this.move(1) },
            { keys: "k", label: "row before", run: () => this.move(-1) },
        ];
    }
}

/** A table that is filled page by page: `fetchPage({ limit, cursor })` answers `{ items, next }`. */
export class PagedTable extends Table {
    constructor({ fetchPage, noun, size = PAGE, ...rest }) {
        super(rest);
        this.fetchPage = fetchPage;
        this.noun = noun;
        this.size = size;
        this.count = h("p", { class: "note", role: "status" });
        this.more = button("Show more", () => this.extend(), { class: "quiet" });
        this.foot = h("div", { class: "more" }, this.count, this.more);
        this.whole = h("div", {}, this.node, this.foot);
        this.answer = {};
    }

    show(page) {
        this.answer = page;
        this.update(page.items);
        this.more.hidden = !page.next;
        this.foot.hidden = page.items.length === 0;
        this.count.textContent = page.next
            ? `The first ${plural(page.items.length, ...this.noun)}`
            : plural(page.items.length, ...this.noun);
    }

    /** Asks for what is shown anew: as many rows as there are. */
    async refresh() {
        this.show(await this.fetchPage({ limit: Math.min(1000, Math.max(this.size, this.rows.length)) }));
    }

    async extend() {
        this.more.disabled = true;
        try {
            const { items, next } = await this.fetchPage({ limit: this.size, cursor: this.answer.next });
            this.show({ ...this.answer, items: [...this.rows, ...items], next });
        } catch (error) {
            if (!(error instanceof APIError)) throw error;
            this.count.textContent = error.message;
        } finally {
            this.more.disabled = false;
        }
    }
}

/** What a table shows when a list is empty. */
export function nothing(text, hint) {
    return () => empty(text, hint);
}
