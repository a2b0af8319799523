// The menu of commands above the chat's input: Telegram's own, with a keyboard.

import { find, make } from "./dom.js";
import { language } from "./words.js";

/** The menu of `input`; `send` is called with the chosen command. */
export function menu(input, send) {
  const list = find("#commands");
  const button = find("#menu");
  let known = {};
  let at = 0;

  const isOpen = () => !list.hidden;
  const close = () => show([]);

  function show(commands) {
    list.replaceChildren(...commands.map(option));
    list.hidden = !commands.length;
    for (const node of [input, button]) node.ariaExpanded = String(isOpen());
    mark(0);
  }

  function option({ command, description }, index) {
    const node = make(
      "li",
      { role: "option", id: `command-${index}`, data: { command } },
      make("b", { textContent: `/${command}` }),
      make("span", { textContent: description }),
    );
    // Not click: the input would lose the focus before.
    node.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      choose(node);
    });
    return node;
  }

  function mark(index) {
    const options = [...list.children];
    at = options.length && (index + options.length) % options.length;
    options.forEach((each, i) => (each.ariaSelected = String(i === at)));
    input.setAttribute("aria-activedescendant", options[at]?.id ?? "");
    options[at]?.scrollIntoView({ block: "nearest" });
  }

  function choose(node) {
    close();
    send(`/${node.dataset.command}`);
  }

  function filter() {
    const begun = /^\/(\w*)$/.exec(input.value);
    const commands = known[language()] ?? [];
    show(begun ? commands.filter(({ command }) => command.startsWith(begun[1].toLowerCase())) : []);
  }

  const keys = {
    ArrowDown: () => mark(at + 1),
    ArrowUp: () => mark(at - 1),
    Enter: () => choose(list.children[at]),
    // As in Telegram: taken over, so that a device or a time can follow.
    Tab: () => {
      input.value = `/${list.children[at].dataset.command} `;
      close();
    },
    Escape: close,
  };

  input.addEventListener("input", filter);
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (!isOpen() || !keys[event.key] || event.shiftKey) return;
    event.preventDefault();
    keys[event.key]();
  });
  button.addEventListener("pointerdown", (event) => event.preventDefault());
  button.addEventListener("click", () => {
    const wasOpen = isOpen();
    input.focus();
    show(wasOpen ? [] : (known[language()] ?? []));
  });

  return { close, offer: (commands) => (known = commands) };
}
