// The list of SMS below the list of mails.
import { $, bdi, el } from "/static/mail.js";
import { localTime, t } from "/static/texts.js";

const items = new Map(); // SMS id -> its list item, which never changes
let shown = ""; // instance and revision of the list on the page
let messages = []; // newest first

/** Bring the list up to date; return whether it appeared or went away. */
export async function refreshSms(status, ask) {
  const state = `${status.instance} ${status.sms_revision}`;
  if (state === shown) return false;
  const found = await ask("/api/sms");
  if (!found) return false;
  const restarted = !shown.startsWith(found.instance);
  if (restarted) items.clear();
  else announce(found.sms.filter(({ id }) => !items.has(id)));
  shown = `${found.instance} ${found.revision}`;
  messages = found.sms;
  return drawSms();
}

function announce(fresh) {
  if (fresh.length === 1) $("news").textContent = t("New SMS: {sign_name}", fresh[0]);
  else if (fresh.length) $("news").textContent = t("{n} new SMS", { n: fresh.length });
}

/** Draw the list again after a change of the language. */
export function translateSms() {
  items.clear();
  drawSms();
}

function drawSms() {
  const before = $("sms").hidden;
  const kept = new Set(messages.map(({ id }) => id));
  for (const id of items.keys()) if (!kept.has(id)) items.delete(id);
  for (const sms of messages) if (!items.has(sms.id)) items.set(sms.id, buildItem(sms));
  const wanted = messages.map(({ id }) => items.get(id));
  for (const item of [...$("sms-list").children]) if (!wanted.includes(item)) item.remove();
  // Items that stay are not touched: they keep the focus, and stay open.
  $("sms-list").prepend(...wanted.filter((item) => !item.isConnected));
  $("sms").hidden = !messages.length;
  $("sms-count").textContent = messages.length;
  return before !== $("sms").hidden;
}

function buildItem(sms) {
  const [first, ...others] = sms.phone_numbers;
  const to = first + (others.length ? ` +${others.length}` : "");
  const moment = (style) => localTime(sms.received_at, style);
  const time = el("time", { dateTime: sms.received_at }, moment({ timeStyle: "short" }));
  const summary = el("summary", {}, bdi(sms.sign_name, "who"), " ", time, " ");
  summary.append(bdi(t("To: {to}", { to }), "to"));
  const facts = el("dl", {});
  const add = (name, text) => text && facts.append(el("dt", {}, name), el("dd", {}, bdi(text)));
  add(t("To"), sms.phone_numbers.join(", "));
  add(t("Template"), sms.template_code);
  for (const [name, value] of Object.entries(sms.template_params)) add(bdi(name), value);
  add(t("Received"), moment({ dateStyle: "long", timeStyle: "medium" }));
  add("OutId", sms.out_id);
  add("SmsUpExtendCode", sms.sms_up_extend_code);
  add("BizId", sms.biz_id);
  add("RequestId", sms.request_id);
  return el("li", {}, el("details", {}, summary, facts));
}
