// Short notes that go by themselves, and answers of the bot that wait to be closed.

import { find, make } from "./dom.js";

const STAY = 6000; // ms: long enough for a sentence of two lines
const MOST = 3;

export const tell = (text) => show(text, "note");
export const complain = (text) => show(text, "complaint");

function show(text, kind) {
  const toasts = find("#toasts");
  const toast = make("p", { className: `toast ${kind}`, textContent: text });
  toasts.append(toast);
  if (toasts.children.length > MOST) toasts.firstElementChild.remove();
  setTimeout(() => toast.remove(), STAY);
}

/** The bot's answer to a pressed button: a note, or a dialog where it asked for attention. */
export function answer({ text, alert }) {
  if (!text) return;
  if (!alert) return tell(text);
  find("#answer-text").textContent = text;
  if (!find("#answer").open) find("#answer").showModal();
}
