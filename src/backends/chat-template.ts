/**
 * A chat template turns messages into the one text a model was trained on (`<|user|>…<|end|><|assistant|>`). It is a Jinja
 * program that comes with the model, and half of a model's quality: the wrong template makes a good model look bad, so it
 * is the model's own that is used, and its hash goes into the log.
 */
import { Template } from '@huggingface/jinja';
import { isChat, type Prompt } from '../core/definition/suite.js';
import { describeError, UserError } from '../core/errors.js';

export interface ChatTemplate {
  /** The program itself; null for plain text. A template writes the special tokens, plain text has none. */
  readonly source: string | null;
  /** @throws UserError when the template refuses the messages (many refuse a system message). */
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
  return {
    source,
    render(prompt) {
      if (!isChat(prompt)) return prompt.text;
      const { messages } = prompt;
      const last = messages.at(-1);
      const begun = last?.role === 'assistant' ? last.content : null;
      const text = attempt(place, () =>
        template.render({ ...tokens, messages, add_generation_prompt: begun === null }),
      );
      return begun === null ? text : continueAnswer(text, begun, place);
    },
  };
}

/** For a model without a template: the contents, a blank line between them. */
export const PLAIN: ChatTemplate = {
  source: null,
  render: (prompt) => (isChat(prompt) ? prompt.messages.map(({ content }) => content).join('\n\n') : prompt.text),
};

const NO_TEMPLATE_WARNING =
  'the model has no chat template: prompts are given to it as plain text, which suits a base model and harms a chat model';

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
        'change the prompt (many models take no system message) or give the model another template',
      { cause: error },
    );
  }
}
