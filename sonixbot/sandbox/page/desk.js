// The desk: what can be made to happen, and the three things that can be switched off.

import { find, findAll } from "./dom.js";
import { post } from "./requests.js";
import { say } from "./words.js";

const OFF = { telegram: "cut-off", mail: "stopped", bot: "killed" };
const text = find("#script-text");
const ended = () => document.body.dataset.link === "ended";
let offered = "";

export const desk = {
  all(state) {
    own(state);
    propose();
    switches(state);
  },
  instrument: own,
  telegram: switches,
  mailserver: switches,
  bot: switches,
};

/** In somebody's own protocol nothing can be made to happen, and the desk says why. */
function own({ instrument }) {
  find("#own").hidden = !instrument.own;
  for (const button of findAll("[data-happen]")) {
    button.disabled = instrument.own || ended();
    button.setAttribute("aria-describedby", instrument.own ? "own" : `${button.dataset.happen}-why`);
  }
}

/** The script's text in the page's language, unless somebody wrote an own one. */
function propose() {
  if (text.value === offered) text.value = say("script-text");
  offered = say("script-text");
}

function switches({ telegram, mailserver, bot }) {
  const runs = bot.state !== "down";
  turn("telegram", telegram.up);
  turn("mail", mailserver.up);
  turn("bot", runs, bot.state === "starting" ? "starting" : undefined);
  if (bot.note) find("#bot-why").textContent = bot.note;
  cut("#channel", telegram.up);
  cut("#chat", telegram.up && runs, telegram.up ? "bot-down" : undefined);
  cut("#mailbox", mailserver.up);
}

function turn(name, up, word = up ? "works" : OFF[name]) {
  const button = find(`[data-switch="${name}"]`);
  button.ariaChecked = String(up);
  find(".state", button).textContent = say(word);
  find(`#${name}-why`).textContent = say(up ? `${name}-why` : `${name}-off`);
}

/** Beside a panel's name: why nothing arrives there. */
function cut(panel, reached, word = "unreachable") {
  const note = find(`${panel} .cut`);
  note.hidden = reached;
  note.textContent = say(word);
}

/** The demo is over: nothing on the desk does anything any more. */
export function leave() {
  for (const control of findAll("#desk button, #desk input")) control.disabled = true;
}

for (const button of findAll("[data-happen]")) {
  button.addEventListener("click", () => post(`happen/${button.dataset.happen}`));
}
for (const button of findAll("[data-switch]")) {
  button.addEventListener("click", () =>
    post(`happen/${button.dataset.switch}`, { up: button.ariaChecked !== "true" }),
  );
}
find("#script").addEventListener("submit", (event) => {
  event.preventDefault();
  post("happen/script", { text: text.value });
});
