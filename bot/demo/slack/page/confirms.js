// The dialog that asks before a widget with `confirm` does anything.

import { element, mrkdwn, plain } from "/page/text.js";

/** Whether the person means it; widgets without `confirm` are meant at once. */
export function confirmed(one, names) {
  if (!one.confirm) return Promise.resolve(true);
  const { title, text, confirm, deny, style } = one.confirm;
  const heading = element("h2", "", plain(title.text));
  heading.id = "confirm-title";
  const said = text.type === "mrkdwn" ? mrkdwn(text.text, names) : plain(text.text);
  const no = element("button", "", plain(deny.text));
  const yes = element("button", style === "danger" ? "sure danger" : "sure", plain(confirm.text));
  [no.value, yes.value] = ["no", "yes"];
  const foot = element("div", "foot", no, yes);
  const form = element("form", "", heading, element("div", "view", element("div", "text", said)), foot);
  form.method = "dialog";
  const dialog = element("dialog", "confirm", form);
  dialog.setAttribute("role", "alertdialog");
  dialog.setAttribute("aria-labelledby", heading.id);
  document.body.append(dialog);
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    dialog.showModal();
    yes.focus();
  });
}
