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

function mark(name) {
  for (const control of form.elements) {
    control.removeAttribute("aria-invalid");
  }
  const wrong = name && form.elements.namedItem(name);
  if (wrong) {
    wrong.setAttribute("aria-invalid", "true");
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
    if (answer.sent) {
      tell(answer.message, "good");
      form.reset();
    } else {
      tell(answer.error, "bad");
    }
  } catch {
    mark(null);
    tell(form.dataset.lost, "bad");
  }
  button.removeAttribute("aria-disabled");
  busy = false;
});
