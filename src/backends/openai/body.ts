/**
 * What a server is asked. Every server takes the core of the protocol; of the rest each refuses some fields, and those
 * are left out once it has said so, and the loss is named.
 */
import type { ModelOf } from '../../core/definition/model.js';
import type { Generation } from '../../core/definition/suite.js';
import { isChat, type Message, type Prompt } from '../../core/message.js';
import { PLAIN, withoutSystemMessage } from '../chat-template.js';

/** Fields that a server may refuse, and what leaving them out costs. */
export const OPTIONAL = {
  stream_options: 'it may not count tokens',
  logprobs: 'it gives no log-probabilities',
  seed: 'sampled answers cannot be repeated',
  top_p: 'its own top_p applies',
  temperature: 'its own temperature applies, and answers may vary',
  stop: 'stop strings are cut here, after the server has computed on',
  chat_template_kwargs: 'its chat template runs without the variables of the entry',
} as const;

export type OptionalField = keyof typeof OPTIONAL;

/** The path under the endpoint that answers. */
export function pathOf(model: ModelOf<'openai'>): string {
  return model.api === 'chat' ? '/chat/completions' : '/completions';
}

/** OpenAI takes at most four stop strings; the rest are found on this side. */
const MOST_STOPS = 4;

/** Whether the server itself ends an answer at every stop string. */
export function serverStops(
  { extraBody }: Pick<ModelOf<'openai'>, 'extraBody'>,
  { stop }: Generation,
  { refused }: Pick<Habits, 'refused'>,
): boolean {
  return stop.length === 0 || (stop.length <= MOST_STOPS && !refused.has('stop') && !('stop' in extraBody));
}

export function bodyOf(
  model: ModelOf<'openai'>,
  prompt: Prompt,
  generation: Generation,
  { refused, system }: Habits,
): Record<string, unknown> {
  const { maxTokens, stop, temperature, topP, seed } = generation;
  const chat = model.api === 'chat';
  const optional: Record<OptionalField, object> = {
    stream_options: { stream_options: { include_usage: true } },
    // One alternative is the least that every server understands as "yes".
    logprobs: !generation.logprobs ? {} : chat ? { logprobs: true, top_logprobs: 1 } : { logprobs: 1 },
    seed: { seed },
    top_p: { top_p: topP },
    temperature: { temperature },
    stop: stop.length === 0 ? {} : { stop: stop.slice(0, MOST_STOPS) },
    chat_template_kwargs:
      chat && model.chatTemplateVariables ? { chat_template_kwargs: model.chatTemplateVariables } : {},
  };
  // What the entry sets itself is the entry's, with what belongs to it (`top_logprobs`).
  const taken = (Object.keys(optional) as OptionalField[]).filter(
    (field) => !refused.has(field) && !(field in model.extraBody),
  );
  return {
    model: model.source,
    ...(chat ? { messages: messagesOf(prompt, system) } : { prompt: PLAIN.render(prompt) }),
    [model.tokenLimitField]: maxTokens,
    ...Object.assign({}, ...taken.map((field) => optional[field])),
    ...model.extraBody,
    stream: true,
  };
}

/** A chat endpoint knows only messages: a plain text is what the user says. */
function messagesOf(prompt: Prompt, system: Habits['system']): readonly Message[] {
  if (!isChat(prompt)) return [{ role: 'user', content: prompt.text }];
  return system === 'own' ? prompt.messages : withoutSystemMessage(prompt.messages);
}

/** Which optional field a refusal is about, if any: servers name it in words. */
export function refusedField(message: string, sent: ReadonlySet<OptionalField>): OptionalField | null {
  const fields = (Object.keys(OPTIONAL) as OptionalField[]).filter((field) => !sent.has(field));
  return fields.find((field) => new RegExp(`\\b(top_)?${field}\\b`, 'i').test(message)) ?? null;
}

/** It grows while a session lasts. */
export interface Habits {
  /** Optional fields that it has refused. */
  readonly refused: Set<OptionalField>;
  /** The place of a system message: a message of its own, or in front of the first question. */
  system: 'own' | 'in-question';
}
