// The page: shows each snapshot that the workspace sends, and asks its control API to make things
// happen. It keeps no state of its own but who looks, and where.

import { blocks } from "/page/blocks.js";
import { botOf, channelsOf, showChannels, titleOf } from "/page/channels.js";
import { confirmed } from "/page/confirms.js";
import { forgetRows, showMessages } from "/page/messages.js";
import { filledIn, showModal, tellInModal } from "/page/modals.js";
import { buildPanel, post } from "/page/panel.js";
import { element, typed } from "/page/text.js";

const byId = (id) => document.getElementById(id);
const control = (action, body) => post(`/control/slack/${action}`, body);
let state = null;
let viewer = null;
let channel = null;
let tab = "messages";     // of the conversation with the bot: its messages or its Home
let thread = null;        // the timestamp of the root whose replies are shown
let shownHome = "";

function complain(text) {
  byId("problem").textContent = text;
  byId("problem").hidden = !text;
}

/** Send what stands in a field: a command, or a message to the channel or to a thread. */
async function send(field, where) {
  const text = field.value.trim();
  if (!text) return;
  field.value = "";
  try {
    if (text.startsWith("/")) await control("command", { line: text, user: viewer, channel });
    else await control("say", { text: typed(text, namesToIds()), user: viewer, channel, ...where });
    complain("");
  } catch (error) {
    complain(error.message);
    field.value = text;
  }
}

function nameOf(id) {
  if (id === "USLACKBOT") return "Slackbot";
  return state.people[id]?.real_name ?? state.channels.find((one) => one.id === id)?.name
    ?? state.groups[id] ?? id;
}

/** What people type and what it stands for: "@Ana Silva" is a mention, "#general" a link. */
function namesToIds() {
  const people = Object.values(state.people).flatMap((one) => [
    [`@${one.real_name}`, `<@${one.id}>`], [`@${one.name}`, `<@${one.id}>`]]);
  const rooms = state.channels.filter((one) => !one.is_im).map((one) => [`#${one.name}`, `<#${one.id}|${one.name}>`]);
  return [...people, ...rooms].sort(([one], [other]) => other.length - one.length);
}

/** What blocks need of the page where they stand in the message or view that `where` names. */
function contextOf(where, tell = complain, before = async () => {}) {
  const body = (one, more) => ({
    ...where, action_id: one.action_id, block_id: one.block_id, user: viewer, ...more,
  });
  const use = async (action, one, more, node) => {
    if (!await confirmed(one, nameOf)) return false;
    return act(async () => { await before(); return control(action, body(one, more)); }, node, tell);
  };
  return {
    names: nameOf,
    people: () => Object.fromEntries(Object.values(state.people).map((one) => [one.id, one.real_name])),
    channels: () => Object.fromEntries(
      channelsOf(state, viewer).map((one) => [one.id, titleOf(state, one, viewer)])),
    press: async (one, node) => {
      const isDone = await use("press", one, {}, node);
      if (isDone && /^https?:/i.test(one.url ?? "")) window.open(one.url, "_blank", "noopener");
    },
    choose: (one, value, node) => use("select", one, { value }, node),
    suggest: async (one, text) => (await control("suggest", body(one, { text }))).options,
  };
}

/** Do what a person does with a widget, which waits meanwhile; whether it went through. */
async function act(work, widget, tell = complain) {
  widget.disabled = true;
  try {
    const result = await work();
    tell(result.error && widget.closest(".home, dialog") ? `That did not work (${result.error}).` : "");
    return true;
  } catch (error) {
    tell(error.message);
    return false;
  } finally {
    widget.disabled = false;
  }
}

function modalContext(modal) {
  const view = modal.view.id;
  return {
    ...contextOf({ view }, tellInModal, () => control("fill", { view, values: filledIn() })),
    submit: (id, values) => act(() => control("submit", { view: id, values }), byId("modal"), tellInModal),
    close: (id) => act(() => control("close_view", { view: id }), byId("modal"), tellInModal),
  };
}

const isVisible = (one) => one.channel === channel && (!one.ephemeral_to || one.ephemeral_to === viewer);
const repliesTo = (root) => state.messages.filter(
  (one) => isVisible(one) && one.is_reply && one.thread_ts === root.ts);

function render() {
  const visible = state.messages.filter(isVisible);
  const rows = visible.filter((one) => !one.is_reply || one.broadcast);
  const around = {
    names: nameOf, isFresh: state.started, repliesTo,
    contextOf: (message) => contextOf({ ts: message.ts, channel: message.channel }),
    rootOf: (message) => state.messages.find((one) => one.ts === message.thread_ts),
    openThread,
  };
  showMessages(byId("messages"), rows, around);
  byId("empty").hidden = rows.length > 0 || tab === "home";
  const root = visible.find((one) => one.ts === thread);
  byId("thread").hidden = !root;
  document.body.classList.toggle("threaded", Boolean(root));
  if (!root) thread = null;
  else showMessages(byId("replies"), [root, ...repliesTo(root)], { ...around, openThread: null });
}

function openThread(root) {
  thread = root.ts;
  render();
  byId("replies").scrollTop = byId("replies").scrollHeight;
  byId("reply").focus({ preventScroll: true });
}

function closeThread() {
  const root = thread;
  thread = null;
  render();
  byId("messages").querySelector(`[data-ts="${root}"] .below`)?.focus();
}

/** The tabs of the conversation with the app, and its Home where that is open. */
function renderHome(current) {
  const isWithBot = current.is_im && current.members.includes(botOf(state).id);
  if (!isWithBot || !state.options.app_home) tab = "messages";
  byId("tabs").hidden = !isWithBot || !state.options.app_home;
  for (const one of byId("tabs").children) one.setAttribute("aria-selected", String(one.value === tab));
  byId("messages").hidden = byId("composer").hidden = tab === "home";
  byId("home").hidden = tab !== "home";
  const view = state.homes[viewer];
  const signature = JSON.stringify([viewer, view ?? null]);
  if (tab !== "home" || signature === shownHome) return;
  shownHome = signature;
  const nothing = element("p", "empty", "The app has published nothing here yet.");
  byId("home").replaceChildren(...(view ? blocks(view.blocks, contextOf({ view: view.id })) : [nothing]));
}

async function openTab(name) {
  tab = name;
  update();
  if (name === "home") await act(() => control("open_home", { user: viewer }), byId("tabs"));
}

function renderFrame(current) {
  const title = titleOf(state, current, viewer);
  document.title = `${title} · Replica Bot demo`;
  byId("title").textContent = title;
  byId("thread-of").textContent = title;
  showChannels(byId("channels"), state, viewer, channel, { go, open: openDirect });
  const people = Object.values(state.people).filter((one) => !one.is_bot);
  if (byId("viewer").options.length !== people.length) {
    byId("viewer").replaceChildren(...people.map((one) => new Option(one.real_name, one.id)));
  }
  byId("viewer").value = viewer;
  renderState(current, title);
}

function go(id) {
  [channel, tab, thread, shownHome] = [id, "messages", null, ""];
  forgetRows();
  update();
  byId("messages").scrollTop = byId("messages").scrollHeight;
}

async function openDirect() {
  try {
    const opened = (await control("open_direct", { user: viewer })).channel;
    if (state.channels.some((one) => one.id === opened)) go(opened);
    else [channel, tab, thread] = [opened, "messages", null];
  } catch (error) {
    complain(error.message);
  }
}

function renderState(current, title) {
  const sockets = {
    0: "The bot is not connected", 1: "The bot is connected",
  }[state.connections] ?? `The bot is connected (${state.connections} sockets)`;
  const bot = state.options.http_url ? `The bot is asked at ${state.options.http_url}` : sockets;
  const lines = [state.deaf ? `${bot}, but its socket is deaf` : bot];
  if (current.is_archived) lines.push(`${title} is archived`);
  if (!current.is_im && !current.is_member) lines.push(`The bot is not in ${title}`);
  if (state.token_error) lines.push(`Its token is refused: ${state.token_error}`);
  for (const fault of state.faults) {
    const where = fault.channel ? ` in #${nameOf(fault.channel)}` : "";
    lines.push(`Waiting: ${fault.kind} for ${fault.method}${where} (${fault.times ?? "until ended"})`);
  }
  if (state.holds_envelope) lines.push("An envelope waits to be overtaken");
  byId("state").textContent = lines.join("\n");
  byId("state").classList.toggle("bad", !(state.options.http_url || state.connections) || state.deaf > 0);
}

function update() {
  if (!channelsOf(state, viewer).some((one) => one.id === channel)) channel = state.channel;
  const current = state.channels.find((one) => one.id === channel);
  renderFrame(current);
  renderHome(current);
  render();
  const modal = state.modals.find((one) => one.user === viewer);
  showModal(modal, modal && modalContext(modal));
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

/** Light or dark as the system is, unless the person has chosen. */
function dress(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  localStorage.setItem("theme", theme);
  byId("theme").value = theme;
}

function buildTabs() {
  for (const [name, label] of [["home", "Home"], ["messages", "Messages"]]) {
    const made = element("button", "", label);
    Object.assign(made, { type: "button", value: name, role: "tab" });
    made.addEventListener("click", () => openTab(name));
    byId("tabs").append(made);
  }
}

function onSubmit(form, field, where) {
  byId(form).addEventListener("submit", (event) => {
    event.preventDefault();
    send(byId(field), where());
  });
}

onSubmit("composer", "line", () => ({}));
onSubmit("answer", "reply", () => ({ thread_ts: thread }));
byId("viewer").addEventListener("change", (event) => {
  viewer = event.target.value;
  go(channel);
});
byId("theme").addEventListener("change", (event) => dress(event.target.value));
byId("thread-close").addEventListener("click", closeThread);
byId("thread").addEventListener("keydown", (event) => { if (event.key === "Escape") closeThread(); });
buildTabs();
buildPanel(byId("groups"), () => ({ user: viewer, channel }));
dress(localStorage.getItem("theme") ?? "");
listen();
