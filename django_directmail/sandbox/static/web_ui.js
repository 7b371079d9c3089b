// The page of the sandbox: the list of mails, which refreshes itself, and one mail.
import { $, bdi, drawMail, el, startTabs } from "/static/mail.js";
import { refreshSms, translateSms } from "/static/sms.js";
import { chooseLanguage, localTime, rememberLanguage, say, t } from "/static/texts.js";

const POLL_MS = 2000;
const TIMEOUT_MS = 10000;
const narrow = matchMedia("(max-width: 45em)"); // as in web_ui.css

const rows = new Map(); // mail id -> {item, link, words}
let mails = []; // newest first, as the sandbox lists them
let current = null; // the mail that is open
let timer = 0;
let reachable = null;
let focusDetail = false;
// What the list shows: another sandbox has another instance, and counts again from 1.
let instance = "";
let revision = -1;

/** Return the JSON of the response; null after an error or without a response. */
async function ask(path, options = {}) {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const answer = await fetch(path, { ...options, signal });
    const value = await answer.json();
    showReachable(true);
    return answer.ok ? value : null;
  } catch {
    showReachable(false);
    return null;
  }
}

function showReachable(value) {
  if (value === reachable) return;
  reachable = value;
  say($("state"), value ? "Live" : "Not reachable");
  $("state").classList.toggle("off", !value);
  $("unreachable").hidden = value;
}

async function poll() {
  const status = await ask("/api/status");
  if (status) {
    showSettings(status);
    // On a phone, the first SMS replaces the welcome text by the list.
    if ((await refreshSms(status, ask)) && !wantedId()) drawDetail();
    if (status.instance !== instance || status.revision !== revision) await refresh();
    showRefused(status.refused);
    $("clear").disabled = !mails.length && $("refused").hidden && $("sms").hidden;
  }
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(poll, POLL_MS);
}

async function refresh() {
  const found = await ask("/api/mails");
  if (!found) return;
  const first = instance === "";
  if (found.instance !== instance) {
    forgetRows();
    current = null;
  }
  ({ instance, revision, mails } = found);
  const fresh = drawList();
  if (!first && fresh) announce(fresh);
  if (current && rows.has(current.id)) drawTitle();
  else await openWanted();
}

/** Show the refused calls, newest first: they explain why a mail is missing. */
function showRefused(refused) {
  $("refused").hidden = !refused.length;
  const title = t("Refused calls ({n}): {code}", { n: refused.length, code: refused[0]?.code });
  const key = refused.length + (refused[0]?.at ?? "") + title;
  if (key === $("refused").dataset.key) return; // an open list stays as it is
  $("refused").dataset.key = key;
  $("refused-title").textContent = title;
  if (refused.length) $("news").textContent = title;
  const build = ({ at, code, message }) =>
    el("li", {}, el("strong", {}, code), " ", shortTime(at), " ", bdi(message));
  $("refused-list").replaceChildren(...refused.map(build));
}

function announce(fresh) {
  const one = t("New mail: {subject}", mails[0]);
  $("news").textContent = fresh === 1 ? one : t("{n} new mails", { n: fresh });
}

function forgetRows() {
  rows.clear();
  $("list").replaceChildren();
}

/** Bring the list up to date; return the number of new rows. */
function drawList() {
  const hadFocus = $("list").contains(document.activeElement);
  const kept = new Set(mails.map((mail) => mail.id));
  // A mail never changes, so its row is not touched: it keeps focus, selection and
  // scroll position.
  for (const [id, { item }] of rows) {
    if (!kept.has(id)) item.remove();
    if (!kept.has(id)) rows.delete(id);
  }
  const fresh = mails.filter((mail) => !rows.has(mail.id)).map(buildRow);
  $("list").prepend(...fresh);
  search();
  if (hadFocus && !$("list").contains(document.activeElement)) focusList();
  return fresh.length;
}

function buildRow(mail) {
  const to = mail.to[0] + (mail.to.length > 1 ? ` +${mail.to.length - 1}` : "");
  const link = el("a", { href: `#mail-${mail.id}` });
  link.append(bdi(mail.sender_name || mail.sender, "who"), " ", shortTime(mail.received_at));
  const foot = el("span", { className: "foot" }, bdi(t("To: {to}", { to }), "to"));
  if (mail.tag) foot.append(" ", bdi(mail.tag, "tag"));
  link.append(" ", bdi(mail.subject, "what"), " ", foot);
  const item = el("li", {}, link);
  const { subject, sender, sender_name, tag, excerpt, env_id, request_id } = mail;
  const texts = [subject, sender, sender_name, tag, excerpt, env_id, request_id];
  const words = [...texts, ...mail.to, ...mail.bcc].join("\n").toLowerCase();
  rows.set(mail.id, { item, link, words });
  return item;
}

function shortTime(moment) {
  const today = new Date(moment).toDateString() === new Date().toDateString();
  const style = today ? { timeStyle: "short" } : { dateStyle: "medium" };
  return el("time", { dateTime: moment }, localTime(moment, style));
}

function search() {
  const terms = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const all = rows.size;
  let n = 0;
  for (const { item, words } of rows.values()) {
    item.hidden = !terms.every((term) => words.includes(term));
    n += item.hidden ? 0 : 1;
  }
  const total = all === 1 ? t("1 mail") : t("{n} mails", { n: all });
  const count = terms.length ? t("{n} of {all}", { n, all }) : total;
  if ($("count").textContent !== count) $("count").textContent = count;
  $("no-match").hidden = n > 0 || !all;
}

const visibleLinks = () => [...$("list").querySelectorAll("li:not([hidden]) a")];

function focusList() {
  const links = visibleLinks();
  (links.find((link) => link.ariaCurrent) ?? links[0] ?? $("mails-title")).focus();
}

function step(by) {
  const links = visibleLinks();
  const focused = links.indexOf(document.activeElement);
  const from = focused < 0 ? links.findIndex((link) => link.ariaCurrent) : focused;
  const next = links[from < 0 ? 0 : from + by];
  next?.focus();
  if (next && wantedId()) location.replace(next.hash); // "back" must not go through the list
  else if (next && !narrow.matches) location.assign(next.hash);
}

function wantedId() {
  return Number(/^#mail-(\d+)$/.exec(location.hash)?.[1] ?? 0);
}

async function openWanted() {
  const id = wantedId();
  const mail = id ? await ask(`/api/mails/${id}`) : null;
  if (id !== wantedId()) return; // another one was chosen in the meantime
  if (id && !mail && !reachable) revision = -1; // ask again when it is back
  current = mail;
  markOpen(id);
  drawDetail();
}

function markOpen(id) {
  for (const [key, { link }] of rows) link.ariaCurrent = key === id ? "true" : null;
  rows.get(id)?.link.scrollIntoView({ block: "nearest" });
}

function drawDetail() {
  const id = wantedId();
  const view = id || (!rows.size && $("sms").hidden) ? "detail" : "list";
  const back = view === "list" && $("main").dataset.view === "detail";
  $("main").dataset.view = view;
  $("mail").hidden = !current;
  $("missing").hidden = !id || current !== null;
  $("welcome").hidden = id !== 0;
  say($("missing-title"), reachable ? "This mail is not here" : "Not reachable");
  $("missing-text").hidden = !reachable;
  say($("welcome-title"), rows.size ? "Choose a mail from the list" : "No mail yet");
  if (current) drawMail(current);
  drawTitle();
  if (focusDetail && id) (current ? $("subject") : $("missing-title")).focus();
  if (narrow.matches && back && !$("mails").contains(document.activeElement)) focusList();
  focusDetail = false;
}

function drawTitle() {
  // A title cannot isolate right-to-left marks, so they are left out.
  const subject = current?.subject.replace(/\p{Bidi_Control}/gu, "");
  const count = rows.size ? `(${rows.size}) ` : "";
  document.title = count + (subject ? `${subject} · ` : "") + t("DirectMail sandbox");
}

function showSettings(status) {
  const sender = status.senders.find((pattern) => pattern !== "*") ?? "@example.com";
  const backend = '"django_directmail.backends.EmailBackend"';
  const text = `INSTALLED_APPS += ["django_directmail"]
MAILERS = {"default": {"BACKEND": ${backend}}}
# Up to Django 6.0, instead: EMAIL_BACKEND = ${backend}
DEFAULT_FROM_EMAIL = "${sender.startsWith("@") ? "hello" : ""}${sender}"
DIRECTMAIL = {
    "ACCESS_KEY_ID": "${status.access_key_id}",
    "ACCESS_KEY_SECRET": "${status.access_key_secret}",
    "ENDPOINT": "${location.origin}",
}`;
  // Written only when it differs, so that a selection in it survives the next poll.
  if ($("settings").textContent !== text) $("settings").textContent = text;
  $("senders").textContent = status.senders.join(", ");
}

async function copySettings() {
  await navigator.clipboard.writeText($("settings").textContent);
  say($("copy"), "Copied");
}

async function clearIfConfirmed() {
  if ($("confirm").returnValue !== "clear") return;
  await ask("/api/mails", { method: "DELETE" });
  location.hash = "#mails";
  await poll();
  $("welcome-title").focus(); // the button is disabled now and would lose the focus
}

function changeLanguage() {
  rememberLanguage($("language").value);
  forgetRows();
  drawList();
  translateSms();
  openWanted();
}

function leaveMail() {
  if (narrow.matches && rows.size) {
    if (wantedId()) location.hash = "#mails";
    $("main").dataset.view = "list"; // at once, so that it can take the focus
  }
  focusList();
}

function pressed(event) {
  const typing = event.target.closest("input, select, dialog");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const inList = $("list").contains(event.target); // elsewhere the arrows scroll
  if (event.key === "j" || (inList && event.key === "ArrowDown")) step(1);
  else if (event.key === "k" || (inList && event.key === "ArrowUp")) step(-1);
  else if (event.key === "Escape" && wantedId()) leaveMail();
  else if (event.key === "/") {
    if (wantedId()) leaveMail();
    $("search").focus();
  } else return;
  event.preventDefault();
}

function clickedInList(event) {
  const link = event.target.closest("a");
  if (!link) return;
  // Enter (a click without a pointer) moves the focus to the mail; a pointer does not.
  focusDetail = narrow.matches || event.detail === 0;
  if (focusDetail && link.hash === location.hash) $("subject").focus();
}

function askToClear() {
  $("confirm").returnValue = ""; // of the last time
  $("confirm").showModal();
}

function start() {
  chooseLanguage();
  startTabs();
  $("language").value = document.documentElement.lang;
  $("language").onchange = changeLanguage;
  $("copy").hidden = !navigator.clipboard; // browsers offer it on https and localhost only
  $("copy").onclick = copySettings;
  $("search").oninput = search;
  $("skip").onclick = (event) => [event.preventDefault(), leaveMail()];
  $("clear").onclick = askToClear;
  $("confirm").onclose = clearIfConfirmed;
  $("list").onclick = clickedInList;
  document.addEventListener("keydown", pressed);
  document.addEventListener("visibilitychange", () => document.hidden || poll());
  window.addEventListener("hashchange", openWanted);
  poll();
}

start();
