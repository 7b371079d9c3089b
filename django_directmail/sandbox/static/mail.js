// One mail, drawn into the detail pane.
// The text of a mail is not trusted: it becomes text nodes, never markup.
import { fileSize, localTime, t } from "/static/texts.js";

const TABS = { html: htmlPanel, text: textPanel, headers: headersPanel, parameters: parametersPanel };
const NAMES = Object.keys(TABS);
export const $ = (id) => document.getElementById(id);

let shown = null;
let preferred = "html";

export function el(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

/** Text of a mail; its right-to-left marks do not affect the text around it. */
export const bdi = (text, className = "") => el("bdi", { className }, text);

export function drawMail(mail) {
  shown = mail;
  $("subject").replaceChildren(bdi(mail.subject));
  $("signature").textContent = t("Signature verified ({method})", { method: mail.signature });
  drawFacts(mail);
  drawNotes(mail);
  drawFiles(mail);
  drawLinks(mail);
  selectTab(preferred === "html" && !mail.html ? "text" : preferred);
}

function drawFacts(mail) {
  const style = { dateStyle: "long", timeStyle: "medium" };
  const time = el("time", { dateTime: mail.received_at }, localTime(mail.received_at, style));
  $("facts").replaceChildren(
    ...fact(t("From"), [person(mail.sender_name, mail.sender)]),
    ...fact(t("To"), mail.to.map((address) => bdi(address))),
    ...fact(t("Bcc"), mail.bcc.map((address) => bdi(address))),
    ...fact(t("Reply to"), mail.reply_to ? [person(mail.reply_to_name, mail.reply_to)] : []),
    ...fact(t("Tag"), mail.tag ? [bdi(mail.tag)] : []),
    ...fact(t("Received"), [time]),
    ...fact("EnvId", [bdi(mail.env_id, "id")]),
    ...fact("RequestId", [bdi(mail.request_id, "id")]),
  );
}

function person(name, address) {
  return name ? el("span", {}, bdi(name), " <", bdi(address), ">") : bdi(address);
}

function fact(name, values) {
  if (!values.length) return [];
  const many = values.length > 10; // then it scrolls, and the keyboard must reach it
  const list = el("dd", many ? { className: "many", tabIndex: 0 } : {});
  values.forEach((value, i) => list.append(i ? ", " : "", value));
  return [el("dt", {}, name), list];
}

function drawNotes(mail) {
  const notes = [...mail.notes];
  if (mail.template) {
    notes.push(t("The text is a template, which only DirectMail can fill in: see the parameters."));
  }
  $("notes").replaceChildren(...notes.map((note) => el("li", {}, bdi(note))));
  $("notes-box").hidden = !notes.length;
}

function drawFiles(mail) {
  const items = mail.attachments.map(({ name, size, url }) => {
    const link = el("a", { href: url, download: name }, bdi(name));
    return el("li", {}, link, " ", el("span", { className: "hint" }, fileSize(size)));
  });
  $("files").replaceChildren(...items);
  $("files-title").textContent = t("Attachments ({n})", { n: items.length });
  $("files-box").hidden = !items.length;
}

function drawLinks(mail) {
  const items = mail.links.map((href) => el("li", {}, outward(href, bdi(href))));
  $("links").replaceChildren(...items);
  $("links-title").textContent = t("Links ({n})", { n: items.length });
  $("links-box").hidden = !items.length;
}

function outward(href, text) {
  return el("a", { href, target: "_blank", rel: "noreferrer" }, text);
}

export function startTabs() {
  for (const name of NAMES) {
    $(`tab-${name}`).onclick = () => selectTab((preferred = name));
  }
  $("tabs").onkeydown = (event) => {
    const at = NAMES.findIndex((name) => event.target.id === `tab-${name}`);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    $(`tab-${NAMES.at(to % NAMES.length)}`).focus();
    document.activeElement.click();
  };
}

function selectTab(chosen) {
  for (const name of NAMES) {
    $(`tab-${name}`).ariaSelected = String(name === chosen);
    $(`tab-${name}`).tabIndex = name === chosen ? 0 : -1;
  }
  $("panel").setAttribute("aria-labelledby", `tab-${chosen}`);
  $("panel").replaceChildren(...TABS[chosen](shown));
}

function htmlPanel(mail) {
  if (!mail.html) return [hint(t("This mail has no HTML part."))];
  const src = `/mails/${mail.id}/preview`;
  const line = hint(t("Remote content, scripts and links are blocked in this preview."));
  line.append(" ", outward(src, t("Open in a new tab")));
  // A new frame each time: navigation in an old one would add a step to "back".
  const frame = el("iframe", { title: t("Preview of the HTML part") });
  frame.setAttribute("sandbox", "");
  frame.src = src;
  return [line, frame];
}

function textPanel(mail) {
  if (!mail.text) return [hint(t("This mail has no text part."))];
  return [el("pre", { dir: "auto" }, mail.text)];
}

function headersPanel(mail) {
  const found = Object.entries(mail.headers);
  return [found.length ? table(found) : hint(t("This mail has no headers of its own."))];
}

function parametersPanel(mail) {
  return [table(Object.entries(mail.parameters).sort(([a], [b]) => (a < b ? -1 : 1)))];
}

const hint = (text) => el("p", { className: "hint" }, text);

function table(pairs) {
  const head = [t("Name"), t("Value")].map((name) => el("th", { scope: "col" }, name));
  const lines = pairs.map(([name, value]) =>
    el("tr", {}, el("th", { scope: "row" }, bdi(name)), el("td", {}, bdi(value))),
  );
  return el("table", {}, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...lines));
}
