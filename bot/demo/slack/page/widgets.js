// What people press and choose in, as DOM nodes: the same in messages, Home tabs and modals.
// An entry is { node, read }: `read()` is its value, a word or a list. `changed(value)` is called when
// a person has chosen, and says whether the choice stands; where it does not, the old one returns.

import { combobox } from "/page/comboboxes.js";
import { element, plain } from "/page/text.js";

const ENTRIES = {
  static_select: (one, state, context, changed) =>
    menu(one, state.selected_option?.value, grouped(one), changed),
  users_select: (one, state, context, changed) =>
    menu(one, state.selected_user, listed(context.people()), changed),
  conversations_select: (one, state, context, changed) =>
    menu(one, state.selected_conversation, listed(context.channels()), changed),
  external_select: (one, state, context, changed) =>
    combobox(one, state.selected_option, (text) => context.suggest(one, text), changed),
  multi_static_select: (one, state, context, changed) => folded(one, boxes(one, state, "checkbox", changed)),
  checkboxes: (one, state, context, changed) => boxes(one, state, "checkbox", changed),
  radio_buttons: (one, state, context, changed) => boxes(one, state, "radio", changed),
  datepicker: (one, state, context, changed) => picker(one, "date", state.selected_date, changed),
  timepicker: (one, state, context, changed) => picker(one, "time", state.selected_time, changed),
};

/** What an element holds before anybody has touched it, as the state of a view tells it. */
function initialOf(one) {
  return {
    selected_option: one.initial_option, selected_options: one.initial_options,
    selected_date: one.initial_date, selected_time: one.initial_time,
    selected_user: one.initial_user, selected_conversation: one.initial_conversation,
  };
}

/** Something to choose in, or null where the element is none. */
export function entryOf(one, state, context, changed = () => true) {
  return ENTRIES[one.type]?.(one, state ?? initialOf(one), context, changed) ?? null;
}

export function button(one, context) {
  const made = element("button", one.style ?? "", plain(one.text.text));
  made.type = "button";
  if (one.accessibility_label) made.setAttribute("aria-label", one.accessibility_label);
  made.addEventListener("click", () => context.press(one, made));
  return made;
}

export function overflow(one, context) {
  const summary = element("summary", "", "⋯");
  summary.setAttribute("aria-label", "More actions");
  const made = element("details", "overflow", summary);
  const items = one.options.map((option) => {
    const item = element("button", "", plain(option.text.text));
    item.type = "button";
    item.addEventListener("click", () => {
      made.open = false;
      if (/^https?:/i.test(option.url ?? "")) window.open(option.url, "_blank", "noopener");
      context.choose(one, option.value, item);
    });
    return item;
  });
  made.append(element("div", "menu", ...items));
  made.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    made.open = false;
    summary.focus();
  });
  return made;
}

const placeholderOf = (one, otherwise) => plain(one.placeholder?.text ?? otherwise);
const optionNode = (option) => new Option(plain(option.text.text), option.value);
const listed = (names) => Object.entries(names).map(([id, name]) => new Option(name, id));

function grouped(one) {
  const groups = (one.option_groups ?? []).map((group) => {
    const made = element("optgroup", "", ...group.options.map(optionNode));
    made.label = plain(group.label.text);
    return made;
  });
  return [...(one.options ?? []).map(optionNode), ...groups];
}

function menu(one, chosen, options, changed) {
  const made = element("select");
  made.append(new Option(placeholderOf(one, "Select an option"), ""), ...options);
  made.value = chosen ?? "";
  made.setAttribute("aria-label", placeholderOf(one, "Select an option"));
  return watched(made, changed);
}

function picker(one, type, chosen, changed) {
  const made = element("input");
  Object.assign(made, { type, value: chosen ?? "" });
  made.setAttribute("aria-label", placeholderOf(one, `Select a ${type}`));
  return watched(made, changed);
}

function watched(made, changed) {
  let before = made.value;
  made.addEventListener("change", async () => {
    if (made.value && await changed(made.value)) before = made.value;
    else made.value = before;
  });
  return { node: made, read: () => made.value };
}

/** Boxes of which one is chosen, or several. */
function boxes(one, state, type, changed) {
  const chosen = (state.selected_options ?? [state.selected_option]).map((each) => each?.value);
  const name = `${one.action_id}-${Math.random()}`;
  const inputs = grouped(one).flatMap((node) => node.label && node.tagName === "OPTGROUP" ? [...node.children] : [node]);
  const rows = inputs.map((option) => {
    const input = element("input");
    Object.assign(input, { type, name, value: option.value, checked: chosen.includes(option.value) });
    return element("label", "box", input, option.text);
  });
  const made = element("div", "boxes", ...rows);
  made.setAttribute("role", type === "radio" ? "radiogroup" : "group");
  const checked = () => [...made.querySelectorAll("input:checked")].map((input) => input.value);
  const read = () => type === "radio" ? checked()[0] ?? "" : checked();
  made.addEventListener("change", async (event) => {
    if (!await changed(read()) && type === "checkbox") event.target.checked = !event.target.checked;
  });
  return { node: made, read };
}

/** Boxes behind a line that says how many are chosen: a menu in which one chooses several. */
function folded(one, { node, read }) {
  const summary = element("summary");
  const tell = () => {
    const count = read().length;
    summary.textContent = count ? `${count} selected` : placeholderOf(one, "Select options");
  };
  node.addEventListener("change", tell);
  tell();
  return { node: element("details", "many", summary, node), read };
}
