/* The view as a figure for print: addresses of its files, and the command that draws it again. */
"use strict";

(function () {
  const query = () => window.location.search || "?";

  const made = window.regtrackMade;

  function makeDialog() {
    const pre = made("pre", { id: "figure-command-text", tabindex: 0 });
    const copy = made("button", { type: "button", class: "plain" }, "Copy");
    const say = (text) => {
      copy.textContent = text;
      window.setTimeout(() => { copy.textContent = "Copy"; }, 1500);
    };
    copy.addEventListener("click", () => navigator.clipboard.writeText(pre.textContent).then(
      () => say("Copied"), () => say("Copy it by hand")));
    const close = made("button", { class: "plain" }, "Close");
    const dialog = made("dialog", { id: "figure-command", "aria-label": "The figure, from a shell" },
      made("h2", {}, "The figure, from a shell"),
      made("p", {}, "This command draws the view for print without this page, from the folder where the page was started. " +
        "Saliency that the page computed is not part of it."),
      pre, made("form", { method: "dialog" }, copy, " ", close));
    document.body.append(dialog);
    return dialog;
  }

  async function showCommand() {
    const dialog = document.getElementById("figure-command") || makeDialog();
    const text = document.getElementById("figure-command-text");
    text.textContent = "…";
    dialog.showModal();
    const answer = await fetch(`figure/command${query()}`).catch(() => null);
    text.textContent = answer ? (await answer.text()).trim() : "The server does not answer.";
  }

  // before other listeners, which check and fetch the file
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-figure]");
    if (link) link.href = `${link.dataset.figure}${query()}`;
    if (event.target.closest("#figure-command-open")) showCommand();
  }, true);
})();
