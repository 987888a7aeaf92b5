/**
 * Servers apply the model's own chat template, and some templates have no place for a system message (Gemma 2, Mistral 7B).
 * The engines in this process put it before the first question then, and so must a server be asked, or the comparison is
 * of two different prompts.
 */
import { isChat, type Prompt } from '../../core/message.js';

export function hasSystemMessage(prompt: Prompt): boolean {
  return isChat(prompt) && prompt.messages.some(({ role }) => role === 'system');
}

/** Templates fail with whatever status a server has for it: 400 (vLLM), 422, 500 (llama-server, SGLang, LM Studio). */
const STATUSES = new Set([400, 422, 500, 501, 502]);
const WORDS = [
  /\bsystem\b.{0,40}\b(role|message|prompt|instruction)/i,
  /\brole\b.{0,60}\bsystem\b/i,
  /'system' (is not|with this)|developer instruction|input should be '(user|assistant)'/i,
  /only user and (assistant|model) roles|roles? must alternate|(unexpected|invalid|unknown|unsupported)( message)? role/i,
  /jinja|template ?error|chat[ _]template/i,
];

export function refusesSystemMessage(status: number, text: string): boolean {
  return STATUSES.has(status) && WORDS.some((words) => words.test(text));
}

export const SYSTEM_IN_QUESTION =
  'the server refuses a system message: it is put before the first question, as for models whose chat template has no place for it';
