/* Dash draws groups of radio buttons and check boxes as list boxes whose options hold the inputs,
   opens lists without a name, and has a focusable input without a name beside every dropdown.
   Readers of the page aloud need them as what they are: groups and lists, named by the legend above
   them, of native inputs. */
"use strict";

(function () {
  const PLACES = "aside.choosing, .tab-row, .tools";

  function mend(root) {
    for (const list of root.querySelectorAll(".dash-options-list")) {
      const radios = list.classList.contains("dash-radioitems");
      if (list.getAttribute("role") === "listbox") list.setAttribute("role", radios ? "radiogroup" : "group");
      const legend = list.closest("fieldset")?.querySelector("legend");
      const name = legend?.textContent || list.closest("[aria-label]")?.getAttribute("aria-label");
      if (name && !list.hasAttribute("aria-label")) list.setAttribute("aria-label", name);
      for (const option of list.querySelectorAll("[role=option], [aria-selected]")) {
        option.removeAttribute("role");
        option.removeAttribute("aria-selected");
      }
    }
    for (const list of root.querySelectorAll("[role=dialog]:not([aria-label])")) {
      const name = list.closest("fieldset")?.querySelector("legend")?.textContent;
      if (name) list.setAttribute("aria-label", name);
    }
    // the list's own button is what Tab reaches and Enter opens, not the input beside it
    for (const input of root.querySelectorAll(".dash-dropdown-focus-target[tabindex='0']")) {
      input.setAttribute("tabindex", "-1");
    }
    for (const button of root.querySelectorAll("button.dash-dropdown[tabindex='-1']")) {
      button.setAttribute("tabindex", "0");
    }
  }

  const watcher = new MutationObserver((records) => {
    for (const place of new Set(records.map((record) => record.target.closest(PLACES)))) {
      if (place) mend(place);
    }
  });

  /* the page is drawn after this script has run */
  const waiting = new MutationObserver(() => {
    if (!document.querySelector("main > section")) return;
    waiting.disconnect();
    for (const place of document.querySelectorAll(PLACES)) {
      mend(place);
      watcher.observe(place, {
        childList: true, subtree: true, attributeFilter: ["role", "aria-selected", "tabindex"],
      });
    }
  });
  waiting.observe(document.documentElement, { childList: true, subtree: true });
})();
