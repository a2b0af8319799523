// The line of truth: what became of everything that had to be told.

import { find, findAll } from "./dom.js";
import { say } from "./words.js";

const PAUSE = 5000; // ms between two readings aloud
let counts = {};
let reading = null;

export const truth = { all: show, truth: show };

function show({ truth: told }) {
  counts = told;
  for (const cell of findAll("#truth [data-count]")) {
    const count = counts[cell.dataset.count];
    const number = find(".number", cell);
    if (number.textContent !== String(count)) number.textContent = count;
    cell.style.setProperty("--part", counts.written ? count / counts.written : 0);
    cell.classList.toggle("some", count > 0);
  }
  reading ??= setTimeout(read, PAUSE);
}

/** Say the counts to those who do not see them, but not each of a storm. */
function read() {
  reading = null;
  const said = say("truth-said", counts);
  if (find("#truth-said").textContent !== said) find("#truth-said").textContent = said;
}
