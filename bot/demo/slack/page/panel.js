// The panel that makes things happen, and how this page asks the control APIs.

import { element } from "/page/text.js";

const byId = (id) => document.getElementById(id);
let where = () => ({});
const slack = (action, body = {}) => () => post(`/control/slack/${action}`, body);
const here = (action) => () => post(`/control/slack/${action}`, { channel: where().channel });
const veeam = (action, body = {}) => () => post(`/control/em/${action}`, body);
const type = (line) => () => post("/control/slack/command", { line, ...where() });
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
    Archive: here("archive"), Unarchive: here("unarchive"),
    "Remove bot": here("remove_bot"), "Invite bot": here("invite_bot"), "End faults": slack("clear"),
  },
};

/** Ask a control API; what it answers, or an error with its sentence. */
export async function post(address, body) {
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

/** Fill the panel; `whereabouts` tells who acts, and in which channel. */
export function buildPanel(groups, whereabouts) {
  where = whereabouts;
  for (const [title, actions] of Object.entries(PANEL)) {
    const buttons = Object.entries(actions).map(([label, act]) => {
      const made = element("button", "", label);
      made.addEventListener("click", () => run(made, label, act));
      return made;
    });
    groups.append(
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
