// Buttons with data-copy put that text on the clipboard and say so in the page's live region.
document.documentElement.dataset.js = "";
const region = document.querySelector("[data-announce]");

function announce(text) {
  region.textContent = "";
  requestAnimationFrame(() => { region.textContent = text; });
}

function copyFromField(text) {
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}

async function copy(text) {
  if (navigator.clipboard && window.isSecureContext) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return copyFromField(text);
    }
  }
  return copyFromField(text);
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const done = await copy(button.dataset.copy);
  button.toggleAttribute("data-done", done);
  setTimeout(() => button.removeAttribute("data-done"), 1600);
  announce(done ? region.dataset.copied : region.dataset.notCopied);
  button.focus({ preventScroll: true });
});
