// The page: shows each snapshot that the workspace sends, and asks its control API to make things
// happen. It keeps no state of its own but who looks, and at which channel.

import { blocks } from "/page/blocks.js";
import { channelsOf, showChannels, titleOf } from "/page/channels.js";
import { showModal, tellInModal } from "/page/modals.js";
import { buildPanel, post } from "/page/panel.js";
import { element, mrkdwn } from "/page/text.js";

const byId = (id) => document.getElementById(id);
const shown = new Map();   // key of a message -> { signature, node }
let state = null;
let viewer = null;
let channel = null;

function complain(text) {
  byId("problem").textContent = text;
  byId("problem").hidden = !text;
}

async function send(event) {
  event.preventDefault();
  const text = byId("line").value.trim();
  if (!text) return;
  byId("line").value = "";
  const where = { user: viewer, channel };
  try {
    if (text.startsWith("/")) await post("/control/slack/command", { line: text, ...where });
    else await post("/control/slack/say", { text, ...where });
    complain("");
  } catch (error) {
    complain(error.message);
    byId("line").value = text;
  }
}

/** What a message's blocks need to know of the page: names, and how its widgets are used. */
function contextOf(message) {
  const where = { ts: message.ts, channel: message.channel };
  return {
    names: nameOf,
    press: (one, button) => {
      if (!confirmed(one)) return;
      if (/^https?:/i.test(one.url ?? "")) window.open(one.url, "_blank", "noopener");
      act("press", { ...where, action_id: one.action_id, user: viewer }, button);
    },
    choose: async (one, option, node) => confirmed(one) && act("select", {
      ...where, action_id: one.action_id, value: option.value, user: viewer,
    }, node),
  };
}

function confirmed(one) {
  return !one.confirm || confirm(`${one.confirm.title.text}\n\n${one.confirm.text.text}`);
}

/** Do what a person does with a widget, which waits meanwhile; whether it went through. */
async function act(action, body, widget, tell = complain) {
  widget.disabled = true;
  try {
    await post(`/control/slack/${action}`, body);
    tell("");
    return true;
  } catch (error) {
    tell(error.message);
    return false;
  } finally {
    widget.disabled = false;
  }
}

/** What a modal needs to know of the page. */
const AROUND_MODAL = {
  names: nameOf,
  submit: (view, values) => act("submit", { view, values }, byId("modal"), tellInModal),
  close: (view) => act("close_view", { view }, byId("modal"), tellInModal),
};

function nameOf(id) {
  if (id === "USLACKBOT") return "Slackbot";
  return state.people[id]?.real_name ?? state.channels.find((one) => one.id === id)?.name ?? id;
}

function render() {
  const list = byId("messages");
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  const visible = state.messages.filter((one) => one.channel === channel
    && (!one.ephemeral_to || one.ephemeral_to === viewer));
  const rows = visible.filter((one) => !one.is_reply || one.broadcast);
  const nodes = [];
  let day = "";
  for (const message of rows) {
    const today = dateOf(message).toLocaleDateString(undefined, { weekday: "long", month: "long", day: "numeric" });
    if (today !== day) nodes.push(element("li", "day", today));
    day = today;
    const below = message.is_reply ? [] : visible.filter((one) => one.is_reply && one.thread_ts === message.ts);
    nodes.push(row(message, below, `${message.channel} ${message.ts}`));
  }
  place(list, nodes);
  forget(rows);
  byId("empty").hidden = rows.length > 0;
  if (atEnd) list.scrollTop = list.scrollHeight;
}

/** The node of a message; the one already there while nothing in it has changed. */
function row(message, below, key, inThread = false) {
  const signature = JSON.stringify([message, below]);
  const old = shown.get(key);
  if (old?.signature === signature) return old.node;
  const node = element("li", "message");
  if (message.ephemeral_to) node.classList.add("alone");
  if (state.started) node.classList.add("fresh");
  node.dataset.ts = message.ts;
  node.append(face(message), element("div", "what", by(message, inThread), body(message)));
  if (below.length) {
    const replies = below.map((one) => row(one, [], `${key} ${one.ts}`, true));
    node.lastChild.append(element("ol", "thread", ...replies));
  }
  shown.set(key, { signature, node });
  return node;
}

function face(message) {
  const made = element("div", message.is_bot ? "face bot" : "face", nameOf(message.user).slice(0, 1));
  made.setAttribute("aria-hidden", "true");
  return made;
}

function by(message, inThread) {
  const at = element("time", "", dateOf(message).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" }));
  at.title = dateOf(message).toLocaleString();
  const made = element("div", "by", element("strong", "", nameOf(message.user)));
  if (message.is_bot) made.append(element("span", "badge", "APP"));
  made.append(at);
  if (message.ephemeral_to) made.append(element("span", "note", "Only visible to you"));
  if (message.broadcast) made.append(element("span", "note", broadcastNote(message, inThread)));
  return made;
}

function broadcastNote(message, inThread) {
  if (inThread) return "also sent to the channel";
  const root = state.messages.find((one) => one.ts === message.thread_ts);
  return root ? `replied to a thread: ${mrkdwn(root.text, nameOf).textContent.slice(0, 60)}` : "replied to a thread";
}

function body(message) {
  const context = contextOf(message);
  const parts = message.blocks.length
    ? blocks(message.blocks, context)
    : [element("div", "text", mrkdwn(message.text, nameOf))];
  for (const attachment of message.attachments) {
    if (attachment.blocks) parts.push(...blocks(attachment.blocks, context));
    else if (attachment.text) parts.push(element("div", "text", mrkdwn(attachment.text, nameOf)));
  }
  for (const file of message.files) {
    parts.push(...blocks([{ type: "image", alt_text: file.title, slack_file: { id: file.id } }], context));
  }
  if (message.edits) parts.push(element("span", "edited", "(edited)"));
  return element("div", "body", ...parts);
}

/** Put nodes in order with as few moves as possible, so that focus and selection stay. */
function place(list, nodes) {
  nodes.forEach((node, index) => {
    if (list.children[index] !== node) list.insertBefore(node, list.children[index] ?? null);
  });
  while (list.children.length > nodes.length) list.lastChild.remove();
}

function forget(rows) {
  const kept = new Set(rows.map((one) => `${one.channel} ${one.ts}`));
  for (const key of shown.keys()) {
    if (!kept.has(key.split(" ").slice(0, 2).join(" "))) shown.delete(key);
  }
}

function dateOf(message) {
  return new Date(Number(message.ts) * 1000);
}

function renderFrame() {
  const current = state.channels.find((one) => one.id === channel);
  document.title = `${titleOf(state, current, viewer)} · Replica Bot demo`;
  showChannels(byId("channels"), state, viewer, channel, { go, open: openDirect });
  const people = Object.values(state.people).filter((one) => !one.is_bot);
  if (byId("viewer").options.length !== people.length) {
    byId("viewer").replaceChildren(...people.map((one) => new Option(one.real_name, one.id)));
  }
  byId("viewer").value = viewer;
  renderState(current);
}

function go(id) {
  channel = id;
  shown.clear();
  update();
}

async function openDirect() {
  try {
    channel = (await post("/control/slack/open_direct", { user: viewer })).channel;
    shown.clear();
  } catch (error) {
    complain(error.message);
  }
}

function renderState(current) {
  const bot = { 0: "The bot is not connected" }[state.connections] ?? `The bot is connected (${state.connections})`;
  const lines = [state.deaf ? `${bot}, but its socket is deaf` : bot];
  const title = titleOf(state, current, viewer);
  if (current.is_archived) lines.push(`${title} is archived`);
  if (!current.is_im && !current.is_member) lines.push(`The bot is not in ${title}`);
  if (state.token_error) lines.push(`Its token is refused: ${state.token_error}`);
  for (const fault of state.faults) {
    const where = fault.channel ? ` in #${nameOf(fault.channel)}` : "";
    lines.push(`Waiting: ${fault.kind} for ${fault.method}${where} (${fault.times ?? "until ended"})`);
  }
  if (state.holds_envelope) lines.push("An envelope waits to be overtaken");
  byId("state").textContent = lines.join("\n");
  byId("state").classList.toggle("bad", !state.connections || state.deaf > 0);
}

function update() {
  if (!channelsOf(state, viewer).some((one) => one.id === channel)) channel = state.channel;
  renderFrame();
  render();
  showModal(state.modals.find((one) => one.user === viewer), AROUND_MODAL);
}

function listen() {
  const stream = new EventSource("/page/stream");
  stream.onmessage = (event) => {
    const started = state !== null;
    state = { ...JSON.parse(event.data), started };
    if (!state.people[viewer]) viewer = state.me;
    complain("");
    update();
  };
  stream.onerror = () => complain("The demo does not answer; this page tries again.");
}

byId("composer").addEventListener("submit", send);
byId("viewer").addEventListener("change", (event) => { viewer = event.target.value; update(); });
buildPanel(byId("groups"), () => ({ user: viewer, channel }));
listen();
