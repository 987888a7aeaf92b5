/**
 * A chat template turns messages into the one text a model was trained on (`<|user|>…<|end|><|assistant|>`). It is a Jinja
 * program that comes with the model, and half of a model's quality: the wrong template makes a good model look bad, so it
 * is the model's own that is used, and its hash goes into the log.
 */
import { resolve } from 'node:path';
import { STANDING } from '../core/definition/jinja/clock.js';
import { TooMuchWork } from '../core/definition/jinja/limits.js';
import { parseTemplate } from '../core/definition/jinja/template.js';
import { describeError, UserError } from '../core/errors.js';
import { isChat, type Message, type Prompt } from '../core/message.js';
import { type Missing, missing } from '../core/quantity.js';
import { sha256 } from '../system/hash.js';
import { readTextSync } from '../system/path.js';

export interface ChatTemplate {
  /** The program itself; null for plain text. A template writes the special tokens, plain text has none. */
  readonly source: string | null;
  /** What becomes of a system message: it has a place of its own, or stands before the first question. */
  readonly system: 'own' | 'in-question';
  /** Whether it asks for the time, which stands still here. */
  readonly dated: boolean;
  /** What the entry gives it beside the messages, where it gives it anything. */
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
  /** @throws UserError when the template refuses the messages. */
  render(prompt: Prompt): string;
}

/** What a model entry says of its template, and what paths in it are relative to. */
export interface TemplateChoice {
  readonly chatTemplate?: string | undefined;
  readonly chatTemplateVariables?: Readonly<Record<string, unknown>> | undefined;
  readonly directory: string;
}

/** The templates that came with a model. */
export interface OwnTemplates {
  /** The file that they come from, for errors. */
  readonly place: string;
  /** The templates by name. Most models have only one, `default`. */
  readonly byName: Readonly<Record<string, string>>;
}

/**
 * The template of the entry, else the model's own.
 *
 * @throws UserError when it is not there or is no template, or the model has several and none is the default.
 */
export function chooseTemplate(
  own: OwnTemplates,
  tokens: TemplateOptions['tokens'],
  { chatTemplate, chatTemplateVariables: variables, directory }: TemplateChoice,
): ChatTemplate {
  const { place, byName } = own;
  if (chatTemplate !== undefined && !Object.hasOwn(byName, chatTemplate)) {
    const isText = /\{[{%#]/.test(chatTemplate);
    const file = resolve(directory, chatTemplate);
    const source = isText ? chatTemplate : readTemplateFile(file, Object.keys(byName));
    return createChatTemplate(source, { place: isText ? 'chatTemplate' : file, tokens, variables });
  }
  const source = byName[chatTemplate ?? 'default'];
  const names = Object.keys(byName);
  if (source !== undefined) return createChatTemplate(source, { place, tokens, variables });
  if (names.length === 0) return PLAIN;
  throw new UserError(
    `${place}: expected a chat template named "default", found ${names.join(', ')}; name one of them in \`chatTemplate\``,
  );
}

function readTemplateFile(file: string, names: readonly string[]): string {
  try {
    return readTextSync(file);
  } catch (error) {
    const others = names.length > 0 ? `, or the name of one that came with the model (${names.join(', ')})` : '';
    throw new UserError(`chatTemplate: expected a Jinja file${others}, but ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** The hash of the template with its variables, which decide how prompts are rendered. */
export function templateHash({ source, variables }: ChatTemplate): { readonly value: string } | Missing {
  if (source === null) return missing('the model has no chat template');
  return { value: sha256(variables === undefined ? source : `${source}\n${JSON.stringify(variables)}`) };
}

export interface TemplateOptions {
  /** The file that the template comes from, for errors. */
  readonly place: string;
  /** Texts of special tokens that templates refer to: `bos_token`, `eos_token` … */
  readonly tokens: Readonly<Record<string, string>>;
  /** What the entry sets: `enable_thinking`, `reasoning_effort` … */
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Tries the template on a short chat, so that one that renders no prompt is refused before any is asked.
 *
 * @throws UserError when the source is no Jinja template, never ends, or renders no chat.
 */
export function createChatTemplate(source: string, { place, tokens, variables }: TemplateOptions): ChatTemplate {
  const template = attempt(place, () => parseTemplate(source));
  let dated = false;
  const write = (contents: Contents): Apply => {
    return (messages, open) =>
      template.render(
        { ...tokens, ...variables, messages: messages.map(contents), add_generation_prompt: open },
        {
          onClock: () => {
            dated = true;
          },
        },
      );
  };
  const apply = write(contentsOf(write, place));
  const system = keepsSystemMessage(apply) ? 'own' : 'in-question';
  return {
    source,
    system,
    dated,
    variables,
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

type Apply = (messages: readonly Message[], open: boolean) => string;
/** Returns a message in the form that a template takes. */
type Contents = (message: Message) => unknown;

/** Most templates take the content as a text. */
const asText: Contents = (message) => message;
/** Templates of models that see or hear take the content in parts. */
const asParts: Contents = ({ role, content }) => ({ role, content: [{ type: 'text', text: content }] });

/** Finds the form of contents that the template writes. @throws UserError when it writes none. */
function contentsOf(write: (contents: Contents) => Apply, place: string): Contents {
  const question = 'Why is the sky blue?';
  const messages: readonly Message[] = [{ role: 'user', content: question }];
  const writes = (contents: Contents) => {
    try {
      return write(contents)(messages, true).includes(question);
    } catch (error) {
      if (error instanceof TooMuchWork) throw refusal(place, error);
      return false;
    }
  };
  if (writes(asText)) return asText;
  if (writes(asParts)) return asParts;
  const text = attempt(place, () => write(asText)(messages, true));
  if (text.trim() === '') {
    throw new UserError(
      `${place}: expected a chat template that writes what the user says, but it leaves it out; give the model another in \`chatTemplate\``,
    );
  }
  return asText;
}

/**
 * Whether a template writes what a system message says. Some refuse one (Gemma 2, Mistral 7B), and some leave it out without
 * a word (Phi-3-mini as first published): a task whose instructions it holds would then be asked without them.
 */
function keepsSystemMessage(apply: Apply): boolean {
  const instruction = 'Answer in Latin.';
  const probe: readonly Message[] = [
    { role: 'system', content: instruction },
    { role: 'user', content: 'Why?' },
  ];
  try {
    return apply(probe, true).includes(instruction);
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

/** The template of a model that has none: the contents with a blank line between them. */
export const PLAIN: ChatTemplate = {
  source: null,
  system: 'own',
  dated: false,
  render: (prompt) => (isChat(prompt) ? prompt.messages.map(({ content }) => content).join('\n\n') : prompt.text),
};

const NO_TEMPLATE_WARNING =
  'the model has no chat template: prompts are given to it as plain text, which suits a base model and harms a chat model';

/** What a session says of its model's template. */
export function templateWarnings({ source, system, dated }: ChatTemplate): readonly string[] {
  if (source === null) return [NO_TEMPLATE_WARNING];
  return [
    ...(system === 'own'
      ? []
      : ['the chat template has no place for a system message: it is put before the first question']),
    ...(dated
      ? [`the chat template writes the date: it is always given ${STANDING}, so that prompts stay the same`]
      : []),
  ];
}

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
    throw refusal(place, error);
  }
}

function refusal(place: string, error: unknown): UserError {
  return new UserError(
    `${place}: expected a chat template that renders the prompt, but it says "${describeError(error)}"; ` +
      'change the prompt, or give the model another template in `chatTemplate`',
    { cause: error },
  );
}
