/* Elements in one call: a kind, attributes, and what it contains. */
"use strict";

window.regtrackMade = (kind, fields = {}, ...children) => {
  const element = document.createElement(kind);
  for (const [name, value] of Object.entries(fields)) element.setAttribute(name, value);
  element.append(...children);
  return element;
};
