// The instrument's protocol as it grows: an entry a line, with the lines that go on with it.

import { find, make } from "./dom.js";
import { MOST_LINES } from "./model.js";
import { following } from "./scroll.js";
import { pulse } from "./trace.js";
import { say } from "./words.js";

const MARKS = { error: "✕", warning: "▲", user: "●" };
// Most layouts begin with a moment, in one way or another.
const STAMP = /^(?:\d[\d.:,;T+\-\s]*)?/;
const list = find("#lines");
const follow = following(find("#instrument"));
let file = null;

export const protocol = {
  all({ instrument, lines }) {
    describe(instrument);
    list.replaceChildren();
    file = null;
    lines.forEach((line) => append(line));
    follow();
  },
  lines(_, { lines }) {
    for (const line of lines) {
      append(line, "new");
      pulse(line.kind);
    }
    trim();
    follow();
  },
  instrument({ instrument }) {
    describe(instrument);
  },
};

function describe({ name, file, layout, encoding, own }) {
  find("#instrument-name").textContent = name;
  find("#protocol-file").textContent = own ? `${file} (${say("own-protocol")})` : file;
  find("#protocol-layout").textContent = layout;
  find("#protocol-encoding").textContent = encoding;
}

/** Whole entries go, oldest first, until no more lines are left than the page keeps. */
function trim() {
  const lines = (node) => node.querySelectorAll(".line").length;
  for (let extra = lines(list) - MOST_LINES; extra > 0; ) {
    extra -= lines(list.firstElementChild);
    list.firstElementChild.remove();
  }
}

function append(line, className = "") {
  if (file !== null && line.file !== file) {
    list.append(make("li", { className: "cut-here", textContent: say("new-protocol") }));
  }
  const goesOn = line.kind === "" && line.file === file && list.lastElementChild;
  file = line.file;
  const [stamp] = STAMP.exec(line.text);
  const parts = [
    make("span", { className: "line-number", textContent: line.number, ariaHidden: "true" }),
    make(
      "code",
      { className: "line", data: { line: line.number } },
      make("span", { className: "stamp", textContent: stamp }),
      line.text.slice(stamp.length),
    ),
  ];
  if (goesOn) list.lastElementChild.append(...parts);
  else list.append(entry(line, className, parts));
}

function entry({ kind, level }, className, [number, text]) {
  const word = MARKS[kind] ? `${say(kind)} ${level ?? ""}: ` : "";
  const mark = make("span", { className: "mark" });
  if (word) {
    mark.append(
      make("span", { textContent: MARKS[kind], ariaHidden: "true" }),
      make("span", { className: "unseen", textContent: word }),
    );
  }
  return make("li", { className, data: { kind, level: level ?? "" } }, number, mark, text);
}
