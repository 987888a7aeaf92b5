/**
 * The calls in an answer, in whichever shape its model was trained to write them. The marks of a format decide first; without
 * marks the whole text is read, then its code fences, then what stands between its words:
 *
 *     <tool_call>{"name": "f", "arguments": {"a": 1}}</tool_call>     marks
 *     [f(a=1), g(b="x")]        [{"name": "f", "arguments": {…}}]     the whole text
 *     f                         {"tool_calls": [{…}]}
 *     {"a": 1}
 *
 * An answer that tries to call and cannot be read is `unread`: it is no right call, and it is not "no call" either.
 */
import {
  type Call,
  type Expression,
  membersOf,
  parseExpressionAt,
  parseExpressions,
  parseValue,
  type ReaderOptions,
  type Value,
} from './call-parser.js';

/** At least one call; `none` if the model made none; `unread` if it made one that cannot be read. */
export type CallReading = readonly Call[] | 'none' | 'unread';

type Names = ReadonlySet<string>;

export interface CallFormat {
  readonly families: string;
  readonly source: string;
  /** What stands before a call, or before several. What stands before the first mark is prose. */
  readonly open: readonly string[];
  /** What stands behind it; a model may leave it out at the end. */
  readonly close: readonly string[];
  /** What must stand in the answer too, where the opening mark is a word of prose as well. */
  readonly beside?: string;
}

/** The formats that have marks. Parsers of vLLM 0.10 (`vllm/entrypoints/openai/tool_parsers`) are named by their files. */
export const CALL_FORMATS = {
  hermes: {
    families:
      'Hermes 2 Pro and 3, Qwen 2.5 and 3, Falcon 3, Granite 4, SmolLM3; GLM 4.5 and Qwen3-Coder with XML inside',
    source: 'vLLM hermes, glm4_moe, qwen3coder; BFCL qwen_fc.py, falcon_fc.py, granite_4.py',
    open: ['<tool_call>'],
    close: ['</tool_call>'],
  },
  phi: {
    families: 'Phi-4-mini, Granite 3',
    source: 'vLLM phi4mini, granite; BFCL phi_fc.py, granite_3.py',
    open: ['<|tool_call|>', 'functools['],
    close: ['<|/tool_call|>'],
  },
  granite: {
    families: 'Granite 20B function calling',
    source: 'vLLM granite_20b_fc; BFCL granite.py',
    open: ['<function_call>'],
    close: ['</function_call>'],
  },
  jamba: {
    families: 'Jamba, MiniMax, Hunyuan',
    source: 'vLLM jamba, minimax, hunyuan_a13b',
    open: ['<tool_calls>'],
    close: ['</tool_calls>'],
  },
  nemotron: {
    families: 'Nemotron, and models asked by BFCL for a tag',
    source: 'BFCL nemotron.py and default_prompts.py (tool_call_with_tag)',
    open: ['<TOOLCALL>'],
    close: ['</TOOLCALL>'],
  },
  llama: {
    families: 'Llama 3.1 and 3.2',
    source: 'vLLM llama3_json; BFCL llama_3_1.py',
    open: ['<|python_tag|>'],
    close: ['<|eom_id|>', '<|eot_id|>'],
  },
  mistral: {
    families: 'Mistral, Mixtral, Ministral, Devstral',
    source: 'vLLM mistral; mistral-common tokenizers v3 to v13',
    open: ['[TOOL_CALLS]'],
    close: ['</s>'],
  },
  deepseek: {
    families: 'DeepSeek V3 and R1',
    source: 'vLLM deepseekv3, deepseekv31',
    open: ['<｜tool▁call▁begin｜>'],
    close: ['<｜tool▁call▁end｜>'],
  },
  kimi: {
    families: 'Kimi K2',
    source: 'vLLM kimi_k2',
    open: ['<|tool_call_begin|>'],
    close: ['<|tool_call_end|>'],
  },
  minicpm: {
    families: 'MiniCPM 3, LFM2',
    source: 'BFCL minicpm_fc.py; chat template of LiquidAI/LFM2',
    open: ['<|tool_call_start|>'],
    close: ['<|tool_call_end|>'],
  },
  command: {
    families: 'Command R7B, Command A',
    source: 'chat template of CohereLabs/c4ai-command-r7b-12-2024',
    open: ['<|START_ACTION|>'],
    close: ['<|END_ACTION|>'],
  },
  internlm: {
    families: 'InternLM 2.5 and 3',
    source: 'vLLM internlm2',
    open: ['<|action_start|><|plugin|>', '<|action_start|>'],
    close: ['<|action_end|>'],
  },
  harmony: {
    families: 'gpt-oss',
    source: 'vLLM openai; openai/harmony',
    open: ['to=functions.'],
    close: ['<|call|>', '<|end|>'],
  },
  xml: {
    families: 'Llama 3.1 custom tools, Qwen3-Coder, Claude',
    source: 'vLLM qwen3coder; meta-llama prompt formats; Anthropic documentation',
    open: ['<function=', '<invoke name=', '<function name='],
    close: ['</function>', '</invoke>'],
  },
  functionGemma: {
    families: 'FunctionGemma',
    source: 'Google, FunctionGemma formatting and best practices',
    open: ['<start_function_call>'],
    close: ['<end_function_call>'],
  },
  qwenAgent: {
    families: 'Qwen 1.5 to 2.5 asked by Qwen-Agent',
    source: 'Qwen-Agent llm/fncall_prompts/qwen_fncall_prompt.py',
    open: ['✿FUNCTION✿:', '✿FUNCTION✿：'],
    close: ['✿RESULT✿', '✿RETURN✿'],
  },
  react: {
    families: 'Qwen 1.5 and others in the ReAct form',
    source: 'Yao et al. 2023; Qwen-Agent',
    open: ['\nAction:'],
    close: ['\nObservation:', '\nThought:'],
    beside: 'Action Input:',
  },
} as const satisfies Record<string, CallFormat>;

/** The formats without marks, for the manual. */
export const BARE_FORMATS = [
  {
    example: '[f(a=1), g(b="x")]',
    families: 'models asked with the prompt of BFCL; Llama 4, Gemma',
    source: 'BFCL default_decode_ast_prompting; vLLM pythonic',
  },
  {
    example: '[{"name": "f", "arguments": {…}}]',
    families: 'xLAM, Hammer, BitAgent; Llama 3.2 with `parameters`',
    source: 'vLLM xlam, llama3_json; BFCL hammer.py, salesforce_llama.py',
  },
  {
    example: '{"tool_calls": [{…}]}, {"function": {…}}, {"type": "function", …}',
    families: 'messages of OpenAI, xLAM',
    source: 'OpenAI API reference; vLLM xlam',
  },
  {
    example: '{"action": "f", "action_input": {…}}, {"tool": "f", "tool_input": {…}}, {"name": "f", "args": {…}}',
    families: 'models asked by agents of LangChain',
    source: 'LangChain structured chat, JSON agents and AIMessage.tool_calls',
  },
  {
    example: 'I call f(a=1). f({"a": 1})',
    families: 'models asked in words alone',
    source: 'a call with arguments, of a function that was described, wherever it stands',
  },
  {
    example: '[{"f": {"a": 1}}]',
    families: 'decoded results of BFCL',
    source: 'BFCL is_function_calling_format_output',
  },
  {
    example: 'f, and on the next line {"a": 1}',
    families: 'GLM 4, Functionary 3',
    source: 'BFCL glm.py, functionary.py',
  },
] as const;

/** Names that some families call when they call nothing. */
const NO_CALL: Names = new Set(['no_function', 'directly_answer']);

/** @param names The functions that were described. */
export function readCalls(output: string, names: Names): CallReading {
  // Models that write Markdown escape the underscores of names.
  const text = withoutPrograms(output.replaceAll('\\_', '_').trim(), names);
  const reading =
    markedCalls(text, names) ??
    fencedCalls(text, names) ??
    objectCalls(text, names) ??
    wholeText(text, names) ??
    callsInProse(text, names);
  const inline = isOpen(reading, text) ? inlineCalls(text, names) : 'none';
  return withoutRefusals(inline === 'none' ? reading : inline, names);
}

/** What BFCL's own decoder for models that were prompted takes for calls; null for what it refuses. */
export function decodeAsBfcl(output: string): readonly Call[] | null {
  let text = output.replace(/^[`\n ]+|[`\n ]+$/g, '');
  if (!text.startsWith('[')) text = `[${text}`;
  if (!text.endsWith(']')) text = `${text}]`;
  const [list, ...others] = attempt(() => parseExpressions(text, { plus: 'minus' })) ?? [];
  const members = list === undefined || others.length > 0 ? null : membersOf(list);
  const calls = (members ?? []).flatMap((member) => ('call' in member ? [member.call] : []));
  return members === null || calls.length < members.length ? null : calls;
}

/** Whether calls may stand among words still. Texts in a document are no words, and a document that cannot be read is a call that cannot. */
function isOpen(reading: CallReading, text: string): boolean {
  if (!/^[[{]/.test(text)) return reading === 'none' || reading === 'unread';
  return reading === 'none' && attempt(() => JSON.parse(text) as unknown) === null;
}

/** Calls of functions that were described, among words: "I call f(a=1)." A name without arguments is a word. */
function inlineCalls(text: string, names: Names): CallReading {
  const calls: Call[] = [];
  let unread = triesToCall(text, names);
  for (const start of placesOf(text, names, '(')) {
    const found = attempt(() => parseExpressionAt(text, start, { names, closing: 'forgiven' }));
    if (found === null || !('call' in found.expression)) unread ||= hasArguments(text, start);
    else if (found.expression.call.arguments.size > 0) calls.push(found.expression.call);
  }
  if (calls.length > 0) return calls;
  return unread || placesOf(text, names, '').some((start) => hasArguments(text, start)) ? 'unread' : 'none';
}

/** Finds the names of functions in a text, as whole words. */
function placesOf(text: string, names: Names, behind: '(' | ''): readonly number[] {
  const places: number[] = [];
  for (const name of names) {
    const named = name + behind;
    for (let at = text.indexOf(named); at >= 0 && name !== ''; at = text.indexOf(named, at + named.length)) {
      if (!/[\p{L}\p{N}_]/u.test(text[at - 1] ?? ' ') && places.length < MOST_BEGINNINGS) places.push(at);
    }
  }
  return places.sort((a, b) => a - b);
}

/** Something like `f(a: 1)` or `f</tool><args>{"a": 1}`, which is a call in some shape. `f(a: string)` describes one. */
function hasArguments(text: string, start: number): boolean {
  return ARGUMENTS.test(text.slice(start, start + 300));
}
const ARGUMENTS =
  /^[\p{L}\p{N}_.-]{1,100}["'`*:\]>)\s]{0,9}(?:<\/?\w{1,20}>\s{0,3}){0,3}[({[]{1,3}\s{0,9}["']?\p{L}[\p{L}\p{N}_]{0,60}["']?\s{0,3}[=:]\s{0,3}(?!(?:str|string|int|integer|float|number|bool|boolean|list|dict|array|object|any|optional)(?![\p{L}\p{N}_]))[^\s,)}]/iu;

/** `f({"a": 1})`, as programs in JavaScript call; null where a text has none. */
function objectCalls(text: string, names: Names): CallReading | null {
  if (!/\(\s{0,9}\{/.test(text)) return null;
  const calls: Call[] = [];
  for (const start of placesOf(text, names, '(')) {
    const at = text.indexOf('(', start) + 1;
    const found = attempt(() => parseExpressionAt(text, at, { names, closing: 'forgiven' }));
    if (found === null || !('value' in found.expression) || found.expression.value.type !== 'dict') return null;
    if (!/^\s*\)/.test(text.slice(found.end, found.end + 20))) return null;
    calls.push({ name: text.slice(start, at - 1), arguments: found.expression.value.entries });
  }
  return calls.length === 0 ? null : calls;
}

function withoutRefusals(reading: CallReading, names: Names): CallReading {
  if (typeof reading === 'string') return reading;
  const calls = reading.filter(({ name }) => names.has(name) || !NO_CALL.has(name));
  return calls.length === 0 ? 'none' : calls;
}

/**
 * Gemma and others write a call as a line of a program: `print(default_api.f(a=1))`, `result = f(a=1)`. What a program does with a call
 * says nothing of the call.
 */
function withoutPrograms(text: string, names: Names): string {
  if (!text.includes('(')) return text;
  return text
    .split('\n')
    .map((line) => withoutProgram(line, names))
    .join('\n');
}

const PROGRAM =
  /^\s*(?:(?:[-*•>]|\d{1,3}[.)])\s{1,3})?(?:(?:(?:const|let|var)\s{1,3})?[A-Za-z_]\w{0,60}\s{0,3}=\s{0,3})?(?:await\s{1,3})?(print\(\s{0,3})?(?:await\s{1,3})?(?:(?:functions|default_api|tools)\.)?(?=([\p{L}_][\p{L}\p{N}_.]{0,100})\()/u;

/** A line in bold. */
const BOLD = /^\s*\*\*([^*]+)\*\*\s*$/;

function withoutProgram(marked: string, names: Names): string {
  const line = BOLD.exec(marked)?.[1] ?? marked;
  const [head, print, name] = PROGRAM.exec(line) ?? [];
  if (head === undefined || name === undefined || !names.has(name) || head.trim() === '') return line;
  const call = line.slice(head.length);
  return print === undefined ? call : call.replace(/\)\s{0,9};?\s{0,9}$/, '');
}

const FORMATS: readonly CallFormat[] = Object.values(CALL_FORMATS);

/** Every mark has one of these. */
const MARK = /[<>✿]|\[TOOL_CALLS\]|functools\[|to=functions|Action/;

/** null where no format of the table left its marks. */
function markedCalls(text: string, names: Names): CallReading | null {
  if (!MARK.test(text)) return null;
  // A mark of ReAct stands at the beginning of a line, which the first line has no line feed for.
  const whole = `\n${text}`;
  for (const format of FORMATS) {
    const bodies = bodiesOf(whole, format);
    if (bodies.length > 0) return together(bodies.map((body) => readBody(body, names)));
  }
  return null;
}

/** What stands between the marks of one format. Of a mark that begins the call itself, that beginning stays with the body. */
function bodiesOf(text: string, { open, close, beside }: CallFormat): readonly string[] {
  const mark = open.find((candidate) => text.includes(candidate));
  if (mark === undefined || (beside !== undefined && !text.includes(beside))) return [];
  const [, ...parts] = text.split(mark);
  const beginning = /<[^<>]*$|\[$/.exec(mark)?.[0] ?? '';
  return parts.map((part) => {
    const ends = close.map((end) => part.indexOf(end)).filter((end) => end >= 0);
    return beginning + part.slice(0, ends.length === 0 ? part.length : Math.min(...ends));
  });
}

/** Of several blocks those that can be read; a block that cannot be is no call, and the others are not none. */
function together(readings: readonly CallReading[]): CallReading {
  const calls = readings.flatMap((reading) => (typeof reading === 'string' ? [] : reading));
  if (calls.length > 0) return calls;
  return readings.includes('unread') ? 'unread' : 'none';
}

/** A text between marks is a call because of its place. A text of an unknown shape stays unread. */
function readBody(body: string, names: Names): CallReading {
  const text = withoutFences(body).trim();
  if (text === '') return 'none';
  return (
    xmlCalls(text) ??
    argumentPairs(text) ??
    escapedCall(text) ??
    wholeText(text, names) ??
    namedDocument(text, names) ??
    'unread'
  );
}

const FENCE = /```[\w+-]*[ \t]*\n?/g;

function withoutFences(text: string): string {
  return text.replace(FENCE, '\n');
}

/** null where the whole text is neither Python nor JSON. */
function wholeText(text: string, names: Names): CallReading | null {
  if (text === '') return 'none';
  if (text.includes('```')) return null;
  const options: ReaderOptions = { names, closing: 'forgiven' };
  const bare = withoutQuotes(text.replace(/^[`\s]+|[`\s]+$/g, ''));
  const found = attempt(() => parseExpressions(bare, options)) ?? attempt(() => parseExpressions(`[${bare}`, options));
  if (found !== null) return readingOf(found, names) ?? namedDocument(bare, names);
  return namedDocument(bare, names);
}

/** Models quote a whole answer, which BFCL forgives. */
function withoutQuotes(text: string): string {
  return /^'[^']*'$/.test(text) || /^"[^"]*"$/.test(text) ? text.slice(1, -1) : text;
}

/** null where there are words among them: `I` and `cannot` are names of variables, too. */
function readingOf(found: readonly Expression[], names: Names): CallReading | null {
  const isWord = (expression: Expression) => 'value' in expression && expression.value.type === 'str';
  if (found.some(isWord)) return null;
  return inTurn(found.map((expression) => readExpression(expression, names)));
}

/** All of them calls, or none of them; one that cannot be read spoils the others. */
function inTurn(readings: readonly CallReading[]): CallReading {
  if (readings.includes('unread')) return 'unread';
  if (readings.every((reading) => reading === 'none')) return 'none';
  return readings.includes('none')
    ? 'unread'
    : readings.flatMap((reading) => (typeof reading === 'string' ? [] : reading));
}

function readExpression(expression: Expression, names: Names): CallReading {
  if ('call' in expression) return [{ ...expression.call, name: describedName(expression.call.name, names) }];
  const members = membersOf(expression);
  if (members !== null) return inTurn(members.map((member) => readMember(member, names)));
  return jsonCalls(expression.value, names, 'alone');
}

function readMember(member: Expression, names: Names): CallReading {
  return 'call' in member ? [member.call] : jsonCalls(member.value, names, 'in a list');
}

/** Where a document stands: in a list `{"f": {…}}` is a call whatever f is, alone only where f was described. */
type Standing = 'alone' | 'in a list';

/**
 * `{"name": "f", "arguments": {…}}`, the same with `parameters` or `input`, with `function` or `tool_name` for the name; inside
 * `tool_calls`, `function_call` or `function`; or `{"f": {…}}`. Arguments may be JSON in a text.
 */
function jsonCalls(value: Value, names: Names, standing: Standing): CallReading {
  if (value.type === 'str') return /^\s*(?:[\p{L}_][\w.]*\(|[[{])/u.test(value.value) ? 'unread' : 'none';
  if (value.type !== 'dict') return 'none';
  const { entries } = value;
  const several = LISTS.map((key) => entries.get(key)).find((one) => one?.type === 'list');
  if (several?.type === 'list') return inTurn(several.items.map((item) => jsonCalls(item, names, 'in a list')));
  for (const key of ['function_call', 'tool_call', 'function']) {
    const inner = entries.get(key);
    if (inner?.type === 'dict' && inner.entries.has('name')) return jsonCalls(inner, names, 'alone');
  }
  const reading = namedCall(entries, names) ?? keyedCalls(entries, names, standing);
  return reading === 'none' && namesFunction(entries, names) ? 'unread' : reading;
}

/** Keys of a list of calls, of the name of a function, and of its arguments. */
const LISTS = ['tool_calls', 'function_calls', 'calls', 'functions'];
const NAMES = ['name', 'tool_name', 'function', 'function_name', 'tool', 'action', 'recipient_name'];
const ARGUMENT_KEYS = ['arguments', 'parameters', 'input', 'args', 'action_input', 'tool_input', 'tool_arguments'];

/** The name of a function under any key, and a document beside it: a call in a shape that nobody was trained to write. */
function namesFunction(entries: ReadonlyMap<string, Value>, names: Names): boolean {
  const values = [...entries.values()];
  return values.some((one) => one.type === 'str' && names.has(one.value)) && values.some(({ type }) => type === 'dict');
}

/** null where no key says the name of a function. */
function namedCall(entries: ReadonlyMap<string, Value>, names: Names): CallReading | null {
  const name = NAMES.map((key) => entries.get(key)).find((one) => one?.type === 'str');
  if (name?.type !== 'str') return null;
  const given = ARGUMENT_KEYS.map((key) => entries.get(key)).find((one) => one !== undefined);
  const isAlone = [...entries.keys()].every((key) => NAMES.includes(key) || key === 'type' || key === 'id');
  if (given === undefined && !(isAlone && names.has(name.value))) return names.has(name.value) ? 'unread' : 'none';
  const found = argumentsOf(given);
  return found === null ? 'unread' : [{ name: describedName(name.value, names), arguments: found }];
}

/** `functions.f` and `f.call` are f where that was described and the longer name was not. */
function describedName(name: string, names: Names): string {
  const short = name.replace(/^functions\.|\.call$/g, '');
  return !names.has(name) && names.has(short) ? short : name;
}

function keyedCalls(entries: ReadonlyMap<string, Value>, names: Names, standing: Standing): CallReading {
  const isCall = standing === 'in a list' ? entries.size === 1 : [...entries.keys()].every((key) => names.has(key));
  if (!isCall) return 'none';
  const calls = Array.from(entries, ([name, given]) => ({ name, arguments: argumentsOf(given) }));
  if (calls.every(isReadable)) return calls.length === 0 ? 'none' : calls;
  return calls.some(({ name }) => names.has(name)) ? 'unread' : 'none';
}

function isReadable(call: { readonly name: string; readonly arguments: Call['arguments'] | null }): call is Call {
  return call.arguments !== null;
}

/** null for what are no arguments. */
function argumentsOf(given: Value | undefined): ReadonlyMap<string, Value> | null {
  if (given === undefined || given.type === 'none') return new Map();
  const value = given.type === 'str' ? attempt(() => parseValue(given.value)) : given;
  return value?.type === 'dict' ? value.entries : null;
}

/** What stands between the name of a function and its arguments, in one format or another. */
const SEPARATORS =
  /<｜tool▁sep｜>|<\|tool_call_argument_begin\|>|<\|message\|>|<\|constrain\|>\w+|<\|channel\|>\w+|\[ARGS\]|\[CALL_ID\]\w+|\bAction Input:|✿ARGS✿[:：]|^>>>/gm;

/** `f`, and behind it or on the next line its arguments as JSON; several of them in turn. @returns null for any other text. */
function namedDocument(text: string, names: Names): CallReading | null {
  const plain = text.replace(SEPARATORS, '\n').trimEnd();
  const head = /\s*(?:function\s+|functions\.)?([\p{L}_][\p{L}\p{N}_.-]*)(?::\d+)?(?:\s+json)?[\s:]*(?=\{)/uy;
  const calls: Call[] = [];
  for (let at = 0; at < plain.length; ) {
    head.lastIndex = at;
    const match = head.exec(plain);
    const found =
      match && attempt(() => parseExpressionAt(plain, at + match[0].length, { names, closing: 'forgiven' }));
    if (!found || !('value' in found.expression) || found.expression.value.type !== 'dict') return null;
    // A word before a document that calls by itself: "json", "assistant".
    if (!names.has(match[1]!) && Array.isArray(jsonCalls(found.expression.value, names, 'alone'))) return null;
    calls.push({ name: match[1]!, arguments: found.expression.value.entries });
    at = found.end;
  }
  return calls.length === 0 ? null : calls;
}

/** `<function=f><parameter=a>1</parameter></function>`, with `invoke name="f"` for the name, or with JSON inside; else null. */
function xmlCalls(text: string): CallReading | null {
  const heads = Array.from(text.matchAll(/<(?:function|invoke)(?:=|\s+name=)["']?([^"'<>\s]+)["']?\s*>/g));
  if (heads.length === 0) return null;
  const readings = heads.map((head, index): CallReading => {
    const body = text.slice(head.index + head[0].length, heads[index + 1]?.index ?? text.length);
    const found =
      elements(body) ?? argumentsOf({ type: 'str', value: body.split(/<\/(?:function|invoke)/, 1)[0]! || '{}' });
    return found === null ? 'unread' : [{ name: head[1]!, arguments: found }];
  });
  return together(readings);
}

/** `<parameter=a>1</parameter>`, also as `<parameter name="a">`; null where there is none. */
function elements(body: string): ReadonlyMap<string, Value> | null {
  const heads = Array.from(
    body.matchAll(/<(?:parameter|param)(?:=|\s+name=)["']?([^"'<>]+?)["']?(?:\s+\w+="[^"<>]*")*\s*>/g),
  );
  if (heads.length === 0) return null;
  return new Map(
    heads.map((head, index): [string, Value] => {
      const rest = body.slice(head.index + head[0].length, heads[index + 1]?.index ?? body.length);
      return [head[1]!, { type: 'untyped', text: rest.split('</', 1)[0]!.trim() }];
    }),
  );
}

/** FunctionGemma: `call:f{a:<escape>x<escape>,b:1}`; null for any other text. */
function escapedCall(text: string): CallReading | null {
  const head = /^call:([\p{L}\p{N}_.-]+)(?=\{)/u.exec(text);
  if (head === null) return null;
  const parts = text.slice(head[0].length).split('<escape>');
  const json = parts.map((part, index) =>
    index % 2 === 1 ? JSON.stringify(part) : part.replace(/([{,]\s{0,9})([\p{L}_][\p{L}\p{N}_]*)\s{0,3}:/gu, '$1"$2":'),
  );
  const found = argumentsOf({ type: 'str', value: json.join('') });
  return found === null ? 'unread' : [{ name: head[1]!, arguments: found }];
}

/** GLM 4.5: the name, then `<arg_key>a</arg_key><arg_value>1</arg_value>`; null where there are no such marks. */
function argumentPairs(text: string): CallReading | null {
  const [name, ...pairs] = text.split('<arg_key>');
  if (pairs.length === 0) return null;
  const found = pairs.map((pair): [string, Value] => {
    const [key = '', value = ''] = pair.split('</arg_key>');
    return [
      key.trim(),
      {
        type: 'untyped',
        text: value
          .replace(/^\s*<arg_value>/, '')
          .split('</arg_value>', 1)[0]!
          .trim(),
      },
    ];
  });
  return [{ name: name!.trim(), arguments: new Map(found) }];
}

/** null where no code fence holds calls. Of programs only calls of functions that were described count. */
function fencedCalls(text: string, names: Names): CallReading | null {
  if (!text.includes('```')) return null;
  const bodies = text.split('```').filter((_, index) => index % 2 === 1);
  const readings = bodies.map((body) => {
    const reading = wholeText(body.replace(/^[\w+-]*[ \t]*\n/, '').trim(), names) ?? 'none';
    return typeof reading === 'string' || reading.some(({ name }) => names.has(name)) ? reading : 'none';
  });
  const reading = together(readings);
  return reading === 'none' ? null : reading;
}

/** A list, a document, or a line of its own that calls a function that was described, perhaps after a heading ("Call: "). */
const BEGINNINGS =
  /[[{]|^[ \t]*(?:[-*•][ \t]+|\d{1,3}[.)][ \t]+)?(?:[\p{L} ]{1,30}:[ \t]{1,3}(?=[^\n({[]{1,100}\())?`?(?=[\p{L}_])/gmu;

/** Every beginning may be read up to the end in vain: no answer needs more of them. */
const MOST_BEGINNINGS = 200;

function callsInProse(text: string, names: Names): CallReading {
  const calls: Call[] = [];
  let unread = triesToCall(text, names);
  let vain = 0;
  for (const beginning = new RegExp(BEGINNINGS); vain < MOST_BEGINNINGS; ) {
    const match = beginning.exec(text);
    if (match === null) break;
    const isList = /[[{]$/.test(match[0]);
    const start = isList ? match.index : match.index + match[0].length;
    if (match[0] === '') beginning.lastIndex++;
    const found = attempt(() => parseExpressionAt(text, start, { names, closing: 'forgiven' }));
    if (found === null) {
      vain++;
      continue;
    }
    const reading = isList ? readExpression(found.expression, names) : lineCall(found, text, names);
    if (reading === 'unread') unread = true;
    if (typeof reading !== 'string') calls.push(...reading);
    beginning.lastIndex = Math.max(beginning.lastIndex, reading === 'none' && !isList ? 0 : found.end);
  }
  if (calls.length > 0) return calls;
  return unread ? 'unread' : 'none';
}

/** Whether an answer begins as a call does, or holds the beginning of a document that calls. */
function triesToCall(text: string, names: Names): boolean {
  const begun = /^\[?([\p{L}_][\p{L}\p{N}_.-]*)\(/u.exec(text)?.[1];
  if (begun !== undefined && names.has(begun)) return true;
  const named = text.matchAll(/["'](?:name|tool_name|function)["']\s*:\s*["']([^"']+)["']/g);
  return Array.from(named).some(([, name]) => names.has(name!));
}

function lineCall(
  { expression, end }: { readonly expression: Expression; readonly end: number },
  text: string,
  names: Names,
): CallReading {
  const rest = /[`;,.]*[ \t]*(?:\n|$)/y;
  rest.lastIndex = end;
  return 'call' in expression && names.has(expression.call.name) && rest.test(text) ? [expression.call] : 'none';
}

function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
