// The page's own script, allowed by its hash: it filters the list, marks the mail that is shown, and steps with the keys.
// Without it the page still shows every mail.
(() => {
  "use strict";
  const items = [...document.querySelectorAll(".list li")];
  const filter = document.querySelector("#filter");
  const found = document.querySelector("#found");
  const link = (item) => item.firstElementChild;
  const mail = (item) => document.getElementById(link(item).getAttribute("href").slice(1));
  const texts = new Map();
  const text = (item) => {
    if (!texts.has(item)) texts.set(item, `${item.textContent} ${mail(item).textContent}`.toLowerCase());
    return texts.get(item);
  };
  const keep = (name, value) => {
    try {
      if (value === undefined) return sessionStorage.getItem(name) ?? "";
      sessionStorage.setItem(name, value);
    } catch {} // a browser may keep nothing for files
    return "";
  };

  const mark = () => {
    const shown = items.find((item) => link(item).getAttribute("href") === location.hash) ?? items[0];
    for (const item of items) link(item).toggleAttribute("aria-current", item === shown);
    if (location.hash) shown?.scrollIntoView({ block: "nearest" });
    return shown;
  };
  const search = () => {
    const words = filter.value.toLowerCase().split(/\s+/);
    for (const item of items) item.hidden = filter.value !== "" && !words.every((word) => text(item).includes(word));
    const count = items.filter((item) => !item.hidden).length;
    found.textContent = filter.value.trim() === "" ? "" : `${count} of ${items.length}`;
    keep("filter", filter.value);
  };

  filter.parentElement.hidden = items.length < 2;
  filter.value = filter.parentElement.hidden ? "" : keep("filter");
  search();
  mark();
  filter.addEventListener("input", search);
  addEventListener("hashchange", mark);
  addEventListener("keydown", (event) => {
    if (event.key === "/" && event.target !== filter) {
      event.preventDefault();
      filter.focus();
    }
    const step = { j: 1, k: -1, ArrowDown: 1, ArrowUp: -1 }[event.key];
    const inList = event.target === document.body || event.target.closest(".list");
    if (!step || !inList || event.ctrlKey || event.altKey || event.metaKey) return;
    const seen = items.filter((item) => !item.hidden);
    const next = seen[seen.indexOf(mark()) + step];
    if (!next) return;
    event.preventDefault();
    location.hash = link(next).getAttribute("href");
    link(next).focus();
  });

  // While mails are still to come, the page looks for them, but not while somebody types or selects in it.
  if ("watched" in document.documentElement.dataset) {
    const reader = document.querySelector(".reader");
    reader.scrollTop = Number(keep("scrolled"));
    setInterval(() => {
      if (document.hidden || document.activeElement === filter || String(getSelection())) return;
      keep("scrolled", String(reader.scrollTop));
      location.reload();
    }, 2000);
  }
})();
