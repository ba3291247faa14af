// Changes what stands in a page into what the server sent, touching only what differs: the focus, an open
// disclosure, a ticked box and what somebody types stay as they are.

const KEPT = new Set(["open", "checked", "data-dim"]);

export function elementOf(html, parent = "div") {
  const holder = document.createElement("template");
  holder.innerHTML = parent === "tbody" ? `<table><tbody>${html}</tbody></table>` : html;
  return parent === "tbody" ? holder.content.querySelector("tr") : holder.content.firstElementChild;
}

function morphAttributes(old, fresh) {
  for (const { name, value } of fresh.attributes) {
    if (!KEPT.has(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) {
    if (!KEPT.has(name) && !fresh.hasAttribute(name)) old.removeAttribute(name);
  }
}

// What is the same thing in both: an order, a message or a tile by its key, else by its name in the page.
function isSame(old, fresh) {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) return false;
  if (old.nodeType !== Node.ELEMENT_NODE) return true;
  const key = (node) => node.id || node.dataset.tile || node.dataset.order || node.dataset.message || node.getAttribute("action") || "";
  return key(old) === key(fresh);
}

export function morph(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  morphAttributes(old, fresh);
  let have = old.firstChild;
  for (const want of [...fresh.childNodes]) {
    let found = have;
    while (found && !isSame(found, want)) found = found.nextSibling;
    if (!found) {
      old.insertBefore(want, have);
      continue;
    }
    while (have !== found) {
      const next = have.nextSibling;
      have.remove();
      have = next;
    }
    morph(found, want);
    have = found.nextSibling;
  }
  while (have) {
    const next = have.nextSibling;
    have.remove();
    have = next;
  }
}
