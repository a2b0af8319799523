// The channel that subscribers read.

import { find } from "./dom.js";
import { conversation } from "./messages.js";
import { arrived } from "./views.js";

const panel = find("#channel");
const posts = conversation(panel, "channel");

export const channel = {
  all({ channel }) {
    find("#channel-name").textContent = channel.title;
    posts.show(channel);
  },
  message({ channel }, { chat, message }) {
    if (chat !== "channel") return;
    posts.put(message, channel.title);
    if (!message.edits) arrived(panel);
  },
};
