// The chat with the bot, in which the reader is an operator.

import { menu } from "./commands.js";
import { find, findAll } from "./dom.js";
import { conversation } from "./messages.js";
import { post } from "./requests.js";
import { arrived } from "./views.js";
import { say } from "./words.js";

const panel = find("#chat");
const input = find("#say");
const talk = conversation(panel, "chat");
const commands = menu(input, send);

export const chat = {
  all({ chat, commands: known }) {
    find("#operator").textContent = say("operator", chat);
    find("#chat-empty p").textContent = say("chat-empty", chat);
    talk.show(chat);
    commands.offer(known);
  },
  message({ chat }, { chat: where, message }) {
    if (where !== "chat") return;
    talk.put(message, chat.title);
    if (!message.own) arrived(panel);
  },
  commands({ commands: known }) {
    commands.offer(known);
  },
};

async function send(text) {
  input.value = "";
  if (!(await post("say", { text })) && !input.value) input.value = text;
}

find("#composer").addEventListener("submit", (event) => {
  event.preventDefault();
  commands.close();
  const text = input.value.trim();
  if (text) send(text);
});
for (const chip of findAll("[data-say]", panel)) {
  chip.addEventListener("click", () => {
    input.focus();
    send(chip.dataset.say);
  });
}
