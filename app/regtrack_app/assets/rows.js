/* The menu of each row and its place in the order: a button left of the row, which opens the menu, or
   is dragged to another row. Every change is one request, and the browser's back button undoes it. */
"use strict";

window.regtrackRows = (function () {
  const DRAGGED = 5; // px from which a press is a drag
  const SAID = 8000; // ms in which a removal can be undone by its notice
  const TALLER = 24; // px
  const element = (id) => document.getElementById(id);
  const graph = () => document.querySelector("#view-graph .js-plotly-plot");

  let layer = null;
  let rows = []; // of the figure: key, name, top and bottom (px)
  let told = 0;

  const send = (row, act, value) => window.dash_clientside.set_props("row-event", {
    data: { row, act, value: value === undefined ? null : String(value), at: performance.now() },
  });

  function build() {
    if (layer && layer.isConnected) return layer;
    layer = document.createElement("div");
    layer.className = "row-layer";
    element("view-graph").append(layer);
    return layer;
  }

  /* where the rows of the figure lie */
  function measured() {
    const layout = graph()?._fullLayout;
    const known = graph()?.layout?.meta?.rows || [];
    return known.flatMap((row, index) => {
      const axis = layout && layout[`yaxis${index ? index + 1 : ""}`];
      if (!row || !axis || axis._offset === undefined) return [];
      return [{ ...row, top: axis._offset, bottom: axis._offset + axis._length }];
    });
  }

  function draw() {
    if (!graph()?._fullLayout) return;
    const place = build();
    rows = measured();
    const buttons = [...place.querySelectorAll(".row-button")];
    rows.forEach((row, index) => {
      const button = buttons[index] || place.appendChild(made());
      button.dataset.row = row.key;
      button.setAttribute("aria-label", `Row ${row.name}: menu; drag to move it`);
      button.style.top = `${row.top - 2}px`;
    });
    buttons.slice(rows.length).forEach((button) => button.remove());
  }

  function made() {
    const button = document.createElement("button");
    button.className = "row-button";
    button.textContent = "⋮";
    button.title = "Height, colour, scale, order; drag to move";
    button.addEventListener("pointerdown", (event) => press(event, button));
    button.addEventListener("click", (event) => {
      if (event.detail === 0) open(button); // by the keyboard; a pointer is handled by press
    });
    return button;
  }

  // ---- dragging ----
  function press(event, button) {
    event.preventDefault();
    event.stopPropagation();
    const from = event.clientY;
    const line = document.createElement("div");
    line.className = "row-line";
    let target = null;
    const move = (moved) => {
      if (!target && Math.abs(moved.clientY - from) < DRAGGED) return;
      if (!line.isConnected) layer.append(line);
      target = under(moved.clientY);
      line.style.top = `${target.at}px`;
    };
    const stop = () => {
      over.abort();
      line.remove();
    };
    const release = () => {
      stop();
      if (!target) return open(button);
      if (target.key !== button.dataset.row) send(button.dataset.row, "before", target.key);
    };
    const cancel = (pressed) => {
      if (pressed.key === "Escape") stop();
    };
    const over = new AbortController();
    const listen = (type, act) => window.addEventListener(type, act, { capture: true, signal: over.signal });
    listen("pointermove", move);
    listen("pointerup", release);
    listen("pointercancel", stop);
    listen("keydown", cancel);
  }

  /* the row in front of which something is dropped; none at the end */
  function under(clientY) {
    const y = clientY - layer.getBoundingClientRect().top;
    const index = rows.findIndex((one) => y < (one.top + one.bottom) / 2);
    if (index >= 0) {
      const above = index ? rows[index - 1].bottom + 2 : rows[0].top - 48;
      return { key: rows[index].key, at: above };
    }
    return { key: "", at: rows.at(-1).bottom + 2 };
  }

  // ---- the menu ----
  function open(button) {
    close();
    const row = rows.find((one) => one.key === button.dataset.row);
    if (!row) return;
    const menu = document.createElement("div");
    menu.className = "row-menu menu";
    menu.setAttribute("role", "dialog");
    menu.setAttribute("aria-label", `Row ${row.name}`);
    menu.style.top = `${row.top + 18}px`;
    const add = (text, act) => {
      const item = document.createElement("button");
      item.textContent = text;
      item.addEventListener("click", () => { close(); act(); });
      menu.append(item);
    };
    if (!row.fixed) {
      add("Taller", () => send(row.key, "height", row.height + TALLER));
      add("Lower", () => send(row.key, "height", Math.max(row.height - TALLER, 16)));
    }
    if (row.alone) menu.append(field("Colour", "color", "#0072b2", (value) => send(row.key, "colour", value)));
    if (!row.fixed) {
      menu.append(field("Scale", "text", "", (value) => send(row.key, "limits", value), "0 to 0.3"));
      add("As other rows", () => send(row.key, "reset"));
    }
    if ("isoforms" in row) {
      if (row.isoforms) add("One transcript per gene", () => send(row.key, "isoforms", "one"));
      else add("All transcripts", () => send(row.key, "isoforms", "all"));
    }
    add("Move up", () => send(row.key, "up"));
    add("Move down", () => send(row.key, "down"));
    if (!row.fixed) add("Remove", () => remove(row.key, row.name));
    layer.append(menu);
    menu.querySelector("button").focus();
    menu.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") { close(); button.focus(); }
    });
    window.setTimeout(() => document.addEventListener("pointerdown", outside), 0);
  }

  function field(name, type, value, act, placeholder) {
    const label = document.createElement("label");
    label.textContent = name;
    const input = document.createElement("input");
    Object.assign(input, { type, value, placeholder: placeholder || "", maxLength: 40 });
    input.addEventListener("change", () => { close(); if (input.value.trim()) act(input.value); });
    label.append(input);
    return label;
  }

  const outside = (event) => { if (!event.target.closest(".row-menu")) close(); };

  function close() {
    document.removeEventListener("pointerdown", outside);
    layer?.querySelector(".row-menu")?.remove();
  }

  /* remove something, and offer to undo it */
  function remove(key, name) {
    send(key, "remove");
    document.querySelector(".row-told")?.remove();
    const notice = document.createElement("div");
    notice.className = "row-told";
    notice.setAttribute("role", "status");
    notice.textContent = `${name} was removed. `;
    const undo = document.createElement("button");
    undo.textContent = "Undo";
    undo.addEventListener("click", () => { notice.remove(); window.history.back(); });
    notice.append(undo);
    document.body.append(notice);
    window.clearTimeout(told);
    told = window.setTimeout(() => notice.remove(), SAID);
  }

  // ---- the chosen markers, beside the tracks ----
  function list(markers) {
    const place = element("chosen-markers");
    const names = markers.split(",").filter(Boolean);
    if (!place || place.dataset.names === markers) return;
    place.dataset.names = markers;
    place.replaceChildren(...names.map((name, index) => {
      const item = document.createElement("li");
      const text = document.createElement("span");
      text.textContent = name;
      item.append(text);
      const add = (sign, says, act) => {
        const button = document.createElement("button");
        button.textContent = sign;
        button.title = says;
        button.setAttribute("aria-label", `${says}: ${name}`);
        button.addEventListener("click", act);
        item.append(button);
      };
      if (index) add("↑", "Move up", () => send(name, "before", names[index - 1]));
      if (names.length > 1) add("×", "Remove", () => remove(name, name));
      return item;
    }));
    place.hidden = names.length < 2;
  }

  // ---- highlighted regions ----
  document.addEventListener("click", (event) => {
    if (event.target.closest("#mark")) send("", "mark");
    if (event.target.closest("#unmark")) send("", "unmark");
  });

  const marked = (marks) => { element("unmark").hidden = !marks; };

  return { draw, list, marked };
})();
