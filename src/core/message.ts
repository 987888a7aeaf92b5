/**
 * The words that every room shares: a row of data, the sample that is read from it, and the prompt that a model is given.
 */

/** One row of data, as it came. */
export type Row = Readonly<Record<string, unknown>>;

/** One input with its target, and the prompt that every model is given. */
export interface Sample {
  readonly id: string;
  /** The cluster of samples this one shares a template, document or author with; errors are clustered on it. */
  readonly group: string | null;
  readonly target: unknown;
  /** The row as it came: what templates and scorers may refer to. */
  readonly fields: Row;
  readonly prompt: Prompt;
  /** The texts to rank, if the task asks for log-likelihoods. */
  readonly continuations?: readonly Continuation[];
}

/** A text whose log-likelihood after a context is measured. */
export interface Continuation {
  readonly context: string;
  /** The measured text, with the delimiter in front of it. */
  readonly text: string;
  /** The text of the choice as the data has it. Normalised likelihoods use its length. */
  readonly choice: string;
}

export interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** What a model is given: a chat, over which its own chat template is laid, or a plain text. */
export type Prompt = Chat | Text;

/** A last message of the assistant is the beginning of the answer, to be continued. */
export interface Chat {
  readonly messages: readonly Message[];
}

export interface Text {
  readonly text: string;
}

export function isChat(prompt: Prompt): prompt is Chat {
  return 'messages' in prompt;
}
