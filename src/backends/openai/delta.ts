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
import { countOf, isObject, parse, textOf } from './json.js';

export interface Delta {
  /** Part of the answer; may be empty. */
  readonly text: string;
  /** What a reasoning model thinks before it answers; no part of the answer. */
  readonly reasoning: string;
  /** Parts of calls of functions. */
  readonly calls: readonly CallDelta[];
  /** Whether the text is a refusal in words. */
  readonly refused: boolean;
}

export interface CallDelta {
  /** Which call it is a part of, where the server says so. */
  readonly id: string;
  readonly index: number | null;
  /** The name of the function, where a call begins. */
  readonly name: string;
  /** The next part of its arguments, JSON. */
  readonly arguments: string;
}

/**
 * Names under which servers stream thoughts: `reasoning_content`, `thinking_blocks`, `tool_plan` (Cohere) and a dozen more. One server
 * sends the same thought under several, so only the first counts.
 */
const THOUGHT = /think|thought|reason|tool_plan/i;
/** What stands beside thoughts and is none. */
const ABOUT_THOUGHTS = /signature|finish|stop|token|type|effort|format|index|_id$/i;

export function readDelta(choice: Readonly<Record<string, unknown>>): Delta {
  const delta = isObject(choice.delta) ? choice.delta : isObject(choice.message) ? choice.message : {};
  const content = isThought(delta) ? undefined : delta.content;
  const { thoughts, refusals, words } = typeof content === 'string' ? NO_PARTS : sorted(partsOf(content));
  const text = textOf(content) || wordsOf(words) || textOf(choice.text) || transcriptOf(delta);
  const refusal = textOf(delta.refusal) || wordsOf(refusals);
  return {
    text: text + refusal,
    reasoning: wordsOf(thoughts) || (isThought(delta) ? wordsOf(delta.content) : thoughtIn(delta)),
    calls: callsOf(delta),
    refused: refusal !== '',
  };
}

type Parts = readonly Readonly<Record<string, unknown>>[];
type SortedParts = Readonly<Record<'thoughts' | 'refusals' | 'words', Parts>>;

const NO_PARTS: SortedParts = { thoughts: [], refusals: [], words: [] };

function sorted(parts: Parts): SortedParts {
  const thoughts = parts.filter(({ type }) => THOUGHT.test(textOf(type)));
  const refusals = parts.filter(({ type }) => type === 'refusal');
  return {
    thoughts,
    refusals,
    words: parts.filter((part) => !thoughts.includes(part) && !refusals.includes(part)),
  };
}

/** Gemini sends its thoughts as content, with a mark beside it. */
function isThought({ extra_content }: Readonly<Record<string, unknown>>): boolean {
  return isObject(extra_content) && isObject(extra_content.google) && extra_content.google.thought === true;
}

function thoughtIn(delta: Readonly<Record<string, unknown>>): string {
  for (const name in delta) {
    const thought = THOUGHT.test(name) && !ABOUT_THOUGHTS.test(name) ? wordsOf(delta[name]) : '';
    if (thought !== '') return thought;
  }
  return '';
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
  if (Array.isArray(value)) {
    return value.length === 0 ? '' : value.map((part) => wordsOf(part, depth - 1)).join('');
  }
  if (!isObject(value)) return '';
  return WORDS.map((name) => wordsOf(value[name], depth - 1)).find((text) => text !== '') ?? '';
}

function transcriptOf({ audio }: Readonly<Record<string, unknown>>): string {
  return isObject(audio) ? textOf(audio.transcript) : '';
}

const NO_CALLS: readonly CallDelta[] = [];

function callsOf({ tool_calls, function_call }: Readonly<Record<string, unknown>>): readonly CallDelta[] {
  if (!Array.isArray(tool_calls) && !isObject(function_call)) return NO_CALLS;
  const calls = Array.isArray(tool_calls) ? tool_calls.filter(isObject) : [];
  if (calls.length === 0 && isObject(function_call)) calls.push({ function: function_call });
  return calls.flatMap((call) => {
    const called = isObject(call.function) ? call.function : call;
    const { arguments: given } = called;
    // Some servers send the arguments as an object, at once.
    const text = isObject(given) ? JSON.stringify(given) : textOf(given);
    const name = textOf(called.name);
    return name === '' && text === ''
      ? []
      : [{ id: textOf(call.id), index: countOf(call.index), name, arguments: text }];
  });
}

export interface CallWriter {
  /** The next parts of calls, as text of the answer. */
  write(parts: readonly CallDelta[]): string;
  /** What closes the last call. */
  end(): string;
}

interface Call {
  readonly id: string;
  readonly index: number | null;
  readonly name: string;
  arguments: string;
}

/**
 * Calls as models without tools write them, one JSON object a line, so that scorers read both alike:
 *
 *     {"name": "f", "arguments": {"a": 1}}
 *
 * Servers may send the parts of several calls in turn. A call is written as it comes, and those after it once it is whole.
 */
export function createCallWriter(): CallWriter {
  /** The call that is being written, and those that wait for its end. */
  const open: Call[] = [];
  let written = 0;
  /** All that the first call has, beyond what was written of it. */
  const more = () => {
    const text = open[0]!.arguments.slice(written);
    written = open[0]!.arguments.length;
    return text;
  };
  const head = () => {
    written = 0;
    return `{"name": ${JSON.stringify(open[0]!.name)}, "arguments": ${more()}`;
  };
  const close = () => `${more()}${open.shift()!.arguments === '' ? '{}}' : '}'}`;
  return {
    write(parts) {
      let text = '';
      for (const part of parts) {
        const call = open.findLast((call) => isPartOf(part, call));
        if (call === undefined) {
          open.push({ ...part });
          if (open.length === 1) text += head();
        } else call.arguments += part.arguments;
        text += more();
        while (open.length > 1 && isWhole(open[0]!)) text += `${close()}\n${head()}`;
      }
      return text;
    },
    end() {
      let text = '';
      while (open.length > 0) text += close() + (open.length > 0 ? `\n${head()}` : '');
      return text;
    },
  };
}

/** Servers count calls, name them, do both, or neither; some count every call as the first, and some repeat the name with each part. */
function isPartOf(part: CallDelta, call: Call): boolean {
  if (part.id !== '' && call.id !== '') return part.id === call.id;
  if (part.index !== null && call.index !== null && part.index !== call.index) return false;
  return part.name === '' || (part.index !== null && part.name === call.name && !isWhole(call));
}

/** Whether more arguments would be no JSON. */
function isWhole(call: Call): boolean {
  return call.arguments.trimEnd().endsWith('}') && parse(call.arguments) !== undefined;
}
