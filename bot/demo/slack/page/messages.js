// Messages as rows: those of a channel with what goes on below them, and those of a thread.

import { attachments, blocks, files } from "/page/blocks.js";
import { element, mrkdwn } from "/page/text.js";

const shown = new Map();   // list and key of a message -> { signature, node }
const days = new Map();    // a day's words -> its line

/** Forget every row: the next time they are made anew. */
export function forgetRows() {
  shown.clear();
}

/**
 * Fill a list with messages, oldest first. `context` gives `names`, `contextOf(message)`, `isFresh`,
 * `rootOf(message)`, `repliesTo(message)` and `openThread(message)`, null where rows have no threads.
 */
export function showMessages(list, messages, context) {
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  const nodes = [];
  let day = "";
  for (const message of messages) {
    const today = dayOf(dateOf(message));
    if (today !== day && context.openThread) nodes.push(dayLine(today));
    day = today;
    nodes.push(row(list.id, message, context));
  }
  place(list, nodes);
  const kept = new Set(messages.map((one) => keyOf(list.id, one)));
  for (const key of shown.keys()) if (key.startsWith(`${list.id} `) && !kept.has(key)) shown.delete(key);
  if (atEnd) list.scrollTop = list.scrollHeight;
}

/** The line above a day's messages, the same one each time: rows that are moved lose their focus. */
function dayLine(words) {
  if (!days.has(words)) days.set(words, element("li", "day", element("span", "", words)));
  return days.get(words);
}

const keyOf = (list, message) => `${list} ${message.channel} ${message.ts}`;

/** The node of a message; the one already there while nothing in it has changed. */
function row(list, message, context) {
  const below = context.openThread ? context.repliesTo(message) : [];
  const last = below.at(-1);
  const signature = JSON.stringify([message, below.length, last?.ts]);
  const key = keyOf(list, message);
  const old = shown.get(key);
  if (old?.signature === signature) return old.node;
  const node = element("li", "message");
  if (message.ephemeral_to) node.classList.add("alone");
  if (context.isFresh) node.classList.add("fresh");
  node.dataset.ts = message.ts;
  node.append(face(message, context), element("div", "what", by(message, context), body(message, context)));
  if (last) node.lastChild.append(threadLine(message, below, context));
  shown.set(key, { signature, node });
  return node;
}

/** The line below a root: who answered, how often and when last; it opens the thread. */
function threadLine(message, below, context) {
  const writers = [...new Map(below.map((one) => [one.user, one])).values()].slice(0, 4);
  const count = `${below.length} ${below.length === 1 ? "reply" : "replies"}`;
  const made = element("button", "below", ...writers.map((one) => face(one, context)),
    element("b", "", count), element("span", "hint", `Last reply ${agoOf(dateOf(below.at(-1)))}`));
  made.type = "button";
  made.addEventListener("click", () => context.openThread(message));
  return made;
}

function face(message, { names }) {
  const made = element("div", message.is_bot ? "face bot" : "face", names(message.user).slice(0, 1));
  made.setAttribute("aria-hidden", "true");
  return made;
}

function by(message, context) {
  const at = element("time", "", dateOf(message).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" }));
  at.title = dateOf(message).toLocaleString();
  const made = element("div", "by", element("strong", "", context.names(message.user)));
  if (message.is_bot) made.append(element("span", "badge", "APP"));
  made.append(at);
  if (message.ephemeral_to) made.append(element("span", "note", "Only visible to you"));
  if (message.broadcast) made.append(broadcastNote(message, context));
  return made;
}

function broadcastNote(message, context) {
  if (!context.openThread) return element("span", "note", "also sent to the channel");
  const root = context.rootOf(message);
  const words = root ? mrkdwn(root.text, context.names).textContent.slice(0, 60) : "";
  const made = element("button", "note", words ? `replied to a thread: ${words}` : "replied to a thread");
  made.type = "button";
  if (root) made.addEventListener("click", () => context.openThread(root));
  return made;
}

function body(message, context) {
  const around = context.contextOf(message);
  const parts = message.blocks.length
    ? blocks(message.blocks, around)
    : [element("div", "text", mrkdwn(message.text, context.names))];
  const hasText = message.blocks.length || message.text || !(message.attachments.length || message.files.length);
  const made = element("div", "body", ...(hasText ? parts : []),
    ...attachments(message.attachments, around), ...files(message.files));
  if (message.edits) made.append(element("span", "edited", "(edited)"));
  return made;
}

/** Put nodes in order with as few moves as possible, so that focus and selection stay. */
function place(list, nodes) {
  nodes.forEach((node, index) => {
    if (list.children[index] !== node) list.insertBefore(node, list.children[index] ?? null);
  });
  while (list.children.length > nodes.length) list.lastChild.remove();
}

export function dateOf(message) {
  return new Date(Number(message.ts) * 1000);
}

function dayOf(at) {
  const midnight = (when) => new Date(when.getFullYear(), when.getMonth(), when.getDate());
  const days = Math.round((midnight(new Date()) - midnight(at)) / 86_400_000);
  return { 0: "Today", 1: "Yesterday" }[days]
    ?? at.toLocaleDateString(undefined, { weekday: "long", month: "long", day: "numeric" });
}

function agoOf(at) {
  const day = dayOf(at);
  const time = at.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
  return `${day === "Today" || day === "Yesterday" ? day.toLowerCase() : day} at ${time}`;
}
