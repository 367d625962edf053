// What a screen reader says of what changes by itself; a tone for critical levels, for those who asked for it.

import { h } from "./dom.js";
import { setting } from "./settings.js";

const polite = h("div", { class: "hidden", "aria-live": "polite" });
const assertive = h("div", { class: "hidden", "aria-live": "assertive" });

/** The regions; they belong into the document before anything is announced. */
export function liveRegions() {
    return [polite, assertive];
}

/** Announces a change; only what is critical interrupts. */
export function announce(text, { critical = false } = {}) {
    (critical ? assertive : polite).textContent = text;
    if (critical && setting("tone") === "on") beep();
}

function beep() {
    const audio = new AudioContext();
    const tone = new OscillatorNode(audio, { frequency: 660 });
    const volume = new GainNode(audio, { gain: 0.15 });
    tone.connect(volume).connect(audio.destination);
    tone.start();
    tone.stop(audio.currentTime + 0.25);
    tone.onended = () => audio.close();
}
