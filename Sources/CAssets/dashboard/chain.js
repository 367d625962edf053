// A chain of queries: how the answer fell step by step, and each image beside its nearest earlier one.

import { get } from "./api.js";
import { button, empty, h, put, svg } from "./dom.js";
import { count, distance, plural, probability, time } from "./format.js";
import { differenceAddress, frame, imageAddress, Reveal } from "./images.js";
import { contributionChart } from "./contributions.js";

const WIDTH = 720;
const HEIGHT = 72;

/** What an attack brings down, where it is known; else the answer's own probability. */
const answerOf = (step) => step.first_class_probability ?? step.probability;

/** What the first curve shows. */
const answerTitle = (
    steps,
) => (steps.some((step) => step.first_class_probability !== undefined)
    ? "probability of the first image's class"
    : "probability of the answer");

/** One curve of a value along the chain; steps without the value are gaps. */
function curve(title, steps, value, top) {
    const x = (at) => (steps.length === 1 ? WIDTH / 2 : at / (steps.length - 1) * WIDTH);
    const y = (number) => HEIGHT - 2 - Math.min(1, number / top) * (HEIGHT - 4);
    let pen = "M";
    let shape = "";
    const dots = [];
    steps.forEach((step, at) => {
        const number = value(step);
        if (number === undefined) {
            pen = "M";
            return;
        }
        shape += `${pen}${x(at).toFixed(1)} ${y(number).toFixed(1)}`;
        pen = "L";
        if (steps.length <= 60) {
            dots.push(svg("rect", { x: x(at) - 2, y: y(number) - 2, width: 4, height: 4, class: "dot" }));
        }
    });
    const cursor = svg("line", { y1: 0, y2: HEIGHT, class: "cursor" });
    const drawing = svg(
        "svg",
        { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", class: "curve", "aria-hidden": "true" },
        svg("line", { x1: 0, x2: WIDTH, y1: HEIGHT - 1, y2: HEIGHT - 1, class: "threshold" }),
        svg("path", { d: shape, class: "line" }),
        dots,
        cursor,
    );
    return {
        node: h("div", { class: "curve-row" }, h("span", { class: "curve-title" }, title), drawing),
        drawing,
        point: (at) => {
            cursor.setAttribute("x1", x(at));
            cursor.setAttribute("x2", x(at));
        },
    };
}

/** The three pictures of a step, and what is known of it. */
function view(step, at, total, reveal) {
    const near = step.nearest !== undefined;
    const frames = [
        frame(reveal, {
            title: `query ${step.observation}`,
            note: `${step.class} ${probability(step.probability)}`,
            kept: step.image_kept,
            address: imageAddress(step.observation),
            alt: `image of query ${step.observation}`,
        }),
        frame(reveal, {
            title: near ? `nearest earlier: ${step.nearest}` : "nearest earlier",
            note: near ? `distance ${distance(step.distance)}` : "none within the cap",
            kept: near && step.nearest_kept,
            address: near && imageAddress(step.nearest),
            alt: `image of query ${step.nearest}`,
        }),
        frame(reveal, {
            title: "difference",
            note: "dark is equal",
            kept: near && step.image_kept && step.nearest_kept,
            address: near && differenceAddress(step.observation),
            query: { with: step.nearest },
            alt: `how queries ${step.observation} and ${step.nearest} differ`,
        }),
    ];
    const node = h(
        "div",
        { class: "step" },
        h(
            "p",
            { class: "step-line" },
            h("strong", { class: "num" }, `${at + 1} of ${count(total)}`),
            " ",
            time(step.time),
            " ",
            h("span", {}, step.user),
            " ",
            h("code", { class: "note" }, step.record),
        ),
        h("div", { class: "frames" }, frames.map(({ figure }) => figure)),
    );
    return {
        node,
        reveal: async () => {
            for (const each of frames) await each.show();
        },
    };
}

/** The steps as a table. */
function table(steps, select) {
    return h(
        "table",
        { class: "compact" },
        h("caption", { class: "hidden" }, "Steps of the chain"),
        h(
            "thead",
            {},
            h(
                "tr",
                {},
                ["step", "time", "user", "answer", "probability", "distance", "rung"].map((title, at) =>
                    h(
                        "th",
                        { scope: "col", class: [0, 4, 5, 6].includes(at) ? "num" : at === 2 ? "wide" : undefined },
                        title,
                    )
                ),
            ),
        ),
        h(
            "tbody",
            {},
            steps.map((step, at) =>
                h(
                    "tr",
                    { data: { step: at } },
                    h(
                        "th",
                        { scope: "row", class: "num" },
                        button(String(at + 1), () => select(at), {
                            class: "row-link plain",
                            "aria-label": `step ${at + 1}`,
                        }),
                    ),
                    h("td", {}, time(step.time)),
                    h("td", { class: "wide" }, step.user),
                    h("td", {}, step.class),
                    h("td", { class: "num" }, probability(answerOf(step))),
                    h("td", { class: "num" }, distance(step.distance)),
                    h("td", { class: "num" }, step.rung ?? "–"),
                )
            ),
        ),
    );
}

/** The chain at an address. `alert` and `suggestion` go with looks at images. */
export async function chainView(address, { alert, suggestion, total: score }) {
    const first = await get(address, { limit: 200 });
    const reveal = new Reveal({ alert, suggestion });
    if (first.items.length === 0) {
        const members = first.derived_from ?? [];
        const node = members.length
            ? h(
                "div",
                {},
                h("p", { class: "note" }, "A roll-up has no chain of its own: its score comes from these members."),
                contributionChart(members, score ?? members.reduce((sum, { points }) => sum + points, 0)),
            )
            : empty(
                "No chain of near-duplicate images.",
                "The evidence comes from other detectors, or the images are older than what is kept.",
            );
        return { node, keys: [], leave: () => reveal.leave() };
    }
    let { items: steps, next } = first;
    let at = 0;
    let shown;
    let curves;
    const charts = h("div", {
        class: "curves",
        tabindex: "0",
        role: "slider",
        "aria-label": "Step of the chain",
        "aria-valuemin": "1",
    });
    const viewer = h("div", { class: "viewer", "aria-live": "polite" });
    const rows = h("div", { class: "scroll steps" });
    const more = button("Load the next steps", async () => {
        more.disabled = true;
        const page = await get(address, { limit: 200, cursor: next });
        steps = [...steps, ...page.items];
        next = page.next;
        more.disabled = false;
        draw();
        select(at);
    }, { class: "quiet" });

    function select(step) {
        at = Math.min(steps.length - 1, Math.max(0, step));
        shown = view(steps[at], at, steps.length, reveal);
        put(viewer, shown.node);
        for (const each of curves) each.point(at);
        charts.setAttribute("aria-valuenow", at + 1);
        charts.setAttribute(
            "aria-valuetext",
            `step ${at + 1}: ${steps[at].class}, probability ${probability(answerOf(steps[at]))}, distance ${
                distance(steps[at].distance)
            }`,
        );
        for (const row of rows.querySelectorAll("tr[data-step]")) {
            row.classList.toggle("chosen", Number(row.dataset.step) === at);
        }
        const row = rows.querySelector(`tr[data-step="${at}"]`);
        if (row) rows.scrollTop = Math.max(0, row.offsetTop - rows.clientHeight / 2);
    }

    function draw() {
        const distances = steps.map((step) => step.distance).filter((value) => value !== undefined);
        const farthest = Math.max(1e-6, ...distances);
        curves = [
            curve(answerTitle(steps), steps, answerOf, 1),
            curve(
                `distance to the nearest earlier image, up to ${distance(farthest)}`,
                steps,
                (step) => step.distance,
                farthest,
            ),
        ];
        put(charts, curves.map(({ node }) => node));
        charts.setAttribute("aria-valuemax", steps.length);
        put(rows, table(steps, select));
        more.hidden = !next;
    }

    charts.addEventListener("pointerdown", (event) => {
        const box = curves[0].drawing.getBoundingClientRect();
        select(Math.round((event.clientX - box.left) / box.width * (steps.length - 1)));
    });
    charts.addEventListener("keydown", (event) => {
        const to = {
            ArrowLeft: at - 1,
            ArrowRight: at + 1,
            Home: 0,
            End: steps.length - 1,
            PageUp: at - 10,
            PageDown: at + 10,
        }[event.key];
        if (to === undefined) return;
        event.preventDefault();
        select(to);
    });
    draw();
    select(steps.length - 1);
    const node = h(
        "div",
        { class: "chain" },
        h(
            "p",
            { class: "note" },
            `${plural(steps.length, "step")}${next ? ", and more" : ""}. `,
            "Left and right move along it.",
        ),
        charts,
        h("div", { class: "chain-body" }, viewer, h("div", {}, rows, more)),
    );
    return {
        node,
        leave: () => reveal.leave(),
        keys: [
            { keys: "j", label: "next step of the chain", run: () => select(at + 1) },
            { keys: "k", label: "step before", run: () => select(at - 1) },
            { keys: "i", label: "reveal this step's images", run: () => shown.reveal() },
        ],
    };
}
