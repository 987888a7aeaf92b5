/**
 * Errors as servers say them, in the body of a refusal or inside a stream whose status is 200:
 *
 *     {"error":{"message":"Rate limit exceeded","code":429}}                          OpenRouter
 *     {"error":{"message":"…","type":"insufficient_quota","code":"insufficient_quota"}}   OpenAI
 *     {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}     Anthropic
 *     {"object":"error","message":"…","type":"BadRequestError","code":400}            vLLM
 *     {"error":"…","error_type":"overloaded"}                                         TGI
 *     {"error":{"code":503,"message":"…","status":"UNAVAILABLE"}}                     Gemini
 *     [{"error":{"code":503,"message":"…","status":"UNAVAILABLE"}}]                   Gemini too
 *     {"base_resp":{"status_code":1002,"status_msg":"rate limit exceeded"}}           MiniMax
 *     {"status":429,"title":"Too Many Requests","detail":"…"}                         NIM
 *     {"success":false,"errors":[{"code":3040,"message":"Capacity temporarily exceeded"}]}   Cloudflare
 *     {"code":"Throttling.RateQuota","message":"…"}                                   DashScope
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
  const error = unlisted(value);
  if (kind === 'message' && !saysError(error)) return null;
  const text = errorText(error);
  return { status: statusOf(error, text), text, retryAfter: waitOf(error) };
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false && value !== '';
}

function saysError(json: unknown): boolean {
  if (!isObject(json)) return false;
  if (isSet(json.error) || json.object === 'error' || json.type === 'error' || json.success === false) return true;
  if (Array.isArray(json.errors) && json.errors.length > 0) return true;
  if (isObject(json.base_resp) && isSet(json.base_resp.status_code) && json.base_resp.status_code !== 0) return true;
  const choice = Array.isArray(json.choices) ? json.choices[0] : undefined;
  if (isObject(choice)) return isSet(choice.error);
  if ('choices' in json || 'usage' in json) return false;
  const [status] = [json.status, json.code, json.status_code].filter(isErrorStatus);
  return status !== undefined || isSet(json.detail) || isSet(json.error_type) || isSet(json.error_code);
}

/**
 * The complaint in an object that is no part of an answer and does not call itself an error: `{"message":"Internal Server Error"}`. It
 * is one where nothing else came. Null where there are no words in it.
 */
export function complaintIn(value: unknown): ServerError | null {
  if (!isObject(value) || 'choices' in value || 'usage' in value) return null;
  const { message, msg, detail } = value;
  return [message, msg, detail].some((words) => typeof words === 'string' && words !== '')
    ? errorOf(value, 'error')
    : null;
}

/** The sentence in an error body, whichever of the usual shapes it has; else the body itself. */
export function errorText(body: unknown): string {
  const json = unlisted(body);
  if (!isObject(json)) return titleOf(String(json));
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
    holder.message ?? holder.detail ?? holder.msg ?? holder.status_msg,
    // A router's own words are the same for all; those of the server behind it tell.
    isObject(holder.metadata) ? holder.metadata.raw : undefined,
  ];
  return [...new Set(words.filter((word) => word !== null && word !== undefined && word !== ''))]
    .map((word) => (typeof word === 'object' ? JSON.stringify(word) : String(word)))
    .join(': ');
}

/** Proxies answer with a page, which begins with a hundred words for a browser. */
function titleOf(text: string): string {
  return /^\s*<[\s\S]*?<title>\s*([^<]+?)\s*<\/title>/i.exec(text)?.[1] ?? text;
}

/** Some servers put errors into a list. */
function unlisted(body: unknown): unknown {
  return Array.isArray(body) && body.length > 0 ? body[0] : body;
}

/** What holds the words of an error: itself, its `error`, or the `error` of its first choice. */
function holderOf(json: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> | string {
  const [choice] = Array.isArray(json.choices) ? json.choices : [];
  const inside = unlisted(json.error ?? (isObject(choice) ? choice.error : undefined) ?? json.base_resp ?? json.errors);
  if (isObject(inside)) return inside;
  return typeof inside === 'string' ? inside : json;
}

/** What a sentence is about, whatever the status under which it comes. */
export const TOO_LONG =
  /context[ _-]?(length|size|window|limit)|exceed_context_size|maximum (allowed|context|input|prompt|model) length|(prompt|input) is too long|`?inputs`? tokens|must have less than \d+ tokens|too many tokens|input token count|maximum number of tokens|model max length|max kv size/i;
/** LM Studio says that its engine broke down under a status that blames the request. */
export const BROKEN_DOWN = /\bhas crashed\b/i;
/** LiteLLM looks a key that is not its own up in a database, and says that it has none. Gemini answers 400 to a wrong key. */
export const WRONG_KEY = /\bno_db_connection\b|\bapi[ _]key not valid|\b(invalid|incorrect)[ _]api[ _]key\b/i;
export const FILTERED =
  /content[ _]?(filter|management policy|policy[ _]?violation)|ResponsibleAIPolicy|moderation|\b(was|were|been) flagged\b/i;
/** Gemini says every limit, that of a minute too, in the words of a quota; its status tells them apart. */
export const EXHAUSTED = /resource_exhausted/i;
export const OUT_OF_QUOTA =
  /insufficient_quota|exceeded your current quota|insufficient (credits|balance|funds)|credit balance is too low|budget[ _](has been )?exceeded|key limit exceeded|arrearage/i;
/** A request that no wait makes small enough: it is larger than all that the account may send in a minute. */
export const RATE_LIMIT = /rate[ _-]?limit|too many requests|throttl|(\bper|\/) ?(minute|second|hour|day)\b/i;

/** The first that applies; a server that says nothing of the kind has broken down. */
const WORDS: readonly (readonly [RegExp, number])[] = [
  [OUT_OF_QUOTA, 429],
  [EXHAUSTED, 429],
  [RATE_LIMIT, 429],
  [TOO_LONG, 400],
  [FILTERED, 400],
  [WRONG_KEY, 401],
  [/authentication|unauthorized/i, 401],
  [/permission_(error|denied)|forbidden/i, 403],
  [/\bmodel\b.{0,80}\b(not[ _]found|does not exist)\b/i, 404],
  [/overloaded|capacity|unavailable|no healthy|try again/i, 503],
  [/timed? ?out|deadline_exceeded/i, 504],
  [/invalid_request|bad ?request|invalid_argument|validation|unsupported/i, 400],
];

/** MiniMax has codes of its own. */
const MINIMAX: Readonly<Record<number, number>> = { 1002: 429, 1004: 401, 1008: 402, 1039: 429 };

function statusOf(json: unknown, text: string): number {
  const holder = isObject(json) ? holderOf(json) : {};
  const said = [holder, isObject(json) ? json : {}]
    .flatMap((place) =>
      typeof place === 'string' ? [] : [place.code, place.status, place.status_code, place.http_status_code],
    )
    .find(isErrorStatus);
  if (said !== undefined) return Number(said);
  const minimax = typeof holder === 'string' ? undefined : MINIMAX[Number(holder.status_code)];
  if (minimax !== undefined) return minimax;
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
