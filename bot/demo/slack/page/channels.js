// The channels and direct messages that a person can go to, and what they are called.

import { element } from "/page/text.js";

let shown = "";
const read = new Map();   // person and channel -> the timestamp of the last message they have seen

/** Those of a person: every channel, and the direct messages they are in. */
export function channelsOf(state, viewer) {
  return state.channels.filter((one) => !one.is_im || one.members.includes(viewer));
}

/** How a channel is called by someone: a direct message by who is at the other end. */
export function titleOf(state, channel, viewer) {
  if (!channel.is_im) return `#${channel.name}`;
  const other = channel.members.find((one) => one !== viewer) ?? viewer;
  return `@${state.people[other]?.real_name ?? other}`;
}

/** The app's member, to whom direct messages and the Home tab belong. */
export function botOf(state) {
  return Object.values(state.people).find((one) => one.is_bot);
}

/** The list of channels; `go(id)` moves there, `open()` begins to talk with the bot. */
export function showChannels(bar, state, viewer, current, { go, open }) {
  const unread = unreadOf(state, viewer, current);
  const listed = channelsOf(state, viewer);
  const signature = JSON.stringify([listed, viewer, current, unread]);
  if (signature === shown) return;
  shown = signature;
  const buttons = listed.map((one) => {
    const label = titleOf(state, one, viewer) + (one.is_archived ? " (archived)" : "");
    return entry(label, one.id === current, unread.includes(one.id), () => go(one.id));
  });
  const bot = botOf(state);
  if (!listed.some((one) => one.is_im && one.members.includes(bot.id))) {
    buttons.push(entry(`@${bot.real_name}`, false, false, open));
  }
  bar.replaceChildren(...buttons);
  bar.querySelector("[aria-current=true]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

/** The channels with messages that came while this person looked elsewhere. */
function unreadOf(state, viewer, current) {
  const newest = new Map();
  for (const one of state.messages) {
    if (!one.ephemeral_to || one.ephemeral_to === viewer) newest.set(one.channel, one.ts);
  }
  return channelsOf(state, viewer).map((one) => one.id).filter((id) => {
    const key = `${viewer} ${id}`;
    if (id === current || !(read.has(key) || state.started)) read.set(key, newest.get(id) ?? "");
    return (newest.get(id) ?? "") > (read.get(key) ?? "");
  });
}

function entry(label, isCurrent, isUnread, go) {
  const made = element("button", isUnread ? "unread" : "", label);
  made.type = "button";
  made.setAttribute("aria-current", String(isCurrent));
  made.addEventListener("click", go);
  return made;
}
