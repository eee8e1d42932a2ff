// A browser's view: follows a space's stream with EventSource and prints what it sees, an NDJSON
// line each: {"open":true}, {"hello":{...}}, {"id":"epoch-1","event":{...}}, {"error":"..."}.
import { EventSource } from "eventsource";

const [url] = process.argv.slice(2);
const print = (object) => process.stdout.write(JSON.stringify(object) + "\n");

const source = new EventSource(url);
source.onopen = () => print({ open: true });
source.onmessage = (message) => print({ id: message.lastEventId, event: JSON.parse(message.data) });
source.onerror = (error) => print({ error: String(error.message ?? error.type), state: source.readyState });
source.addEventListener("hello", (message) => print({ hello: JSON.parse(message.data) }));
source.addEventListener("reset", (message) => {
  print({ reset: JSON.parse(message.data) });
  source.close();
});
