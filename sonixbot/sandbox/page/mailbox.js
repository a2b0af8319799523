// The mailbox of a recipient: threads, and the mails of the one that is open.

import * as clock from "./clock.js";
import { find, icon, make } from "./dom.js";
import { fileLink } from "./messages.js";
import { arrived } from "./views.js";
import { say } from "./words.js";

const panel = find("#mailbox");
const threads = find("#threads");
const thread = find("#thread");
const read = new Set();
let mails = [];
let opened = null;

export const mailbox = {
  all(state) {
    mails = state.mails;
    if (!mails.some((mail) => mail.thread === opened)) opened = null;
    show();
  },
  mail(_, { mail }) {
    arrived(panel);
    if (opened === null || opened === mail.thread) show();
    else count();
    const name = CSS.escape(mail.thread);
    find(`[data-mail="${mail.id}"], [data-thread="${name}"]`, panel)?.classList.add("new");
  },
};

/** Mails by thread, the thread with the newest mail first. */
function gathered() {
  const found = new Map();
  for (const mail of mails.toReversed()) {
    found.set(mail.thread, [mail, ...(found.get(mail.thread) ?? [])]);
  }
  return found;
}

function show() {
  const all = gathered();
  for (const mail of all.get(opened) ?? []) read.add(mail.id);
  count();
  const focused = document.activeElement.dataset.thread;
  threads.hidden = opened !== null;
  thread.hidden = opened === null;
  threads.replaceChildren(...[...all.values()].map(row));
  thread.replaceChildren(...(opened === null ? [] : letters(all.get(opened))));
  if (focused) focusThread(focused);
}

function count() {
  const unread = mails.filter(({ id }) => !read.has(id)).length;
  find("#mailbox-counts").textContent = say("mailbox-counts", { mails: mails.length, unread });
  find(".empty", panel).hidden = mails.length > 0;
}

function focusThread(name) {
  find(`[data-thread="${CSS.escape(name)}"]`, threads)?.focus();
}

function row(mails) {
  const newest = mails.at(-1);
  const unread = mails.some(({ id }) => !read.has(id));
  const button = make(
    "button",
    { type: "button", className: unread ? "unread" : "", data: { thread: newest.thread } },
    unread
      ? make("span", { className: "dot" }, make("span", { className: "unseen", textContent: say("unread") }))
      : make("span", { className: "dot" }),
    make("span", { className: "subject", textContent: newest.subject }),
    make("span", { className: "begins", textContent: newest.text.slice(0, 160) }),
    make("span", { className: "much", textContent: mails.length > 1 ? mails.length : "" }),
    lock(newest),
    make("time", { textContent: clock.minute(newest.date), dateTime: clock.machine(newest.date) }),
  );
  button.addEventListener("click", () => open(newest.thread));
  return make("li", {}, button);
}

function letters(mails) {
  const back = make("button", { type: "button", className: "back" }, icon("back"), say("back"));
  back.addEventListener("click", close);
  const subject = make("h3", { textContent: mails.at(-1).subject });
  return [back, subject, ...mails.map(letter)];
}

function letter(mail) {
  const head = make(
    "header",
    {},
    make("b", { textContent: mail.from }),
    lock(mail),
    make("time", { textContent: clock.time(mail.date), dateTime: clock.machine(mail.date) }),
    make("p", { textContent: say("to", { people: mail.to.join(", ") }) }),
  );
  const text = make("p", { className: "text", textContent: mail.text });
  const files = mail.files.map(fileLink);
  return make("article", { className: "letter", data: { mail: mail.id } }, head, text, ...files);
}

const lock = ({ tls }) => (tls ? icon("lock", say("encrypted")) : icon("unlock", say("open")));

function open(name) {
  opened = name;
  show();
  find(".scroll", panel).scrollTop = 0;
  find(".back", thread).focus();
}

function close() {
  const left = opened;
  opened = null;
  show();
  focusThread(left);
}

thread.addEventListener("keydown", ({ key }) => {
  if (key === "Escape" || key === "ArrowLeft") close();
});
