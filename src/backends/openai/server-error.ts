/**
 * Errors as servers say them, in the body of a refusal or inside a stream whose status is 200:
 *
 *     {"error":{"message":"Rate limit exceeded","code":429}}                          OpenRouter
 *     {"error":{"message":"…","type":"insufficient_quota","code":"insufficient_quota"}}   OpenAI
 *     {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}     Anthropic
 *     {"object":"error","message":"…","type":"BadRequestError","code":400}            vLLM
 *     {"error":"…","error_type":"overloaded"}                                         TGI
 *     {"error":{"code":503,"message":"…","status":"UNAVAILABLE"}}                     Gemini
 *     {"status":429,"title":"Too Many Requests","detail":"…"}                         NIM
 *     error: {"code":400,"message":"…"}                                               llama-server, as a field of its own
 *
 * An error inside a stream has no status, so its own words give it one.
 */
import { isObject } from './json.js';

export interface ServerError {
  /** A status of HTTP. */
  readonly status: number;
  readonly text: string;
  /** Seconds that the server asks to wait; null when it does not say. */
  readonly retryAfter: number | null;
}

/**
 * @param kind an event that is named `error` is one whatever it holds; a message is one where it says so.
 * @returns null where the value is no error.
 */
export function errorOf(value: unknown, kind: 'error' | 'message'): ServerError | null {
  if (kind === 'message' && !saysError(value)) return null;
  const text = errorText(value);
  return { status: statusOf(value, text), text, retryAfter: waitOf(value) };
}

function saysError(json: unknown): boolean {
  if (!isObject(json)) return false;
  const isSet = (value: unknown) => value !== undefined && value !== null && value !== false && value !== '';
  if (isSet(json.error) || json.object === 'error' || json.type === 'error') return true;
  const [choice] = Array.isArray(json.choices) ? json.choices : [];
  if (isObject(choice)) return isSet(choice.error);
  if ('choices' in json || 'usage' in json) return false;
  const [status] = [json.status, json.code, json.status_code].filter(isErrorStatus);
  return status !== undefined || isSet(json.detail) || isSet(json.error_type) || isSet(json.error_code);
}

/** The sentence in an error body, whichever of the usual shapes it has; else the body itself. */
export function errorText(json: unknown): string {
  if (!isObject(json)) return String(json);
  const holder = holderOf(json);
  if (typeof holder === 'string') {
    return [json.error_type, holder].filter((word) => typeof word === 'string').join(': ');
  }
  const words = [
    holder.code,
    holder.status,
    holder.type,
    holder.param,
    holder.title,
    holder.message ?? holder.detail ?? holder.msg,
  ];
  return [...new Set(words.filter((word) => word !== null && word !== undefined && word !== ''))]
    .map((word) => (typeof word === 'object' ? JSON.stringify(word) : String(word)))
    .join(': ');
}

/** What holds the words of an error: itself, its `error`, or the `error` of its first choice. */
function holderOf(json: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> | string {
  const [choice] = Array.isArray(json.choices) ? json.choices : [];
  const inside = json.error ?? (isObject(choice) ? choice.error : undefined);
  if (isObject(inside)) return inside;
  return typeof inside === 'string' ? inside : json;
}

/** What a sentence is about, whatever the status under which it comes. */
export const TOO_LONG =
  /context[ _-]?(length|size|window|limit)|exceed_context_size|maximum (allowed|context|input|prompt|model) length|(prompt|input) is too long|`?inputs`? tokens|too many tokens/i;
export const FILTERED = /content[ _]?(filter|management policy|policy_violation)|ResponsibleAIPolicy|moderation/i;
export const OUT_OF_QUOTA = /insufficient_quota|exceeded your current quota|insufficient (credits|balance)|billing/i;

/** The first that applies; a server that says nothing of the kind has broken down. */
const WORDS: readonly (readonly [RegExp, number])[] = [
  [OUT_OF_QUOTA, 429],
  [/rate.?limit|too many requests|resource_exhausted/i, 429],
  [TOO_LONG, 400],
  [FILTERED, 400],
  [/authentication|unauthorized|invalid[ _]api[ _]key|incorrect api key/i, 401],
  [/permission_(error|denied)|forbidden/i, 403],
  [/overloaded|capacity|unavailable|no healthy|try again/i, 503],
  [/timed? ?out|deadline_exceeded/i, 504],
  [/invalid_request|bad ?request|invalid_argument|validation|unsupported/i, 400],
];

function statusOf(json: unknown, text: string): number {
  const holder = isObject(json) ? holderOf(json) : {};
  const said = [holder, isObject(json) ? json : {}]
    .flatMap((place) => (typeof place === 'string' ? [] : [place.code, place.status, place.status_code]))
    .find(isErrorStatus);
  if (said !== undefined) return Number(said);
  return WORDS.find(([pattern]) => pattern.test(text))?.[1] ?? 500;
}

/** Anthropic's 529 is as good a status as any. */
function isErrorStatus(value: unknown): value is number | string {
  return /^[45]\d\d$/.test(typeof value === 'number' || typeof value === 'string' ? String(value) : '');
}

function waitOf(json: unknown): number | null {
  const holder = isObject(json) ? holderOf(json) : '';
  if (typeof holder === 'string') return null;
  const seconds = [holder.retry_after, holder.retryAfter].find((value) => typeof value === 'number');
  return seconds !== undefined && seconds >= 0 ? seconds : null;
}
