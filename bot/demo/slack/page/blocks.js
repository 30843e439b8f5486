// Block Kit as DOM nodes. `context` gives `names(id)` and `press(element)`.

import { dateText, element, emoji, link, mrkdwn, plain } from "/page/text.js";

const BLOCKS = {
  header: (block) => element("div", "heading", plain(block.text.text)),
  section, image, table, data_table: table,
  divider: () => element("hr"),
  context: (block, context) => element(
    "div", "context", ...block.elements.map((one) => part(one, context))),
  actions: (block, context) => element(
    "div", "actions", ...block.elements.map((one) => interactive(one, context))),
  rich_text: (block, context) => element(
    "div", "", ...block.elements.map((one) => rich(one, context))),
  markdown: (block) => element("div", "text", block.text),
};

export function blocks(list, context) {
  return list.map((block) => {
    const render = BLOCKS[block.type];
    return render ? render(block, context) : element("p", "unknown", `(a ${block.type} block)`);
  });
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

function interactive(one, context) {
  if (one.type === "image") return picture(one);
  if (one.type !== "button") return element("span", "unknown", `(${one.type})`);
  const made = element("button", one.style ?? "", plain(one.text.text));
  made.type = "button";
  if (one.accessibility_label) made.setAttribute("aria-label", one.accessibility_label);
  made.addEventListener("click", () => context.press(one, made));
  return made;
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
  const cell = (one) => one.type === "rich_text"
    ? element("div", "", ...one.elements.map((inner) => rich(inner, context)))
    : String(one.text ?? one.value ?? "");
  const rows = block.rows.map((row, index) => element(
    "tr", "", ...row.map((one) => element(index ? "td" : "th", "", cell(one)))));
  const caption = block.caption ? [element("caption", "", block.caption)] : [];
  return element("div", "scroll", element("table", "", ...caption, ...rows));
}

function rich(one, context) {
  const inside = () => one.elements.map((inner) => richInline(inner, context));
  if (one.type === "rich_text_list") {
    const items = one.elements.map((item) => element("li", "", ...item.elements.map(
      (inner) => richInline(inner, context))));
    return element(one.style === "ordered" ? "ol" : "ul", "rich", ...items);
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
    user: () => element("span", "mention", `@${context.names(one.user_id)}`),
    channel: () => element("span", "mention", `#${context.names(one.channel_id)}`),
    broadcast: () => element("span", "mention", `@${one.range}`),
    date: () => dateText(new Date(one.timestamp * 1000), one.format),
  }[one.type];
  let made = words ? words() : `(${one.type})`;
  const tags = { bold: "b", italic: "i", strike: "s", code: "code", underline: "u" };
  for (const [name, tag] of Object.entries(tags)) {
    if (one.style?.[name]) made = element(tag, "", made);
  }
  return made;
}
