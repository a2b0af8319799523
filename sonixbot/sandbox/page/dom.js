// Making and finding elements.

const SVG = "http://www.w3.org/2000/svg";

export const find = (selector, root = document) => root.querySelector(selector);
export const findAll = (selector, root = document) => [...root.querySelectorAll(selector)];

/** An element with properties or attributes, `data` for its dataset, and children; null is none. */
export function make(tag, { data = {}, ...properties } = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  Object.assign(node.dataset, data);
  node.append(...children.filter((child) => child !== null));
  return node;
}

/** A picture of icons.svg; with `label` it is read out, without it is decoration. */
export function icon(name, label = "") {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `icons.svg#${name}`);
  svg.setAttribute("class", "icon");
  svg.append(use);
  if (!label) {
    svg.setAttribute("aria-hidden", "true");
    return svg;
  }
  const title = document.createElementNS(SVG, "title");
  title.textContent = label;
  svg.setAttribute("role", "img");
  svg.prepend(title);
  return svg;
}
