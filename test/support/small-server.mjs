/**
 * A server of the OpenAI protocol in one file, to be started as a program: `node small-server.mjs PORT [HOW]`. It answers
 * `BEHAVIOUR` (an environment variable) and can be told to start, live and end badly.
 */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

const [port, how = 'well'] = process.argv.slice(2);
if (how === 'ends') {
  console.error('loading…\nfatal: no such model\n');
  process.exit(3);
}
if (how === 'tells') {
  console.error(`fatal: ${process.env.SERVER_KEY} is no key`);
  process.exit(4);
}
if (how === 'stubborn') process.on('SIGTERM', () => {});
if (how === 'parent') {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  writeFileSync(process.env.PID_FILE, String(child.pid));
}

const server = createServer((request, response) => {
  if (request.url === '/health') return response.writeHead(how === 'never-ready' ? 503 : 200).end();
  if (request.url.endsWith('/models') || request.url === '/never') return response.writeHead(404).end();
  let text = '';
  request.on('data', (bytes) => {
    text += bytes;
  });
  request.on('end', () => {
    const body = JSON.parse(text);
    if (body.echo) return response.writeHead(404).end();
    const last = body.messages.at(-1).content;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const piece = (content) => response.write(`data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`);
    piece(process.env.BEHAVIOUR ?? 'well');
    if (last === 'crash') return setTimeout(() => crash(), 50);
    response.end(`data: ${JSON.stringify({ choices: [{ delta: {}, finish_reason: 'stop' }] })}\n\ndata: [DONE]\n\n`);
  });
});
server.listen(Number(port), how === 'open' ? '0.0.0.0' : '127.0.0.1');

function crash() {
  console.error('CUDA error: out of memory');
  process.kill(process.pid, 'SIGSEGV');
}
