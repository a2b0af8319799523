// What the page asks of the demo.

import { complain } from "./toasts.js";
import { language, say } from "./words.js";

/** Send a wish; a refusal is shown with the server's sentence. Tells whether it was granted. */
export async function post(path, body = {}) {
  try {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Sonixbot": "1" },
      body: JSON.stringify({ ...body, language: language() }),
    });
    if (answer.ok) return true;
    complain((await answer.json()).error);
  } catch {
    complain(say("refused"));
  }
  return false;
}
