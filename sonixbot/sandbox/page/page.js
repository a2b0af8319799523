// The demo's page: one stream of events, one state, and panels that show it.

import { channel } from "./channel.js";
import { chat } from "./chat.js";
import * as clock from "./clock.js";
import { desk, leave } from "./desk.js";
import { find, findAll } from "./dom.js";
import { listen } from "./events.js";
import { mailbox } from "./mailbox.js";
import { change } from "./model.js";
import { protocol } from "./protocol.js";
import { answer } from "./toasts.js";
import { startTrace } from "./trace.js";
import { truth } from "./truth.js";
import { choose, chosen, language, say, speak } from "./words.js";

const header = {
  all: (state) => {
    document.title = `sonixbot · ${state.instrument.name}`;
    clock.set(state.clock);
  },
  clock: (state) => clock.set(state.clock),
  answer: (_, event) => answer(event),
};
const panels = [header, protocol, channel, chat, mailbox, desk, truth];
const state = {};
let asked = false;
let ready = false;

/** Each panel has a function for each kind of event that concerns it. */
function take(events) {
  for (const event of events) {
    change(state, event);
    if (ready) for (const panel of panels) panel[event.kind]?.(state, event);
  }
  if (!asked && state.language) begin(chosen() ?? state.language);
}

/** Show everything in this language; nothing is shown before its words are there. */
async function begin(code) {
  asked = true;
  await speak(code);
  ready = true;
  for (const panel of panels) panel.all?.(state);
  tellLink();
}

function link(how) {
  document.body.dataset.link = how;
  if (ready) tellLink();
}

/** Say how the connection is, unless it is up. */
function tellLink() {
  const how = document.body.dataset.link;
  find("#link").hidden = how === "up";
  if (how === "up") return;
  find("#link-said").textContent = say(how === "ended" ? "ended" : "lost-link");
  if (how === "ended") {
    clock.stop();
    leave();
  }
}

for (const button of findAll("[data-language]")) {
  button.addEventListener("click", () => {
    choose(button.dataset.language);
    if (button.dataset.language !== language()) begin(button.dataset.language);
  });
}
find("#theme").addEventListener("click", () => {
  const { dataset } = document.documentElement;
  const systems = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  dataset.theme = (dataset.theme ?? systems) === "dark" ? "light" : "dark";
  localStorage.setItem("sonixbot-theme", dataset.theme);
});
// Else all that was ever new would come in anew whenever its panel is shown again.
document.addEventListener("animationend", ({ target }) => target.classList.remove("new", "changed"));
startTrace();
listen(take, link);
