// Block Kit as DOM nodes. `context` tells of the page: `names(id)`, `people()` and `channels()` by id,
// and does what people do: `press(element, node)`, `choose(element, value, node)`, which says whether
// the choice stands, and `suggest(element, text)`.

import { markdown } from "/page/markdown.js";
import { dateText, element, emoji, link, mention, mrkdwn, plain } from "/page/text.js";
import { button, entryOf, overflow } from "/page/widgets.js";

const BLOCKS = {
  header, section, image, table, data_table: table,
  divider: () => element("hr"),
  context: (block, context) => element(
    "div", "context", ...block.elements.map((one) => part(one, context))),
  actions: (block, context) => element(
    "div", "actions", ...block.elements.map((one) => interactive(one, context))),
  markdown: (block) => markdown(block.text),
  rich_text: (block, context) => element(
    "div", "", ...block.elements.map((one) => rich(one, context))),
};

export function blocks(list, context) {
  return list.map((block) => {
    const render = BLOCKS[block.type];
    return render ? render(block, { ...context, block: block.block_id }) : element("p", "unknown", `(a ${block.type} block)`);
  });
}

/** Attachments: each with its bar of colour, by its blocks or by the older fields. */
export function attachments(list, context) {
  return list.map((one) => {
    const inside = one.blocks ? blocks(one.blocks, context) : older(one, context);
    const bar = element("div", "bar");
    const colour = COLOURS[one.color] ?? (one.color ? `#${one.color.replace(/^#/, "")}` : "");
    if (colour) bar.style.backgroundColor = colour;
    return element("div", "attachment", bar, element("div", "body", ...inside));
  });
}

const COLOURS = { good: "#2eb67d", warning: "#daa038", danger: "#d40e0d" };

function older(one, context) {
  const text = (words, kind = "text") => words ? [element("div", kind, mrkdwn(words, context.names))] : [];
  const title = one.title_link ? link(one.title_link, plain(one.title ?? "")) : plain(one.title ?? "");
  return [
    ...text(one.pretext), ...(one.title ? [element("b", "", title)] : []),
    ...text(one.text ?? one.fallback), ...text(one.footer, "context"),
  ];
}

/** Files: pictures are shown, anything else is a link to save it. */
export function files(list) {
  return list.map((file) => {
    const address = `/files/${encodeURIComponent(file.id)}`;
    if (file.mimetype.startsWith("image/")) {
      return image({ alt_text: file.title, slack_file: file, title: { text: file.title } });
    }
    const made = element("a", "file", element("span", "sheet", file.name.split(".").pop()),
      element("span", "", element("b", "", file.name), element("span", "hint", sizeOf(file.size))));
    Object.assign(made, { href: address, download: file.name });
    return made;
  });
}

function sizeOf(bytes) {
  return bytes < 1000 ? `${bytes} bytes` : `${(bytes / 1000).toFixed(bytes < 100_000 ? 1 : 0)} kB`;
}

/** Slack has one size of header; with `level` there are four. */
function header(block) {
  const made = element("div", `heading level-${block.level ?? 2}`, plain(block.text.text));
  made.setAttribute("role", "heading");
  made.setAttribute("aria-level", String((block.level ?? 2) + 1));
  return made;
}

export function textObject(object, context) {
  const inside = object.type === "mrkdwn" ? mrkdwn(object.text, context.names) : plain(object.text);
  return element("div", "text", inside);
}

function section(block, context) {
  const made = element("div", block.accessory ? "section with" : "section");
  if (block.text) made.append(textObject(block.text, context));
  if (block.fields) {
    made.append(element("div", "fields", ...block.fields.map((one) => textObject(one, context))));
  }
  if (block.accessory) {
    made.append(element("div", "accessory", interactive(block.accessory, context)));
  }
  return made;
}

function part(one, context) {
  return one.type === "image" ? picture(one) : textObject(one, context);
}

function interactive(given, context) {
  const one = { ...given, block_id: context.block };
  if (one.type === "image") return picture(one);
  if (one.type === "overflow") return overflow(one, context);
  if (one.type === "button") return button(one, context);
  let made = null;
  made = entryOf(one, null, context, (value) => context.choose(one, value, made.node));
  return made ? made.node : element("span", "unknown", `(${one.type})`);
}

function image(block) {
  const made = element("figure", "", picture(block));
  if (block.title) made.append(element("figcaption", "", plain(block.title.text)));
  return made;
}

/** Only pictures of this workspace are shown: the page fetches nothing from elsewhere. */
function picture(one) {
  if (one.slack_file?.id) {
    const made = element("img");
    Object.assign(made, { src: `/files/${encodeURIComponent(one.slack_file.id)}`, alt: one.alt_text });
    return made;
  }
  return link(one.image_url ?? "", one.alt_text);
}

function table(block, context) {
  const settings = block.column_settings ?? [];
  const cell = (one) => one.type === "rich_text"
    ? element("div", "", ...one.elements.map((inner) => rich(inner, context)))
    : String(one.text ?? one.value ?? "");
  const rows = block.rows.map((row, index) => element(
    "tr", "", ...row.map((one, column) => element(
      index ? "td" : "th", settings[column]?.align ?? (one.type === "raw_number" ? "right" : ""), cell(one)))));
  const caption = block.caption ? [element("caption", "", block.caption)] : [];
  return element("div", "scroll", element("table", "", ...caption, ...rows));
}

function rich(one, context) {
  const inside = () => one.elements.map((inner) => richInline(inner, context));
  if (one.type === "rich_text_list") {
    const items = one.elements.map((item) => element("li", "", ...item.elements.map(
      (inner) => richInline(inner, context))));
    const made = element(one.style === "ordered" ? "ol" : "ul", `rich indent-${one.indent ?? 0}`, ...items);
    if (one.offset) made.start = one.offset + 1;
    return made;
  }
  if (one.type === "rich_text_preformatted") return element("pre", "", ...inside());
  if (one.type === "rich_text_quote") return element("blockquote", "text", ...inside());
  return element("div", "text", ...inside());
}

function richInline(one, context) {
  const words = {
    text: () => one.text,
    link: () => link(one.url, one.text ?? one.url),
    emoji: () => emoji(one.name) ?? `:${one.name}:`,
    user: () => mention("@", context.names(one.user_id)),
    usergroup: () => mention("@", context.names(one.usergroup_id)),
    channel: () => mention("#", context.names(one.channel_id)),
    broadcast: () => mention("@", one.range, true),
    color: () => swatch(one.value),
    date: () => dateText(new Date(one.timestamp * 1000), one.format),
  }[one.type];
  let made = words ? words() : `(${one.type})`;
  const tags = { bold: "b", italic: "i", strike: "s", code: "code", underline: "u" };
  for (const [name, tag] of Object.entries(tags)) {
    if (one.style?.[name]) made = element(tag, "", made);
  }
  return made;
}

function swatch(value) {
  const dot = element("span", "swatch");
  dot.style.backgroundColor = value;
  return element("code", "", dot, value);
}
