// The page: shows each snapshot that the workspace sends, and asks its control API to make things
// happen. It keeps no state of its own but who looks, and at which channel.

import { blocks } from "/page/blocks.js";
import { element, mrkdwn } from "/page/text.js";

const byId = (id) => document.getElementById(id);
const shown = new Map();   // key of a message -> { signature, node }
let state = null;
let viewer = null;
let channel = null;

const slack = (action, body = {}) => () => post(`/control/slack/${action}`, body);
const veeam = (action, body = {}) => () => post(`/control/em/${action}`, body);
const type = (line) => () => post("/control/slack/command", { line, user: viewer, channel });
const limit = () => post("/control/slack/fault", {
  method: "chat.postMessage", kind: "rate_limit", retry_after: 5, times: 3,
});

const PANEL = {
  Veeam: {
    Fail: veeam("fail"), Warn: veeam("warn"), Recover: veeam("recover"), Storm: veeam("storm"),
    "Late failure": veeam("late"), "Start a run": veeam("start"), "Finish a run": veeam("finish"),
    "End logons": veeam("break", { mode: "expire_logons" }),
    "Break EM": veeam("break", { mode: "down" }), "Mend EM": veeam("mend"),
  },
  Slack: {
    "Summary now": type("/replica summary"), "Rate-limit Slack": limit,
    "Drop socket": slack("drop_sockets"), "Deaf socket": slack("go_deaf"),
    Archive: slack("archive"), Unarchive: slack("unarchive"), "End faults": slack("clear"),
  },
};

/** Ask a control API; what it answers, or an error with its sentence. */
async function post(address, body) {
  let response;
  try {
    response = await fetch(address, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
    });
  } catch {
    throw new Error("the demo has stopped");
  }
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer ?? {};
  const nowhere = response.status === 404 && !answer;
  throw new Error(nowhere ? `nothing answers at ${address}` : answer?.error ?? `HTTP ${response.status}`);
}

function buildPanel() {
  for (const [title, actions] of Object.entries(PANEL)) {
    const buttons = Object.entries(actions).map(([label, act]) => {
      const made = element("button", "", label);
      made.addEventListener("click", () => run(made, label, act));
      return made;
    });
    byId("groups").append(
      element("div", "group", element("h2", "", title), element("div", "", ...buttons)));
  }
  if (matchMedia("(max-width: 760px)").matches) byId("panel").open = false;
}

async function run(button, label, act) {
  button.disabled = true;
  try {
    const answer = await act();
    say(`${label}: ${answer.error ?? doneOf(answer)}`, answer.error);
  } catch (error) {
    say(`${label}: ${error.message}`, true);
  } finally {
    button.disabled = false;
  }
}

/** What an answer says was done: a word, or several lines. */
function doneOf(answer) {
  return Array.isArray(answer.done) ? answer.done.join("\n") : answer.done ?? "done";
}

function say(text, bad = false) {
  byId("said").textContent = text;
  byId("said").classList.toggle("bad", Boolean(bad));
}

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

/** What a message's blocks need to know of the page: names, and how its buttons are pressed. */
function contextOf(message) {
  return {
    names: nameOf,
    press: async (one, button) => {
      const ask = one.confirm;
      if (ask && !confirm(`${ask.title.text}\n\n${ask.text.text}`)) return;
      if (/^https?:/i.test(one.url ?? "")) window.open(one.url, "_blank", "noopener");
      button.disabled = true;
      try {
        await post("/control/slack/press", {
          ts: message.ts, channel: message.channel, action_id: one.action_id, user: viewer,
        });
        complain("");
      } catch (error) {
        complain(error.message);
      } finally {
        button.disabled = false;
      }
    },
  };
}

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
  document.title = `#${current.name} · Replica Bot demo`;
  byId("channels").replaceChildren(...state.channels.filter((one) => !one.is_im).map((one) => {
    const made = element("button", "", `#${one.name}${one.is_archived ? " (archived)" : ""}`);
    made.setAttribute("aria-current", String(one.id === channel));
    made.addEventListener("click", () => { channel = one.id; shown.clear(); update(); });
    return made;
  }));
  const people = Object.values(state.people).filter((one) => !one.is_bot);
  if (byId("viewer").options.length !== people.length) {
    byId("viewer").replaceChildren(...people.map((one) => new Option(one.real_name, one.id)));
  }
  byId("viewer").value = viewer;
  renderState(current);
}

function renderState(current) {
  const bot = { 0: "The bot is not connected" }[state.connections] ?? `The bot is connected (${state.connections})`;
  const lines = [state.deaf ? `${bot}, but its socket is deaf` : bot];
  if (current.is_archived) lines.push(`#${current.name} is archived`);
  if (state.token_error) lines.push(`Its token is refused: ${state.token_error}`);
  for (const fault of state.faults) lines.push(`Waiting: ${fault.kind} for ${fault.method} (${fault.times ?? "until ended"})`);
  byId("state").textContent = lines.join("\n");
  byId("state").classList.toggle("bad", !state.connections || state.deaf > 0);
}

function update() {
  renderFrame();
  render();
}

function listen() {
  const stream = new EventSource("/page/stream");
  stream.onmessage = (event) => {
    const started = state !== null;
    state = { ...JSON.parse(event.data), started };
    if (!state.people[viewer]) viewer = state.me;
    if (!state.channels.some((one) => one.id === channel)) channel = state.channel;
    complain("");
    update();
  };
  stream.onerror = () => complain("The demo does not answer; this page tries again.");
}

byId("composer").addEventListener("submit", send);
byId("viewer").addEventListener("change", (event) => { viewer = event.target.value; update(); });
buildPanel();
listen();
