// Where there is no room for everything, one panel is shown, and the others count what arrives.

import { find, findAll } from "./dom.js";

const buttons = findAll(".views button");

/** Something new is in this panel: its button says so while nobody sees it. */
export function arrived(panel) {
  if (panel.checkVisibility()) return;
  const badge = find(`.views [data-view="${panel.id}"] .badge`);
  badge.textContent = Number(badge.textContent) + 1;
  badge.hidden = false;
}

function show(view) {
  document.body.dataset.view = view;
  for (const button of buttons) {
    const current = button.dataset.view === view;
    button.setAttribute("aria-current", String(current));
    const badge = find(".badge", button);
    if (!current || !badge) continue;
    badge.textContent = "";
    badge.hidden = true;
  }
}

for (const button of buttons) button.addEventListener("click", () => show(button.dataset.view));
// On a phone the page begins with what it can do; elsewhere that is in view beside the channel.
show(matchMedia("(width < 700px)").matches ? "desk" : "channel");
