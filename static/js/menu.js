// Small menus close on Escape, on a click elsewhere and when another one opens; dialogs open from data-dialog buttons;
// an error summary takes the focus.
const menus = "details[data-menu][open]";

function closeAll(except) {
  for (const menu of document.querySelectorAll(menus)) if (menu !== except) menu.open = false;
}

document.addEventListener("click", (event) => {
  closeAll(event.target.closest("details[data-menu]"));
  const opener = event.target.closest("[data-dialog]");
  if (opener) document.getElementById(opener.dataset.dialog)?.showModal();
  event.target.closest("[data-dialog-close]")?.closest("dialog")?.close();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.querySelector(menus);
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});

document.addEventListener("focusin", (event) => closeAll(event.target.closest("details[data-menu]")));
document.querySelector("[data-focus]")?.focus();
