// The theme menu changes the page at once and keeps the choice in the cookie that the server reads. An address that names
// colours would overrule the cookie, so they are taken out of this page's address and of its links.
const menu = document.querySelector("[data-theme-menu]");

function plain(address) {
  const url = new URL(address, location.href);
  url.searchParams.delete("theme");
  return url.href;
}

function choose(link) {
  const choice = link.dataset.themeChoice;
  const root = document.documentElement;
  const secure = location.protocol === "https:" ? "; secure" : "";
  if (choice === "auto") delete root.dataset.theme;
  else root.dataset.theme = choice;
  const year = 365 * 24 * 3600;
  document.cookie = `akashi_theme=${choice}; path=/; max-age=${year}; samesite=lax${secure}`;
  if (new URLSearchParams(location.search).has("theme")) history.replaceState(history.state, "", plain(location.href));
  for (const other of document.querySelectorAll('a[href*="theme="]:not([data-theme-choice])')) {
    other.href = plain(other.href);
  }
  for (const other of menu.querySelectorAll("[data-theme-choice]")) other.removeAttribute("aria-current");
  link.setAttribute("aria-current", "true");
  menu.querySelector("[data-theme-name]").textContent = choice === "auto" ? menu.dataset.auto : link.textContent;
  menu.open = false;
}

menu?.addEventListener("click", (event) => {
  const link = event.target.closest("[data-theme-choice]");
  if (!link) return;
  event.preventDefault();
  choose(link);
  menu.querySelector("summary").focus();
});
