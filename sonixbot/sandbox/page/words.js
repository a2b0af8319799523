// The page's sentences, and the language they are in.

import { findAll } from "./dom.js";

export const LANGUAGES = ["en", "ru"];
const KEPT = "sonixbot-language";
let known = {};

/** The language somebody chose here, or undefined: that of the address wins over a kept one. */
export function chosen() {
  const asked = [new URLSearchParams(location.search).get("language"), localStorage.getItem(KEPT)];
  return asked.find((each) => LANGUAGES.includes(each));
}

export const language = () => document.documentElement.lang;

/** Keep the choice for the next visit; an address that names a language must not undo it. */
export function choose(code) {
  localStorage.setItem(KEPT, code);
  const address = new URL(location.href);
  if (address.searchParams.has("language")) {
    address.searchParams.set("language", code);
    history.replaceState(null, "", address);
  }
}

/** The sentence with this key, its places filled in. */
export function say(key, values = {}) {
  return known[key].replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
}

/** Fetch the sentences of a language and put them into the page. */
export async function speak(code) {
  const answer = await fetch(`words.json?language=${code}`);
  known = await answer.json();
  document.documentElement.lang = code;
  for (const node of findAll("[data-word]")) node.textContent = say(node.dataset.word);
  for (const node of findAll("[data-word-label]")) node.ariaLabel = say(node.dataset.wordLabel);
  for (const node of findAll("[data-word-title]")) node.title = say(node.dataset.wordTitle);
  for (const node of findAll("[data-word-placeholder]")) {
    node.placeholder = say(node.dataset.wordPlaceholder);
  }
  for (const button of findAll("[data-language]")) {
    button.ariaPressed = String(button.dataset.language === code);
  }
  document.body.hidden = false;
}
