// The channels and direct messages that a person can go to, and what they are called.

import { element } from "/page/text.js";

let shown = "";

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

/** The bar of channels; `go(id)` moves there, `open()` begins to talk with the bot. */
export function showChannels(bar, state, viewer, current, { go, open }) {
  const listed = channelsOf(state, viewer);
  const bot = Object.values(state.people).find((one) => one.is_bot);
  const signature = JSON.stringify([listed, viewer, current]);
  if (signature === shown) return;
  shown = signature;
  const buttons = listed.map((one) => {
    const label = titleOf(state, one, viewer) + (one.is_archived ? " (archived)" : "");
    return entry(label, one.id === current, () => go(one.id));
  });
  if (!listed.some((one) => one.is_im && one.members.includes(bot.id))) {
    buttons.push(entry(`@${bot.real_name}`, false, open));
  }
  bar.replaceChildren(...buttons);
  bar.querySelector("[aria-current=true]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function entry(label, isCurrent, go) {
  const made = element("button", "", label);
  made.type = "button";
  made.setAttribute("aria-current", String(isCurrent));
  made.addEventListener("click", go);
  return made;
}
