// A menu that asks the app for its options as one types (external_select).

import { element, plain } from "/page/text.js";

const PAUSE = 150;       // milliseconds without a key before the app is asked
const MIN_LENGTH = 3;    // Slack's own, where an element does not say
let made = 0;            // how many there are: ids must differ

/** `suggest(text)` answers options; `changed(value)` says whether a choice stands. */
export function combobox(one, chosen, suggest, changed) {
  const label = plain(one.placeholder?.text ?? "Select an option");
  const input = element("input");
  const list = element("ul", "menu");
  const node = element("div", "combobox", input, list);
  const state = { input, list, value: chosen?.value ?? "", text: chosen ? plain(chosen.text.text) : "", asked: 0 };
  Object.assign(input, { type: "text", placeholder: label, value: state.text, autocomplete: "off" });
  Object.assign(list, { id: `options-${made += 1}`, popover: "manual", role: "listbox" });
  for (const [name, value] of Object.entries({
    role: "combobox", "aria-label": label, "aria-controls": list.id, "aria-expanded": "false",
    "aria-autocomplete": "list",
  })) input.setAttribute(name, value);
  const choose = async (option) => {
    close(state);
    if (!await changed(option.value)) return restore(state);
    Object.assign(state, { value: option.value, text: plain(option.text.text) });
    restore(state);
  };
  const least = one.min_query_length ?? MIN_LENGTH;
  let waiting;
  const ask = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => offer(state, least, suggest, choose), PAUSE);
  };
  input.addEventListener("input", ask);
  input.addEventListener("focus", ask);
  input.addEventListener("blur", () => { clearTimeout(waiting); close(state); restore(state); });
  input.addEventListener("keydown", (event) => key(event, state));
  return { node, read: () => state.value };
}

async function offer(state, least, suggest, choose) {
  const text = state.input.value === state.text ? "" : state.input.value.trim();
  const turn = state.asked += 1;
  if (text.length < least) return say(state, `Type ${least} or more characters`);
  let options;
  try {
    options = await suggest(text);
  } catch (error) {
    return say(state, error.message);
  }
  if (turn !== state.asked) return;
  if (!options.length) return say(state, "No matches");
  show(state, ...options.map((option) => item(option, choose)));
  move(state, 1);
}

function item(option, choose) {
  const made = element("li", "", plain(option.text.text));
  if (option.description) made.append(element("span", "hint", plain(option.description.text)));
  made.role = "option";
  made.addEventListener("mousedown", (event) => event.preventDefault());   // the field keeps the focus
  made.addEventListener("click", () => choose(option));
  return made;
}

function say(state, words) {
  const made = element("li", "hint", words);
  made.role = "presentation";
  show(state, made);
}

function show(state, ...items) {
  if (document.activeElement !== state.input) return;
  items.forEach((one, index) => { one.id = `${state.list.id}-${index}`; });
  state.list.replaceChildren(...items);
  state.list.showPopover();
  position(state);
  state.input.setAttribute("aria-expanded", "true");
  state.input.removeAttribute("aria-activedescendant");
}

/** The list lies above everything, so that nothing moves or hides it: below the field, or above. */
function position({ input, list }) {
  const field = input.getBoundingClientRect();
  const below = innerHeight - field.bottom - 12;
  const isBelow = below >= Math.min(list.scrollHeight, 240) || below > field.top;
  list.style.minWidth = `${field.width}px`;
  list.style.maxHeight = `${Math.min(240, isBelow ? below : field.top - 12)}px`;
  list.style.left = `${Math.min(field.left, innerWidth - list.offsetWidth - 8)}px`;
  list.style.top = `${isBelow ? field.bottom + 4 : field.top - 4 - list.offsetHeight}px`;
}

const isOpen = (state) => state.list.matches(":popover-open");

function close(state) {
  state.asked += 1;
  if (isOpen(state)) state.list.hidePopover();
  state.input.setAttribute("aria-expanded", "false");
}

function restore(state) {
  state.input.value = state.text;
}

function key(event, state) {
  const current = state.list.querySelector("[aria-selected=true]");
  if (event.key === "Enter" || (event.key === "Escape" && isOpen(state))) {
    event.preventDefault();
    event.stopPropagation();
  }
  if (event.key === "ArrowDown") move(state, 1);
  else if (event.key === "ArrowUp") move(state, -1);
  else if (event.key === "Enter" && isOpen(state)) current?.click();
  else if (event.key === "Escape") close(state);
  else return;
  if (event.key.startsWith("Arrow")) event.preventDefault();
}

function move(state, by) {
  const items = [...state.list.querySelectorAll("[role=option]")];
  if (!items.length) return;
  const before = items.findIndex((one) => one.ariaSelected === "true");
  const now = items[(before + by + items.length) % items.length];
  for (const one of items) one.ariaSelected = String(one === now);
  now.scrollIntoView({ block: "nearest" });
  state.input.setAttribute("aria-activedescendant", now.id);
}
