// The stream of the demo's events, handed on once a frame: a storm must not cost a layout a line.

/** Listen; `take` gets the events of one frame, `link` how the connection is: up, lost, ended. */
export function listen(take, link) {
  const source = new EventSource("events");
  let waiting = [];
  const hand = () => {
    const events = waiting;
    waiting = [];
    take(events);
  };
  source.onmessage = ({ data }) => {
    const event = JSON.parse(data);
    if (event.kind === "end") {
      source.close();
      link("ended");
      return;
    }
    if (!waiting.length) requestAnimationFrame(hand);
    waiting.push(event);
  };
  source.onopen = () => link("up");
  source.onerror = () => link("lost");
}
