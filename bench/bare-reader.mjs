/**
 * A client that only counts the chunks of its answers: what any client pays that speaks HTTP through undici. It sends requests at a rate and
 * prints the seconds of processor time that it took, without its start.
 *
 *     node bench/bare-reader.mjs ENDPOINT PER_SECOND REQUESTS
 */
import { Agent, request } from 'undici';

const [endpoint, perSecond, requests] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const dispatcher = new Agent();
const body = JSON.stringify({
  model: 'null',
  messages: [{ role: 'user', content: 'Tell me a story, please.'.repeat(20) }],
  stream: true,
});

let chunks = 0;
async function read() {
  const answer = await request(`${endpoint}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    dispatcher,
  });
  for await (const _ of answer.body) chunks++;
}

const cpu = process.cpuUsage();
const began = performance.now();
const answers = [];
for (let sent = 0; sent < requests; sent++) {
  const wait = began + (1000 * sent) / perSecond - performance.now();
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
  answers.push(read());
}
await Promise.all(answers);
const { user, system } = process.cpuUsage(cpu);
process.stdout.write(`${JSON.stringify({ seconds: (user + system) / 1e6, chunks })}\n`);
process.exit(0);
