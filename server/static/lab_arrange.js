// Arranging a room: laptops are dragged, or moved with the arrow keys. What is drawn is only another face of
// the numbers in the table, which are what is sent; without script they are typed.

const form = document.getElementById("arrange");
const grid = document.getElementById("grid");
const says = document.getElementById("says");
const TRACKS = 4;
const MOST_ROWS = 30;

const rows = () => [...form.querySelectorAll("[data-laptop]")];
const field = (device, what) => form.elements[`${what}-${device}`];
const columns = () => Math.min(12, Math.max(1, Number(form.elements.columns.value) || 1));
const aisles = () => [...form.querySelectorAll('input[name="aisle"]:checked')].map((box) => Number(box.value)).filter((at) => at < columns());
const placeOf = (device) => ({ row: Number(field(device, "row").value), column: Number(field(device, "column").value) });
const trackOf = (column) => 1 + (column - 1) * TRACKS + aisles().filter((at) => at < column).length;
const at = (row, column) => rows().map((each) => each.dataset.laptop).find((device) => placeOf(device).row === row && placeOf(device).column === column);

function lastRow() {
  return Math.min(MOST_ROWS, Math.max(...rows().map((each) => placeOf(each.dataset.laptop).row)) + 1);
}

function put(device, row, column) {
  field(device, "row").value = row;
  field(device, "column").value = column;
}

// Laptops behind the last column go to the first free places below.
function bringIn() {
  for (const each of rows()) {
    const device = each.dataset.laptop;
    if (placeOf(device).column <= columns()) continue;
    let row = 1;
    let column = 1;
    while (at(row, column)) {
      column += 1;
      if (column > columns()) [row, column] = [row + 1, 1];
    }
    put(device, row, column);
  }
}

function countSeats() {
  const front = form.elements.front.value;
  const from = ({ row, column }) => ({ top: [row, column], bottom: [-row, column], left: [column, row], right: [-column, row] })[front];
  const order = rows().map((each) => [each, from(placeOf(each.dataset.laptop))]);
  order.sort(([, a], [, b]) => a[0] - b[0] || a[1] - b[1]);
  order.forEach(([each], index) => { each.querySelector("[data-number]").textContent = index + 1; });
}

function draw(focused) {
  bringIn();
  countSeats();
  document.getElementById("floor").className = `floor ${form.elements.front.value}`;
  for (const label of form.querySelectorAll("[data-aisle]")) label.hidden = Number(label.dataset.aisle) >= columns();
  const items = [];
  for (let row = 1; row <= lastRow(); row += 1) {
    for (let column = 1; column <= columns(); column += 1) {
      const device = at(row, column);
      const item = document.createElement("li");
      item.className = "spot";
      item.style.gridColumn = `${trackOf(column)} / span ${TRACKS}`;
      item.style.gridRow = row;
      item.dataset.row = row;
      item.dataset.column = column;
      if (device) {
        item.className = "spot full";
        const from = form.querySelector(`[data-laptop="${device}"]`);
        const button = document.createElement("button");
        button.type = "button";
        button.className = "placed";
        button.dataset.device = device;
        const number = document.createElement("b");
        number.textContent = from.querySelector("[data-number]").textContent;
        const name = document.createElement("span");
        name.textContent = from.dataset.name;
        button.append(number, name);
        item.append(button);
      } else item.setAttribute("aria-hidden", "true");
      items.push(item);
    }
  }
  grid.replaceChildren(...items);
  if (focused) grid.querySelector(`[data-device="${focused}"]`)?.focus();
}

function move(device, row, column) {
  if (row < 1 || row > MOST_ROWS || column < 1 || column > columns()) return;
  const other = at(row, column);
  const was = placeOf(device);
  put(device, row, column);
  if (other && other !== device) put(other, was.row, was.column);
  draw(device);
  const name = form.querySelector(`[data-laptop="${device}"]`).dataset.name;
  says.textContent = says.dataset.moved.replace("{laptop}", name).replace("{row}", row).replace("{column}", column);
}

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

grid?.addEventListener("keydown", (event) => {
  const device = event.target.dataset?.device;
  const step = STEPS[event.key];
  if (!device || !step) return;
  event.preventDefault();
  const { row, column } = placeOf(device);
  move(device, row + step[0], column + step[1]);
});

let dragged = null;
const spotUnder = (event) => document.elementsFromPoint(event.clientX, event.clientY).find((each) => each.classList.contains("spot"));
const unmark = () => { for (const each of grid.querySelectorAll(".over")) each.classList.remove("over"); };

grid?.addEventListener("pointerdown", (event) => {
  const button = event.target.closest(".placed");
  if (!button || event.button !== 0) return;
  dragged = button;
  button.setPointerCapture(event.pointerId);
  button.classList.add("moving");
});
grid?.addEventListener("pointermove", (event) => {
  if (!dragged) return;
  unmark();
  spotUnder(event)?.classList.add("over");
});
function drop(event) {
  if (!dragged) return;
  const { device } = dragged.dataset;
  dragged.classList.remove("moving");
  dragged = null;
  unmark();
  const spot = event.type === "pointerup" && spotUnder(event);
  if (spot) move(device, Number(spot.dataset.row), Number(spot.dataset.column));
}
grid?.addEventListener("pointerup", drop);
grid?.addEventListener("pointercancel", drop);

if (form) {
  document.getElementById("drawn").hidden = false;
  document.getElementById("typed").open = Boolean(document.getElementById("errors"));
  form.addEventListener("input", () => draw());
  draw();
}
