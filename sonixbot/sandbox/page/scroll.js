// A scroller that stays at its newest line until the reader goes back to older ones.

import { find } from "./dom.js";

const NEAR = 30; // px from the end that still count as the end

/** Make `panel`'s scroller follow; returns what to call after something was added. */
export function following(panel) {
  const scroller = find(".scroll", panel);
  const newest = find(".newest", panel);
  const size = () => `${scroller.clientHeight} ${scroller.scrollHeight}`;
  let atEnd = true;
  let known = "";
  const follow = () => {
    known = size();
    if (atEnd) scroller.scrollTop = scroller.scrollHeight;
  };
  scroller.addEventListener("scroll", () => {
    if (size() !== known) return follow(); // the layout moved, not the reader
    atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR;
    newest.hidden = atEnd;
  });
  newest.addEventListener("click", () => {
    atEnd = true;
    follow();
    scroller.focus();
  });
  const resized = new ResizeObserver(follow);
  resized.observe(scroller);
  resized.observe(scroller.firstElementChild);
  return follow;
}
