// Messages as a messenger shows them: the bubbles of the channel and of the chat.

import * as clock from "./clock.js";
import { find, findAll, icon, make } from "./dom.js";
import { MOST_MESSAGES } from "./model.js";
import { post } from "./requests.js";
import { following } from "./scroll.js";
import { say } from "./words.js";

const FOLDED = 3; // lines of a quotation that are shown before somebody asks for all

/** The conversation in `panel`; `chat` is its name in the protocol with the server. */
export function conversation(panel, chat) {
  const list = find(".messages", panel);
  const follow = following(panel);
  const place = (message, title, className) => {
    const old = find(`[data-message="${message.id}"]`, list);
    const node = bubble(message, { title, chat, list });
    if (old) {
      node.classList.add("changed");
      old.replaceWith(node);
      return;
    }
    if (className) node.classList.add(className);
    const day = clock.day(message.date);
    if (list.dataset.day !== day) list.append(make("p", { className: "day", textContent: day }));
    list.dataset.day = day;
    list.append(node);
    if (list.children.length > MOST_MESSAGES) list.firstElementChild.remove();
  };
  return {
    show({ title, messages }) {
      list.replaceChildren();
      delete list.dataset.day;
      for (const message of messages) place(message, title);
      find(".empty", panel).hidden = messages.length > 0;
      follow();
    },
    put(message, title) {
      place(message, title, "new");
      find(".empty", panel).hidden = true;
      follow();
    },
  };
}

function bubble(message, { title, chat, list }) {
  const body = make("div", { className: "said" });
  body.innerHTML = message.html; // a safe subset, made by the server
  const node = make(
    "article",
    {
      className: message.own ? "bubble own" : "bubble",
      data: { message: message.id, edits: message.edits },
    },
    message.own ? null : make("p", { className: "from", textContent: title }),
    quoted(message, list),
    attached(message.file),
    body,
    about(message),
    keyboard(message, chat),
  );
  findAll("blockquote.expandable", body).forEach(foldable);
  return node;
}

/** The beginning of the message that this one answers. */
function quoted({ reply }, list) {
  const answered = reply && find(`[data-message="${reply}"] .said`, list);
  if (!answered) return null;
  return make("p", { className: "quoted", textContent: answered.textContent.slice(0, 80) });
}

function attached(file) {
  if (!file) return null;
  if (file.photo) {
    const picture = make("img", { src: file.url, alt: file.name });
    return make("a", { className: "photo", href: file.url, target: "_blank" }, picture);
  }
  return fileLink(file);
}

/** A link to a file that came with a post or a mail. */
export function fileLink({ name, size, url }) {
  const much = size < 1000 ? say("bytes", { size }) : say("kilobytes", { size: kilo(size) });
  return make(
    "a",
    { className: "file", href: url, target: "_blank" },
    icon("file"),
    make("span", { className: "file-name", textContent: name }),
    make("span", { className: "file-size", textContent: much }),
  );
}

const kilo = (size) => Math.round(size / 100) / 10;

/** What stands small below a message: its marks, edits and time. */
function about({ date, edits, edited, silent, pinned }) {
  const line = make("p", { className: "about" });
  if (pinned) line.append(icon("pin", say("pinned")));
  if (silent) line.append(icon("silent", say("silent")));
  if (edits) {
    const said = edits === 1 ? say("edited") : say("edits", { count: edits });
    line.append(make("span", { className: "edits", textContent: said, title: clock.time(edited) }));
  }
  line.append(
    make("time", {
      textContent: clock.minute(date), title: clock.time(date), dateTime: clock.machine(date),
    }),
  );
  return line;
}

function keyboard({ id, buttons }, chat) {
  if (!buttons.length) return null;
  const rows = buttons.map((row) =>
    make("div", { className: "row" }, ...row.map((each) => key(each, chat, id))),
  );
  return make("div", { className: "keyboard" }, ...rows);
}

function key({ text, url, data }, chat, message) {
  if (url) return make("a", { textContent: text, href: url, target: "_blank", rel: "noopener" });
  const button = make("button", { type: "button", textContent: text, data: { press: data } });
  button.addEventListener("click", () => post("press", { chat, message, data }));
  return button;
}

/** Long quotations, such as tracebacks, show their beginning; a button shows the rest. */
function foldable(quote) {
  const lines = quote.innerHTML.split("<br>").length;
  if (lines <= FOLDED) return;
  const button = make("button", { type: "button", className: "unfold" });
  const fold = (folded) => {
    quote.classList.toggle("folded", folded);
    button.ariaExpanded = String(!folded);
    button.textContent = say(folded ? "unfold" : "fold");
  };
  button.addEventListener("click", () => fold(!quote.classList.contains("folded")));
  quote.after(button);
  fold(true);
}
