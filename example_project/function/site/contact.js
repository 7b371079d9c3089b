// Sends the form without leaving the page. Without this the form works all the same.
"use strict";

const form = document.querySelector("form");
const button = form.querySelector("button");
const notice = form.querySelector(".notice");
let busy = false;

function tell(text, kind) {
  notice.className = `notice ${kind}`;
  notice.textContent = text;
}

// Puts the notice to what is wrong: on a phone, the button may be out of sight.
function mark(name) {
  for (const control of form.elements) {
    control.removeAttribute("aria-invalid");
    control.removeAttribute("aria-errormessage");
  }
  const wrong = name && form.elements.namedItem(name);
  (wrong || button).before(notice);
  if (wrong) {
    wrong.setAttribute("aria-invalid", "true");
    wrong.setAttribute("aria-errormessage", notice.id);
    wrong.focus();
  }
}

async function send() {
  const response = await fetch(form.action, {
    method: "POST",
    body: new URLSearchParams(new FormData(form)),
    headers: { Accept: "application/json", "Accept-Language": document.documentElement.lang },
    referrerPolicy: "origin",
  });
  return response.json();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (busy) {
    return;
  }
  busy = true;
  // Not "disabled": that would take the focus away from who works with the keyboard.
  button.setAttribute("aria-disabled", "true");
  tell(form.dataset.sending, "");
  try {
    const answer = await send();
    mark(answer.field);
    // A gateway in between may say no in words of its own.
    const text = answer.sent ? answer.message : answer.error;
    tell(text || form.dataset.silent, answer.sent ? "good" : "bad");
    if (answer.sent) {
      form.reset();
    }
  } catch {
    mark(null);
    tell(form.dataset.silent, "bad");
  }
  button.removeAttribute("aria-disabled");
  busy = false;
});
