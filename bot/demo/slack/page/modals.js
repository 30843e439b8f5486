// The modal of the person who looks: shown as its view says, filled in, submitted or closed.

import { blocks } from "/page/blocks.js";
import { element, plain } from "/page/text.js";
import { entryOf } from "/page/widgets.js";

const dialog = document.getElementById("modal");
let shown = "";            // what the dialog was made of: while it is the same, typing stays
let fields = new Map();    // block id -> () => value

/** Show a modal, or none. `context` is what blocks need, `submit(view, values)` and `close(view)`. */
export function showModal(modal, context) {
  const signature = JSON.stringify(modal ? [modal.view, modal.errors, modal.problem] : null);
  if (signature === shown) return;
  shown = signature;
  if (!modal) return dialog.close();
  fields = new Map();
  dialog.replaceChildren(form(modal, context));
  dialog.oncancel = (event) => {
    event.preventDefault();
    context.close(modal.view.id);
  };
  if (!dialog.open) dialog.showModal();
  const wrong = dialog.querySelector("[aria-invalid=true]");
  (wrong ?? dialog.querySelector(".field input, .field textarea, .field select"))?.focus();
}

/** What has been filled in so far, by block id. */
export function filledIn() {
  return Object.fromEntries([...fields].map(([name, read]) => [name, read()]));
}

/** Say below the modal that something did not work. */
export function tellInModal(text) {
  const problem = dialog.querySelector(".foot .problem");
  if (!problem || !text) return;
  problem.textContent = text;
  problem.hidden = false;
}

function form(modal, context) {
  const title = element("h2", "", plain(modal.view.title.text));
  title.id = "modal-title";
  const inside = element("div", "view", ...parts(modal, context));
  const made = element("form", "", title, inside, foot(modal, context));
  made.noValidate = true;
  made.addEventListener("submit", async (event) => {
    event.preventDefault();
    const buttons = made.querySelectorAll(".foot button");
    for (const button of buttons) button.disabled = true;
    await context.submit(modal.view.id, filledIn());
    for (const button of buttons) button.disabled = false;
  });
  return made;
}

function foot(modal, context) {
  const made = element("div", "foot");
  const problem = element("p", "problem");
  problem.setAttribute("role", "alert");
  problem.textContent = modal.problem ? `That did not work (${modal.problem}). Try again?` : "";
  problem.hidden = !modal.problem;
  made.append(problem);
  const close = element("button", "", plain(modal.view.close?.text ?? "Cancel"));
  close.type = "button";
  close.addEventListener("click", () => context.close(modal.view.id));
  made.append(close);
  if (modal.view.submit) made.append(element("button", "sure", plain(modal.view.submit.text)));
  for (const button of made.querySelectorAll("button:not([type])")) button.type = "submit";
  return made;
}

/** Its blocks in order; inputs are fields here, everything else is shown as in a message. */
function parts(modal, context) {
  return modal.view.blocks.flatMap((block) => block.type === "input"
    ? [field(block, modal, context)] : blocks([block], context));
}

function field(block, modal, context) {
  const one = { ...block.element, block_id: block.block_id };
  const name = one.action_id ?? block.block_id;
  const { node, read } = fieldOf(one, modal.state[block.block_id]?.[name], context);
  const entry = node.matches(".combobox") ? node.firstChild : node;
  entry.id = `field-${block.block_id}`;
  const label = element("label", "", plain(block.label.text));
  label.htmlFor = entry.id;
  entry.removeAttribute("aria-label");
  if (block.optional) label.append(element("span", "hint", " (optional)"));
  const made = element("div", "field", label, node);
  if (block.hint) made.append(element("p", "hint", plain(block.hint.text)));
  const wrong = modal.errors[block.block_id];
  if (wrong) {
    const said = element("p", "wrong", wrong);
    said.id = `wrong-${block.block_id}`;
    entry.setAttribute("aria-invalid", "true");
    entry.setAttribute("aria-describedby", said.id);
    made.append(said);
  }
  fields.set(block.block_id, read);
  return made;
}

/** What a person fills in, with what stood in it before. */
function fieldOf(one, state, context) {
  const entry = entryOf(one, state, context);
  if (entry) return entry;
  const made = element(one.multiline ? "textarea" : "input");
  if (!one.multiline) made.type = "text";
  if (one.placeholder) made.placeholder = plain(one.placeholder.text);
  made.value = state?.value ?? "";
  return { node: made, read: () => made.value };
}
