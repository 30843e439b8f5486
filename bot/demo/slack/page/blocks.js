// Block Kit as DOM nodes. `context` gives `names(id)`, `press(element, node)` for buttons and
// `choose(element, option, node)` for menus, which says whether the choice stands.

import { dateText, element, emoji, link, mention, mrkdwn, plain } from "/page/text.js";

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
  if (one.type === "static_select") return select(one, context);
  if (one.type === "overflow") return overflow(one, context);
  if (one.type !== "button") return element("span", "unknown", `(${one.type})`);
  const made = element("button", one.style ?? "", plain(one.text.text));
  made.type = "button";
  if (one.accessibility_label) made.setAttribute("aria-label", one.accessibility_label);
  made.addEventListener("click", () => context.press(one, made));
  return made;
}

/** A menu without behaviour of its own; `chosen` is the value that stands in it. */
export function menu(one, chosen = one.initial_option?.value) {
  const made = element("select");
  const first = new Option(plain(one.placeholder?.text ?? "Select an option"), "");
  const option = (each) => new Option(plain(each.text.text), each.value);
  const groups = (one.option_groups ?? []).map((group) => {
    const grouped = element("optgroup", "", ...group.options.map(option));
    grouped.label = plain(group.label.text);
    return grouped;
  });
  made.append(first, ...(one.options ?? []).map(option), ...groups);
  made.value = chosen ?? "";
  return made;
}

export function optionsOf(one) {
  return [...(one.options ?? []), ...(one.option_groups ?? []).flatMap((group) => group.options)];
}

function select(one, context) {
  const made = menu(one);
  let before = made.value;
  made.setAttribute("aria-label", plain(one.placeholder?.text ?? "Select an option"));
  made.addEventListener("change", async () => {
    const option = optionsOf(one).find((each) => each.value === made.value);
    if (option && await context.choose(one, option, made)) before = made.value;
    else made.value = before;
  });
  return made;
}

function overflow(one, context) {
  const summary = element("summary", "", "⋯");
  summary.setAttribute("aria-label", "More actions");
  const made = element("details", "overflow", summary);
  const items = one.options.map((option) => {
    const item = element("button", "", plain(option.text.text));
    item.type = "button";
    item.addEventListener("click", () => {
      made.open = false;
      context.choose(one, option, item);
    });
    return item;
  });
  made.append(element("div", "menu", ...items));
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
    user: () => mention("@", context.names(one.user_id)),
    usergroup: () => mention("@", context.names(one.usergroup_id)),
    channel: () => mention("#", context.names(one.channel_id)),
    broadcast: () => mention("@", one.range, true),
    date: () => dateText(new Date(one.timestamp * 1000), one.format),
  }[one.type];
  let made = words ? words() : `(${one.type})`;
  const tags = { bold: "b", italic: "i", strike: "s", code: "code", underline: "u" };
  for (const [name, tag] of Object.entries(tags)) {
    if (one.style?.[name]) made = element(tag, "", made);
  }
  return made;
}
