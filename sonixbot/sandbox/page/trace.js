// A trace of the last minutes above the protocol: every line is a peak, errors are the high ones.

import { find } from "./dom.js";

const SPAN = 90_000; // ms from the left end to the right
const STEP = 2; // px between two points of the curve
const WIDTH = 4; // px: sigma of a peak
const HEIGHTS = { error: 6, warning: 2.5, user: 1.5, info: 0.7, "": 0.2 };
const HIGHEST = 250; // what a storm sums up to
const canvas = find("#trace");
const calm = matchMedia("(prefers-reduced-motion: reduce)");
let peaks = [];

/** A line of this kind was written now. */
export function pulse(kind) {
  peaks.push({ at: performance.now(), height: HEIGHTS[kind], alarm: kind === "error" });
}

/** Draw on: quietly, as what moves here is only slow. */
export function startTrace() {
  draw();
  setInterval(draw, calm.matches ? 2000 : 120);
}

function draw() {
  const { clientWidth: width, clientHeight: height } = canvas;
  if (document.hidden || !width) return;
  const scale = devicePixelRatio;
  canvas.width = width * scale;
  canvas.height = height * scale;
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  const now = performance.now();
  peaks = peaks.filter(({ at }) => now - at < SPAN);
  const style = getComputedStyle(canvas);
  stroke(pen, curve(peaks, now, width), height, style.color);
  const alarms = peaks.filter(({ alarm }) => alarm);
  if (alarms.length) stroke(pen, curve(alarms, now, width), height, style.outlineColor);
}

/** Heights of the curve, a value each STEP px: the sum of all peaks. */
function curve(peaks, now, width) {
  const values = new Float32Array(Math.ceil(width / STEP) + 1);
  for (const { at, height } of peaks) {
    const middle = width * (1 - (now - at) / SPAN) - 3 * WIDTH;
    const first = Math.max(0, Math.floor((middle - 3 * WIDTH) / STEP));
    const last = Math.min(values.length - 1, Math.ceil((middle + 3 * WIDTH) / STEP));
    for (let i = first; i <= last; i++) {
      values[i] += height * Math.exp(-0.5 * ((i * STEP - middle) / WIDTH) ** 2);
    }
  }
  return values;
}

/** The heights on a logarithmic scale, so that a line and a storm can be seen both. */
function stroke(pen, values, height, colour) {
  const part = (value) => Math.log1p(Math.min(value, HIGHEST)) / Math.log1p(HIGHEST);
  pen.beginPath();
  values.forEach((value, i) => {
    pen[value ? "lineTo" : "moveTo"](i * STEP, height - 1 - (height - 4) * part(value));
  });
  pen.strokeStyle = colour;
  pen.lineWidth = 1.25;
  pen.lineJoin = "round";
  pen.stroke();
}
