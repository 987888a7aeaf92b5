/**
 * A chat template turns messages into the one text a model was trained on (`<|user|>…<|end|><|assistant|>`). It is a Jinja
 * program that comes with the model, and half of a model's quality: the wrong template makes a good model look bad, so it
 * is the model's own that is used, and its hash goes into the log.
 */
import { Template } from '@huggingface/jinja';
import { describeError, UserError } from '../core/errors.js';
import { isChat, type Message, type Prompt } from '../core/message.js';

export interface ChatTemplate {
  /** The program itself; null for plain text. A template writes the special tokens, plain text has none. */
  readonly source: string | null;
  /** What becomes of a system message: it has a place of its own, or stands before the first question. */
  readonly system: 'own' | 'in-question';
  /** @throws UserError when the template refuses the messages. */
  render(prompt: Prompt): string;
}

export interface TemplateOptions {
  /** Where the template was read, for errors. */
  readonly place: string;
  /** Texts of special tokens that templates refer to: `bos_token`, `eos_token` … */
  readonly tokens: Readonly<Record<string, string>>;
}

/** @throws UserError when the source is no Jinja template. */
export function createChatTemplate(source: string, { place, tokens }: TemplateOptions): ChatTemplate {
  const template = attempt(place, () => new Template(NO_CLOCK + source));
  const apply = (messages: readonly Message[], open: boolean) =>
    template.render({ ...tokens, messages, add_generation_prompt: open });
  const system = keepsSystemMessage(apply) ? 'own' : 'in-question';
  return {
    source,
    system,
    render(prompt) {
      if (!isChat(prompt)) return prompt.text;
      const messages = system === 'own' ? prompt.messages : withoutSystemMessage(prompt.messages);
      const last = messages.at(-1);
      const begun = last?.role === 'assistant' ? last.content : null;
      const text = attempt(place, () => apply(messages, begun === null));
      return begun === null ? text : continueAnswer(text, begun, place);
    },
  };
}

/**
 * Whether a template writes what a system message says. Some refuse one (Gemma 2, Mistral 7B), and some leave it out without
 * a word (Phi-3-mini as first published): a task whose instructions it holds would then be asked without them.
 */
function keepsSystemMessage(apply: (messages: readonly Message[], open: boolean) => string): boolean {
  const said = 'Answer in Latin.';
  const probe: readonly Message[] = [
    { role: 'system', content: said },
    { role: 'user', content: 'Why?' },
  ];
  try {
    return apply(probe, true).includes(said);
  } catch {
    return false;
  }
}

/** The system message before the first question, a blank line between them, as the makers of such models advise. */
export function withoutSystemMessage(messages: readonly Message[]): readonly Message[] {
  const [system, question, ...rest] = messages;
  if (system?.role !== 'system') return messages;
  return question?.role === 'user'
    ? [{ role: 'user', content: `${system.content}\n\n${question.content}` }, ...rest]
    : [{ role: 'user', content: system.content }, ...messages.slice(1)];
}

/** For a model without a template: the contents, a blank line between them. */
export const PLAIN: ChatTemplate = {
  source: null,
  system: 'own',
  render: (prompt) => (isChat(prompt) ? prompt.messages.map(({ content }) => content).join('\n\n') : prompt.text),
};

const NO_TEMPLATE_WARNING =
  'the model has no chat template: prompts are given to it as plain text, which suits a base model and harms a chat model';

/** What a session says of its model's template. */
export function templateWarnings({ source, system }: ChatTemplate): readonly string[] {
  if (source === null) return [NO_TEMPLATE_WARNING];
  return system === 'own'
    ? []
    : ['the chat template has no place for a system message: it is put before the first question'];
}

/** A template that writes today's date would make yesterday's prompts incomparable: take its clock from it. */
const NO_CLOCK = '{% set strftime_now = undefined %}';

/** Cuts what a template writes after a last message of the assistant, as transformers' `continue_final_message`. */
function continueAnswer(text: string, begun: string, place: string): string {
  const start = text.lastIndexOf(begun.trim());
  if (start < 0) {
    throw new UserError(
      `${place}: expected a chat template that keeps the beginning of an answer, but it drops or changes it; ` +
        'leave `assistant` out of the prompt',
    );
  }
  const kept = begun.trimStart();
  return text.slice(0, start) + (text.startsWith(kept, start) ? kept : begun.trim());
}

function attempt<T>(place: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new UserError(
      `${place}: expected a chat template that renders the prompt, but it says "${describeError(error)}"; ` +
        'change the prompt or give the model another template',
      { cause: error },
    );
  }
}
