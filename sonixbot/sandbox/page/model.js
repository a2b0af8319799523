// What the page knows of the demo: the server's state, kept up to date by its events.

export const MOST_LINES = 600;
export const MOST_MESSAGES = 300;

const changes = {
  all: (state, { state: told }) => Object.assign(state, told),
  message: (state, { chat, message }) => put(state[chat].messages, message),
  mail: (state, { mail }) => state.mails.push(mail),
  lines: (state, { lines }) => {
    state.lines.push(...lines);
    state.lines.splice(0, state.lines.length - MOST_LINES);
  },
};

/** Change the state as an event tells; events without a rule of their own replace their part. */
export function change(state, event) {
  const rule = changes[event.kind];
  if (rule) rule(state, event);
  else if (event.kind in state) state[event.kind] = event[event.kind];
}

function put(messages, message) {
  const at = messages.findLastIndex((each) => each.id === message.id);
  if (at >= 0) messages[at] = message;
  else messages.push(message);
  if (messages.length > MOST_MESSAGES) messages.shift();
}
