// The demo's clock, which may run faster than ours, and moments as people read them.

import { find } from "./dom.js";
import { language, say } from "./words.js";

let clock = { now: 0, speed: 1, offset: 0 };
let heard = 0;
let ticking;

/** Take the time from the server; in between it runs on by itself. */
export function set(told) {
  clock = told;
  heard = performance.now();
  ticking ??= setInterval(tick, 200);
  const speed = find("#clock-speed");
  speed.hidden = clock.speed === 1;
  speed.textContent = say("speed", { speed: clock.speed });
  tick();
}

export function stop() {
  clearInterval(ticking);
}

function tick() {
  const now = clock.now + ((performance.now() - heard) / 1000) * clock.speed;
  find("#clock").textContent = time(now);
}

/** A moment as a date whose UTC fields are the instrument's local time. */
const local = (moment) => new Date((moment + clock.offset) * 1000);

export const time = (moment) => local(moment).toISOString().slice(11, 19);
export const minute = (moment) => local(moment).toISOString().slice(11, 16);
export const machine = (moment) => new Date(moment * 1000).toISOString();

export function day(moment) {
  return local(moment).toLocaleDateString(language(), {
    day: "numeric", month: "long", timeZone: "UTC",
  });
}
