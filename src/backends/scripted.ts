/**
 * Plays given answers at given times on its own clock, without a model: the whole flow can be tested on it, and its own
 * cost measured, because nothing else takes any time. It is an ordinary backend and passes the same contract test.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ModelOf } from '../core/definition/model.js';
import type { Generation } from '../core/definition/suite.js';
import { isChat, type Prompt } from '../core/message.js';
import { known, missing } from '../core/quantity.js';
import type { Backend, GenerationEvent, Session } from './backend.js';

const NO_LOGITS = 'a script has no probabilities';

export const scripted: Backend<ModelOf<'scripted'>> = {
  summary: 'given answers at given times, without a model: for tests and for measuring rightsize itself',
  cannot: { logprobs: NO_LOGITS, loglikelihood: NO_LOGITS, chatTemplate: 'a script is given the messages as they are' },
  async check() {
    return { ready: true };
  },
  async open({ script, context }, _, signal): Promise<Session> {
    signal.throwIfAborted();
    const ballast = script.memory === undefined ? null : Buffer.alloc(script.memory, 1);
    const origin = performance.now() / 1000;
    let virtual = 0;
    const now = () => (script.realTime ? performance.now() / 1000 : origin + virtual);
    const pass = async (seconds: number, until: AbortSignal) => {
      if (script.realTime) await sleep(seconds * 1000, undefined, { signal: until });
      else virtual += seconds;
      until.throwIfAborted();
    };
    await pass(script.load, signal);

    return {
      facts: {
        engine: 'scripted',
        device: 'none',
        threads: missing('a script runs on no threads'),
        context: context === undefined ? missing('a script has no context window') : known(context),
        chatTemplateHash: missing('a script has no chat template'),
        cannot: scripted.cannot as Readonly<Record<string, string>>,
        network: 'none',
        warnings: [],
      },
      now,
      concurrency: Number.POSITIVE_INFINITY,
      processes: [],
      async *generate(
        prompt: Prompt,
        { maxTokens, stop }: Generation,
        until: AbortSignal,
      ): AsyncGenerator<GenerationEvent> {
        until.throwIfAborted();
        const asked = isChat(prompt) ? prompt.messages.map(({ content }) => content).join('\n') : prompt.text;
        if (script.crashOn !== undefined && asked.includes(script.crashOn)) process.abort();
        if (script.failOn !== undefined && asked.includes(script.failOn))
          throw new Error('the script says that the engine fails here');
        const question = isChat(prompt)
          ? (prompt.messages.findLast(({ role }) => role === 'user')?.content ?? '')
          : prompt.text;
        const answer = cutAt(script.answers[question] ?? script.answers['*'] ?? '', stop);
        const words = answer.match(/\s*\S+\s*$|\s*\S+/g) ?? [];
        const said = words.slice(0, maxTokens);
        for (const [i, text] of said.entries()) {
          await pass(i === 0 ? script.ttft : script.itl, until);
          yield { kind: 'piece', time: now(), text, tokens: 1 };
        }
        yield {
          kind: 'end',
          time: now(),
          finish: words.length > maxTokens ? 'length' : 'stop',
          promptTokens: { value: asked.split(/\s+/).filter(Boolean).length, source: 'engine' },
          outputTokens: { value: said.length, source: 'engine' },
          rendered: asked,
        };
      },
      async close() {
        ballast?.fill(0);
      },
    };
  },
};

function cutAt(text: string, stop: readonly string[]): string {
  const ends = stop.map((word) => text.indexOf(word)).filter((at) => at >= 0);
  return ends.length === 0 ? text : text.slice(0, Math.min(...ends));
}
