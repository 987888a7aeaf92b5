/**
 * What one chunk adds to an answer. The protocol has one name for it (`content`); servers of reasoning models, of tools
 * and of filters have a dozen more, and each of them is output that someone waited for:
 *
 *     {"delta":{"content":" Hi"}}                                          every server
 *     {"text":" Hi"}                                                       completions
 *     {"delta":{"content":[{"type":"text","text":" Hi"}]}}                 Mistral
 *     {"delta":{"content":[{"type":"thinking","thinking":[{"text":"Hm"}]}]}}
 *     {"delta":{"reasoning_content":"Hm"}}                                 DeepSeek, vLLM, SGLang, llama-server
 *     {"delta":{"reasoning":"Hm","reasoning_details":[{"text":"Hm"}]}}     OpenRouter, Groq, Ollama
 *     {"delta":{"thinking_blocks":[{"thinking":"Hm"}]}}                    LiteLLM before Anthropic
 *     {"delta":{"tool_calls":[{"function":{"name":"f","arguments":"{"}}]}}
 *     {"delta":{"refusal":"I cannot."}}                                    OpenAI
 *     {"message":{"content":"Hi"}}                                         a whole answer in one event
 */
import { isObject, textOf } from './json.js';

export interface Delta {
  /** Part of the answer; may be empty. */
  readonly text: string;
  /** What a reasoning model thinks before it answers; no part of the answer. */
  readonly reasoning: string;
  /** Part of a call of a function. */
  readonly call: CallDelta | null;
  /** Whether the text is a refusal in words. */
  readonly refused: boolean;
}

export interface CallDelta {
  /** The name of the function, where a call begins. */
  readonly name: string;
  /** The next part of its arguments, JSON. */
  readonly arguments: string;
}

/** Names under which servers stream thoughts. One server sends the same thought under several, so only the first counts. */
const REASONING = [
  'reasoning_content',
  'reasoning',
  'reasoning_text',
  'thinking',
  'thought',
  'thoughts',
  'thinking_content',
  'reasoning_details',
  'thinking_blocks',
] as const;

/** Types of parts, in a list of contents, that hold thoughts. */
const THOUGHT = /think|thought|reason/;

export function readDelta(choice: Readonly<Record<string, unknown>>): Delta {
  const delta = [choice.delta, choice.message].find(isObject) ?? {};
  const parts = partsOf(delta.content);
  const thoughts = parts.filter(({ type }) => THOUGHT.test(textOf(type)));
  const refusals = parts.filter(({ type }) => type === 'refusal');
  const words = parts.filter((part) => !thoughts.includes(part) && !refusals.includes(part));
  const content = textOf(delta.content) || wordsOf(words) || textOf(choice.text) || transcriptOf(delta);
  const refusal = textOf(delta.refusal) || wordsOf(refusals);
  const named = REASONING.map((name) => wordsOf(delta[name])).find((text) => text !== '') ?? '';
  return {
    text: content + refusal,
    reasoning: wordsOf(thoughts) || named,
    call: callOf(delta),
    refused: refusal !== '',
  };
}

/** A list of parts; some servers send a lone part, or texts in the place of parts. */
function partsOf(content: unknown): readonly Record<string, unknown>[] {
  const list = Array.isArray(content) ? content : isObject(content) ? [content] : [];
  return list.map((part) => (typeof part === 'string' ? { text: part } : part)).filter(isObject);
}

/** Names under which an object holds its words. */
const WORDS = ['text', 'thinking', 'thought', 'reasoning', 'summary', 'content', 'refusal'] as const;
const DEPTH = 4;

/** The words in a text, a list of parts, or a part; hostile input may be nested without end. */
function wordsOf(value: unknown, depth = DEPTH): string {
  if (typeof value === 'string') return value;
  if (depth === 0) return '';
  if (Array.isArray(value)) return value.map((part) => wordsOf(part, depth - 1)).join('');
  if (!isObject(value)) return '';
  return WORDS.map((name) => wordsOf(value[name], depth - 1)).find((text) => text !== '') ?? '';
}

function transcriptOf({ audio }: Readonly<Record<string, unknown>>): string {
  return isObject(audio) ? textOf(audio.transcript) : '';
}

function callOf({ tool_calls, function_call }: Readonly<Record<string, unknown>>): CallDelta | null {
  const calls = Array.isArray(tool_calls) ? tool_calls : [];
  const called = calls.map((call) => (isObject(call) ? call.function : null)).find(isObject) ?? function_call;
  if (!isObject(called)) return null;
  const { arguments: given } = called;
  // Some servers send the arguments as an object, at once.
  const text = isObject(given) ? JSON.stringify(given) : textOf(given);
  const name = textOf(called.name);
  return name === '' && text === '' ? null : { name, arguments: text };
}

export interface CallWriter {
  /** The next part of a call, as text of the answer. */
  write(part: CallDelta): string;
  /** What closes the last call. */
  end(): string;
}

/**
 * Calls as models without tools write them, one JSON object a line, so that scorers read both alike:
 *
 *     {"name": "f", "arguments": {"a": 1}}
 */
export function createCallWriter(): CallWriter {
  let state: 'none' | 'named' | 'open' = 'none';
  const end = () => {
    const closing = { none: '', named: '{}}', open: '}' }[state];
    state = 'none';
    return closing;
  };
  return {
    write(part) {
      let text = '';
      if (part.name !== '') {
        const before = state === 'none' ? '' : `${end()}\n`;
        text = `${before}{"name": ${JSON.stringify(part.name)}, "arguments": `;
        state = 'named';
      }
      if (part.arguments !== '') state = 'open';
      return text + part.arguments;
    },
    end,
  };
}
