"use strict";
(() => {
  const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];
  const byId = (id) => document.getElementById(id);
  const rows = all("#rows > tr");
  const cards = all(".list > details");
  const buttons = all("#controls button[data-s]");
  const search = byId("q");
  const pressed = new Set();
  const texts = new Map();

  const textOf = (part) => {
    if (!texts.has(part)) texts.set(part, part.textContent.toLowerCase());
    return texts.get(part);
  };

  // Words are looked for in targets and in changes; a status picks targets alone.
  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const holds = (part) => words.every((word) => textOf(part).includes(word));
    for (const row of rows) row.hidden = !holds(row) || (pressed.size > 0 && !pressed.has(row.dataset.s));
    for (const card of cards) card.hidden = !holds(card);
    const number = (parts) => `${parts.filter((part) => !part.hidden).length.toLocaleString("en")} of ${parts.length.toLocaleString("en")}`;
    byId("count").textContent = `${number(rows)} targets, ${number(cards)} changes`;
    for (const button of buttons) button.ariaPressed = String(pressed.has(button.dataset.s));
  }

  // #p0c3 opens a change, #t7 shows a target, #q=eu&s=failed&theme=dark asks for some of them.
  function follow() {
    const fragment = location.hash.slice(1);
    const part = /^(p\d+c\d+|t\d+)$/.test(fragment) && byId(fragment);
    if (part) {
      if (part.hidden) {
        search.value = "";
        pressed.clear();
        filter();
      }
      if (part.localName === "details") part.open = true;
      part.scrollIntoView({ block: "center" });
    } else if (fragment.includes("=")) {
      const asked = new URLSearchParams(fragment);
      search.value = asked.get("q") ?? "";
      pressed.clear();
      asked.get("s")?.split(",").forEach((value) => pressed.add(value));
      if (asked.has("theme")) document.documentElement.style.colorScheme = asked.get("theme") === "dark" ? "dark" : "light";
      filter();
    }
  }

  search.addEventListener("input", filter);
  byId("controls").addEventListener("submit", (event) => event.preventDefault());
  for (const button of buttons) button.addEventListener("click", () => {
    if (!pressed.delete(button.dataset.s)) pressed.add(button.dataset.s);
    filter();
  });
  byId("theme").addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.style.colorScheme ? root.style.colorScheme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.style.colorScheme = dark ? "light" : "dark";
  });
  addEventListener("hashchange", follow);
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target === search) return;
    if (event.key === "/") { event.preventDefault(); search.focus(); search.select(); }
  });

  byId("controls").hidden = false;
  byId("theme").hidden = false;
  filter();
  follow();
})();
