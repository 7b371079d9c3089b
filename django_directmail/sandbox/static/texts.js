// The two languages of the page. English stands in index.html and in the other modules.

/** English text to Chinese; `{name}` is filled in. */
const CHINESE = {
  "Skip to the list of mails": "跳到邮件列表",
  "DirectMail sandbox": "邮件推送沙箱",
  "Connecting": "正在连接",
  "Live": "实时更新",
  "Not reachable": "无法连接",
  "Language": "语言",
  "The sandbox does not answer. What is shown is the last that it said; this page goes on when it is back.":
    "沙箱没有响应。以下是最后一次收到的内容；沙箱恢复后本页会自动继续。",
  "Mails": "邮件",
  "1 mail": "1 封邮件",
  "{n} mails": "{n} 封邮件",
  "{n} of {all}": "{n} / {all}",
  "Clear all": "全部清除",
  "Search": "搜索",
  "No mail matches.": "没有匹配的邮件。",
  "New mail: {subject}": "新邮件：{subject}",
  "{n} new mails": "{n} 封新邮件",
  "Refused calls ({n}): {code}": "被拒绝的调用（{n}）：{code}",
  "All mails": "全部邮件",
  "Notes": "注意",
  "The text is a template, which only DirectMail can fill in: see the parameters.":
    "正文是模板，只有邮件推送服务才能填充：见“参数”。",
  "Signature verified ({method})": "签名已验证（{method}）",
  "From": "发件人",
  "To": "收件人",
  "To: {to}": "收件人：{to}",
  "Bcc": "密送",
  "Reply to": "回复至",
  "Tag": "标签",
  "Received": "接收时间",
  "Attachments ({n})": "附件（{n}）",
  "Links ({n})": "链接（{n}）",
  "Text": "纯文本",
  "Headers": "邮件头",
  "Parameters": "参数",
  "Name": "名称",
  "Value": "值",
  "Remote content, scripts and links are blocked in this preview.":
    "此预览已阻止远程内容、脚本和链接。",
  "Open in a new tab": "在新标签页中打开",
  "Preview of the HTML part": "HTML 部分预览",
  "This mail has no HTML part.": "此邮件没有 HTML 部分。",
  "This mail has no text part.": "此邮件没有纯文本部分。",
  "This mail has no headers of its own.": "此邮件没有自定义邮件头。",
  "This mail is not here": "此邮件不在这里",
  "It was cleared, made room for newer ones, or belongs to a sandbox that was stopped: mails are kept in memory only.":
    "它已被清除、已为新邮件腾出空间，或属于已停止的沙箱：邮件只保存在内存中。",
  "SMS": "短信",
  "New SMS: {sign_name}": "新短信：{sign_name}",
  "{n} new SMS": "{n} 条新短信",
  "Template": "模板",
  "No mail yet": "还没有邮件",
  "Choose a mail from the list": "请从列表中选择一封邮件",
  "Put this into the settings of your Django project:": "将以下内容写入 Django 项目的设置：",
  "Copy": "复制",
  "Copied": "已复制",
  "Then send yourself a test mail:": "然后给自己发送一封测试邮件：",
  "Senders that exist here:": "此处可用的发信地址：",
  "Keys: / searches, j and k or the arrows move, Enter opens, Escape goes back.":
    "按键：/ 搜索，j 和 k 或方向键移动，Enter 打开，Esc 返回。",
  "Clear all mails and SMS?": "清除全部邮件和短信？",
  "They are kept in memory only and cannot be brought back.": "它们只保存在内存中，清除后无法恢复。",
  "Cancel": "取消",
};

let language = "en";

export function chooseLanguage() {
  let stored = null;
  try {
    stored = localStorage.getItem("language");
  } catch {} // storage can be disabled; then the browser's language counts
  setLanguage((stored ?? navigator.language).startsWith("zh") ? "zh-Hans" : "en");
}

export function rememberLanguage(name) {
  try {
    localStorage.setItem("language", name);
  } catch {}
  setLanguage(name);
}

function setLanguage(name) {
  language = name;
  document.documentElement.lang = name;
  for (const node of document.querySelectorAll("[data-t]")) {
    say(node, node.dataset.t || node.textContent.trim().replace(/\s+/g, " "));
  }
}

export function t(text, values = {}) {
  const found = language === "en" ? text : (CHINESE[text] ?? text);
  return found.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** Set the text of an element, now and after each change of the language. */
export function say(node, text) {
  node.dataset.t = text;
  if (node.textContent !== t(text)) node.textContent = t(text);
}

/** Return a number of bytes as B, kB or MB, in steps of 1024. */
export function fileSize(bytes) {
  const steps = ["byte", "kilobyte", "megabyte"];
  const step = bytes < 1024 ? 0 : bytes < 1024 ** 2 ? 1 : 2;
  const style = { style: "unit", unit: steps[step], unitDisplay: step ? "short" : "long" };
  const format = new Intl.NumberFormat(language, { ...style, maximumFractionDigits: 1 });
  return format.format(bytes / 1024 ** step);
}

export function localTime(moment, style) {
  return new Intl.DateTimeFormat(language, style).format(new Date(moment));
}
