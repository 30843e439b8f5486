// Slack's mrkdwn as DOM nodes. Everything a person or a machine wrote ends in textContent: there is
// no innerHTML on this page, so a job called <script> is only a name.

const EMOJI = {
  red_circle: "🔴", large_red_circle: "🔴", large_yellow_circle: "🟡", yellow_circle: "🟡",
  large_orange_circle: "🟠", large_green_circle: "🟢", green_circle: "🟢", large_blue_circle: "🔵",
  white_circle: "⚪", black_circle: "⚫", white_check_mark: "✅", heavy_check_mark: "✔️", x: "❌",
  warning: "⚠️", rotating_light: "🚨", sunny: "☀️", bell: "🔔", no_bell: "🔕", eyes: "👀",
  hourglass: "⌛", hourglass_flowing_sand: "⏳", arrows_counterclockwise: "🔄", repeat: "🔁",
  information_source: "ℹ️", question: "❓", exclamation: "❗", bar_chart: "📊", mag: "🔍",
  chart_with_upwards_trend: "📈", wave: "👋", tada: "🎉", zzz: "💤", clock1: "🕐", floppy_disk: "💾",
  link: "🔗", lock: "🔒", key: "🔑", no_entry: "⛔", stop_sign: "🛑", thumbsup: "👍", "+1": "👍",
  construction: "🚧", calendar: "📅", sunrise: "🌅", black_square_button: "🔲", speech_balloon: "💬",
  arrow_right: "➡️", arrow_up: "⬆️", arrow_down: "⬇️", heavy_minus_sign: "➖", grey_question: "❔",
};

const PATTERN = new RegExp([
  "```([\\s\\S]+?)```",                                         // 1 preformatted
  "`([^`\\n]+)`",                                              // 2 code
  "<([^<>\\n]+)>",                                             // 3 link, mention, date
  ":([a-z0-9_+-]+):",                                          // 4 emoji
  "(?<![\\w*])\\*(?=\\S)([^*\\n]*[^*\\s])\\*(?![\\w*])",       // 5 bold
  "(?<![\\w_])_(?=\\S)([^_\\n]*[^_\\s])_(?![\\w_])",           // 6 italic
  "(?<![\\w~])~(?=\\S)([^~\\n]*[^~\\s])~(?![\\w~])",           // 7 struck
].join("|"), "g");

export function element(name, className = "", ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

export function unescape(text) {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

export function emoji(name) {
  return EMOJI[name] ?? null;
}

/** A link, if its address is one that a page may offer; otherwise its words. */
export function link(address, label) {
  if (!/^(https?:|mailto:)/i.test(address)) return document.createTextNode(label);
  const made = element("a", "", label);
  Object.assign(made, { href: address, target: "_blank", rel: "noopener noreferrer" });
  return made;
}

/**
 * What Slack's client sends for what somebody typed: escaped, with names as ids and addresses as links.
 * `names` are pairs of words and what they stand for, the longest first.
 */
export function typed(text, names) {
  const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return escaped.split(/(https?:\/\/[^\s]+)/).map((part, index) => {
    if (index % 2) return `<${part}>`;
    return names.reduce((words, [name, id]) => words.replaceAll(name, id), part);
  }).join("");
}

/** A plain_text object: emoji names are read, markup is not. */
export function plain(text) {
  return unescape(text).replace(/:([a-z0-9_+-]+):/g, (whole, name) => emoji(name) ?? whole);
}

/** mrkdwn as nodes; lines that begin with > are quoted. */
export function mrkdwn(text, names) {
  const made = document.createDocumentFragment();
  for (const part of text.split(/((?:^(?:&gt;|>).*(?:\n|$))+)/m)) {
    if (/^(&gt;|>)/.test(part)) {
      const quoted = part.replace(/^(?:&gt;|>) ?/gm, "").replace(/\n$/, "");
      made.append(element("blockquote", "", inline(quoted, names)));
    } else if (part) made.append(inline(part, names));
  }
  return made;
}

function inline(text, names) {
  const made = document.createDocumentFragment();
  let end = 0;
  for (const match of text.matchAll(PATTERN)) {
    made.append(unescape(text.slice(end, match.index)), node(match, names));
    end = match.index + match[0].length;
  }
  made.append(unescape(text.slice(end)));
  return made;
}

function node([whole, block, code, angle, name, bold, italic, struck], names) {
  if (block !== undefined) return element("pre", "", unescape(block.replace(/^\n|\n$/g, "")));
  if (code !== undefined) return element("code", "", unescape(code));
  if (angle !== undefined) return token(angle, names);
  if (name !== undefined) return emoji(name) ?? whole;
  if (bold !== undefined) return element("b", "", inline(bold, names));
  if (italic !== undefined) return element("i", "", inline(italic, names));
  return element("s", "", inline(struck, names));
}

function token(inside, names) {
  const [head, ...rest] = inside.split("|");
  const label = rest.length ? unescape(rest.join("|")) : "";
  if (head.startsWith("!date^")) return date(head.split("^").slice(1), label);
  if (head.startsWith("!subteam^")) return mention("@", label || names(head.slice(9)));
  if (head.startsWith("!")) return mention("@", label || head.slice(1), true);
  if (head.startsWith("@")) return mention("@", names(head.slice(1)) || label);
  if (head.startsWith("#")) return mention("#", names(head.slice(1)) || label);
  return link(unescape(head), label || unescape(head));
}

/** Whom or what a message names, as a chip; a loud one calls everybody. */
export function mention(sign, name, loud = false) {
  return element("span", loud ? "mention loud" : "mention", sign + name.replace(/^[@#]/, ""));
}

function date([seconds, format, address], fallback) {
  const at = new Date(Number(seconds) * 1000);
  if (Number.isNaN(at.getTime())) return fallback;
  const made = element("time", "", dateText(at, format ?? "{date} {time}"));
  made.dateTime = at.toISOString();
  made.title = `${at.toLocaleString()} (${fallback})`;
  return address ? element("span", "", link(address, made.textContent)) : made;
}

/** A date format with its tokens filled in, in the zone of whoever reads this page. */
export function dateText(at, format) {
  const say = (options) => at.toLocaleString(undefined, options);
  const near = nearDay(at);
  const forms = {
    date_num: () => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`,
    date: () => say({ month: "long", day: "numeric", year: "numeric" }),
    date_short: () => say({ month: "short", day: "numeric", year: "numeric" }),
    date_long: () => say({ weekday: "long", month: "long", day: "numeric", year: "numeric" }),
    date_pretty: () => near || forms.date(),
    date_short_pretty: () => near || forms.date_short(),
    date_long_pretty: () => near || forms.date_long(),
    time: () => say({ timeStyle: "short" }),
    time_secs: () => say({ timeStyle: "medium" }),
    ago: () => ago(at),
  };
  return unescape(format).replace(/\{(\w+)\}/g, (whole, name) => forms[name]?.() ?? whole);
}

function nearDay(at) {
  const midnight = (when) => new Date(when.getFullYear(), when.getMonth(), when.getDate());
  const days = Math.round((midnight(at) - midnight(new Date())) / 86_400_000);
  return { "-1": "yesterday", 0: "today", 1: "tomorrow" }[days] ?? "";
}

function ago(at) {
  const seconds = (at - Date.now()) / 1000;
  const say = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
  for (const [unit, size] of [["day", 86_400], ["hour", 3600], ["minute", 60]]) {
    if (Math.abs(seconds) >= size) return say.format(Math.round(seconds / size), unit);
  }
  return say.format(Math.round(seconds), "second");
}

function two(number) {
  return String(number).padStart(2, "0");
}
