"use strict";
(() => {
  const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];
  const byId = (id) => document.getElementById(id);
  const cards = all("#list > details");
  const pressed = { a: new Set(), k: new Set(), s: new Set() };
  const nodes = new Map(all(".canvas a").map((node) => [node.getAttribute("href").slice(1), node]));
  const texts = new Map();
  const search = byId("q");
  const buttons = all("button[data-f]");

  const textOf = (card) => {
    if (!texts.has(card)) texts.set(card, card.textContent.toLowerCase());
    return texts.get(card);
  };
  const factOf = { a: (card) => card.className, k: (card) => card.dataset.k, s: (card) => card.dataset.s };
  const isWanted = (card, words) =>
    Object.entries(pressed).every(([name, values]) => !values.size || values.has(factOf[name](card))) &&
    words.every((word) => textOf(card).includes(word));

  // Several words must all be found. The page's own address remembers what is asked for.
  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    for (const card of cards) {
      const wanted = isWanted(card, words);
      card.hidden = !wanted;
      nodes.get(card.id)?.classList.toggle("out", !wanted);
      if (wanted) found += 1;
    }
    const number = (count) => count.toLocaleString("en");
    byId("count").textContent = found === cards.length ? `${number(found)} shown` : `${number(found)} of ${number(cards.length)}`;
    for (const button of buttons) button.ariaPressed = String(pressed[button.dataset.f].has(button.dataset.v));
    byId("open").textContent = "Open all";
  }
  function remember() {
    const asked = new URLSearchParams();
    if (search.value) asked.set("q", search.value);
    for (const [name, values] of Object.entries(pressed)) if (values.size) asked.set(name, [...values].join(","));
    history.replaceState(null, "", asked.size ? `#${asked}` : location.pathname + location.search);
  }
  function clear() {
    search.value = "";
    for (const values of Object.values(pressed)) values.clear();
  }

  // #c12 shows a change; #q=ada&a=delete,update&k=User&s=failed&theme=dark asks for some of them.
  function follow() {
    const fragment = location.hash.slice(1);
    const card = /^c\d+$/.test(fragment) && byId(fragment);
    if (card) {
      if (card.hidden) { clear(); filter(); }
      card.open = true;
      card.scrollIntoView();
      card.firstElementChild.focus({ preventScroll: true });
    } else if (fragment.includes("=")) {
      const asked = new URLSearchParams(fragment);
      clear();
      search.value = asked.get("q") ?? "";
      for (const [name, values] of Object.entries(pressed)) asked.get(name)?.split(",").forEach((value) => values.add(value));
      if (asked.has("theme")) document.documentElement.style.colorScheme = asked.get("theme") === "dark" ? "dark" : "light";
      filter();
    }
  }

  let timer = 0;
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => { filter(); remember(); }, 80);
  });
  byId("controls").addEventListener("submit", (event) => event.preventDefault());
  for (const button of buttons) button.addEventListener("click", () => {
    const values = pressed[button.dataset.f];
    if (!values.delete(button.dataset.v)) values.add(button.dataset.v);
    filter();
    remember();
  });
  byId("open").addEventListener("click", (event) => {
    const open = event.target.textContent === "Open all";
    for (const card of cards) if (!card.hidden) card.open = open;
    event.target.textContent = open ? "Close all" : "Open all";
  });
  byId("theme").addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.style.colorScheme ? root.style.colorScheme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.style.colorScheme = dark ? "light" : "dark";
  });
  addEventListener("hashchange", follow);
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target === search;
    if (event.key === "/" && !typing) { event.preventDefault(); search.focus(); search.select(); }
    else if (event.key === "Escape" && (typing || search.value)) { clear(); filter(); remember(); search.blur(); }
    else if ((event.key === "j" || event.key === "k") && !typing) step(event.key === "j" ? 1 : -1);
  });
  function step(by) {
    const seen = cards.filter((card) => !card.hidden);
    const here = seen.indexOf(document.activeElement?.closest("#list > details"));
    const next = seen[here < 0 ? (by > 0 ? 0 : seen.length - 1) : Math.min(seen.length - 1, Math.max(0, here + by))];
    next?.firstElementChild.focus();
  }

  // A node of the graph shows its own links when it is pointed at or focused.
  const svg = document.querySelector(".canvas svg");
  if (svg) {
    const links = (svg.dataset.links || "").split(" ").filter(Boolean).map((link) => link.split("-").map((id) => `c${id}`));
    const lit = document.createElementNS("http://www.w3.org/2000/svg", "path");
    lit.setAttribute("class", "lit");
    svg.querySelector(".links").after(lit);
    const corner = (id) => { const box = nodes.get(id).querySelector("rect"); return [box.x.baseVal.value, box.y.baseVal.value, box.width.baseVal.value, box.height.baseVal.value]; };
    const draw = ([from, to]) => {
      const [x, y, width, height] = corner(from), [u, v] = corner(to), bend = Math.max(20, (u - x - width) / 2);
      return `M${x + width} ${y + height / 2}C${x + width + bend} ${y + height / 2} ${u - bend} ${v + height / 2} ${u} ${v + height / 2}`;
    };
    const light = (id) => {
      const own = links.filter((link) => link.includes(id));
      for (const node of all("a.near", svg)) node.classList.remove("near");
      for (const other of new Set(own.flat())) nodes.get(other).classList.add("near");
      lit.setAttribute("d", own.map(draw).join(""));
    };
    for (const [id, node] of nodes) {
      node.addEventListener("pointerenter", () => light(id));
      node.addEventListener("focus", () => light(id));
    }
    const [smaller, larger] = all("#zoom button");
    const [width, height] = [svg.width.baseVal.value, svg.height.baseVal.value];
    let scale = 1;
    const zoom = (by) => {
      scale = Math.min(3, Math.max(0.1, scale * by));
      svg.setAttribute("width", width * scale);
      svg.setAttribute("height", height * scale);
    };
    smaller.ariaLabel = "Smaller";
    larger.ariaLabel = "Larger";
    smaller.addEventListener("click", () => zoom(1 / 1.4));
    larger.addEventListener("click", () => zoom(1.4));
    byId("zoom").hidden = false;
  }

  byId("controls").hidden = cards.length === 0;
  byId("theme").hidden = false;
  filter();
  follow();
})();
