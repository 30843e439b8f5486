// The markdown block: headings, lists, quotes, code and emphasis as standard Markdown has them.

import { element, link } from "/page/text.js";

const LINES = [
  [/^(#{1,6}) (.*)/, ([, marks, words]) => element("div", `heading level-${Math.min(marks.length, 4)}`, ...inline(words))],
  [/^([-*_])(?: ?\1){2,}$/, () => element("hr")],
  [/^> ?(.*)/, ([, words]) => element("blockquote", "", ...inline(words))],
  [/^( *)[-*+] (.*)/, ([, space, words]) => item("ul", space, words)],
  [/^( *)\d+[.)] (.*)/, ([, space, words]) => item("ol", space, words)],
];

const INLINE = /`([^`]+)`|\*\*(.+?)\*\*|~~(.+?)~~|\*(.+?)\*|\b_(.+?)_\b|\[([^\]]+)\]\(([^)\s]+)\)/g;

export function markdown(text) {
  const made = element("div", "text");
  for (const [index, part] of text.split(/^```.*\n([\s\S]*?)^```$/m).entries()) {
    if (index % 2) made.append(element("pre", "", part.replace(/\n$/, "")));
    else for (const line of part.split("\n")) append(made, line);
  }
  return made;
}

function append(made, line) {
  const [pattern, render] = LINES.find(([each]) => each.test(line)) ?? [];
  const node = pattern ? render(line.match(pattern)) : element("div", "", ...inline(line), "\u200b");
  const last = made.lastChild;
  if (last && /^(UL|OL)$/.test(last.tagName) && last.className === node.className && last.tagName === node.tagName) {
    last.append(...node.children);
  } else made.append(node);
}

function item(kind, space, words) {
  return element(kind, `rich indent-${Math.floor(space.length / 2)}`, element("li", "", ...inline(words)));
}

function inline(text) {
  const made = [];
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    const [whole, code, bold, struck, slanted, lowered, label, address] = match;
    made.push(text.slice(end, match.index));
    end = match.index + whole.length;
    if (code) made.push(element("code", "", code));
    else if (bold) made.push(element("b", "", ...inline(bold)));
    else if (struck) made.push(element("s", "", ...inline(struck)));
    else if (label) made.push(link(address, label));
    else made.push(element("i", "", ...inline(slanted ?? lowered)));
  }
  return [...made, text.slice(end)];
}
