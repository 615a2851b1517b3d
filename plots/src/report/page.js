"use strict";
document.documentElement.dataset.scripted = "yes";

// A table is sorted by the column whose head is pressed, and the other way when it is pressed again. What is missing goes last.
for (const table of document.querySelectorAll("table")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const falls = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", falls ? "descending" : "ascending");
      const words = head.className === "words";
      const key = (row) => {
        const cell = row.cells[column];
        return words ? cell.textContent : Number(cell.dataset.value ?? NaN);
      };
      const order = (a, b) => {
        const [x, y] = [key(a), key(b)];
        if (words) return falls ? y.localeCompare(x) : x.localeCompare(y);
        if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y);
        return falls ? y - x : x - y;
      };
      const body = table.tBodies[0];
      body.append(...[...body.rows].sort(order));
    });
  });
}

// Words over charts follow the pointer; without scripts the browser shows them as titles.
const hint = document.createElement("div");
hint.className = "hint";
hint.hidden = true;
document.body.append(hint);
for (const title of document.querySelectorAll("svg path > title")) {
  title.parentNode.dataset.hint = title.textContent;
  title.remove();
}
const show = (event) => {
  const mark = event.target.closest("[data-hint]");
  hint.hidden = !mark;
  if (!mark) return;
  hint.textContent = mark.dataset.hint;
  const { clientWidth, clientHeight } = document.documentElement;
  const left = Math.min(event.clientX + 14, clientWidth - hint.offsetWidth - 8);
  const below = event.clientY + 18;
  const fits = below + hint.offsetHeight < clientHeight;
  hint.style.left = `${Math.max(8, left)}px`;
  hint.style.top = `${fits ? below : event.clientY - hint.offsetHeight - 12}px`;
};
document.addEventListener("pointermove", show);
document.addEventListener("pointerdown", show);
document.addEventListener("scroll", () => { hint.hidden = true; }, { passive: true });
