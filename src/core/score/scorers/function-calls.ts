/**
 * The model must make the right calls, by the rules of the Berkeley Function Calling Leaderboard: the right names, all required
 * arguments, no unknown argument, the types of the description, and values among the possible answers. Calls may come in any order. If
 * the target is an empty list, an output without calls is right.
 *
 * The row has `function` (descriptions). The target is `ground_truth`: `[{ name: { argument: [possible, values] } }]`, where
 * "" among the values makes the argument optional. Only Python is supported.
 */
import { z } from 'zod';
import { decodeAsBfcl, readCalls } from '../read/call-formats.js';
import { type Call, parseValue, type Value } from '../read/call-parser.js';
import { readAs } from '../read/row.js';
import { SampleError, type Scorer, scored } from '../score.js';

const options = z.strictObject({
  functionsField: z.string().default('function').describe('The field of the row that describes the functions.'),
  dots: z
    .enum(['keep', 'underscore'])
    .default('keep')
    .describe('Whether the model saw a.b as a_b, because its server takes no dots in names.'),
  read: z
    .enum(['any', 'bfcl'])
    .default('any')
    .describe(
      "Calls in every format of the table; or only what BFCL's decoder for prompted models reads, where anything else is no call.",
    ),
});

type FunctionOptions = z.infer<typeof options>;

export const functionCalls: Scorer<FunctionOptions> = {
  summary: 'the function calls are the right ones',
  reference: 'BFCL v4 ast_checker (Python)',
  options,
  score({ output, target, fields }, settings) {
    const wanted = readAs(answersSchema, target, 'the right calls as target');
    const functions = readAs(
      descriptionsSchema,
      [fields[settings.functionsField]].flat().map(bare),
      'descriptions of functions',
    );
    const reading = readWith(settings, output, functions);
    if (reading === 'unread') return scored(0, null, { fault: 'a call that cannot be read' });
    if (reading === 'none')
      return wanted.length === 0 ? scored(1, null) : scored(0, null, { fault: 'not a list of calls' });
    const fault = wanted.length === 0 ? 'no call is right' : faultIn(reading, wanted, functions, settings);
    return scored(fault === null ? 1 : 0, nameList(reading), fault === null ? undefined : { fault });
  },
};

function readWith({ read, dots }: FunctionOptions, output: string, functions: readonly Description[]) {
  switch (read) {
    case 'any':
      return readCalls(output, new Set(functions.map(({ name }) => shownName(name, dots))));
    case 'bfcl': {
      const calls = decodeAsBfcl(output);
      return calls === null || calls.length === 0 ? 'none' : calls;
    }
  }
}

function shownName(name: string, dots: FunctionOptions['dots']): string {
  return dots === 'underscore' ? name.replaceAll('.', '_') : name;
}

const answersSchema = z.array(z.record(z.string(), z.record(z.string(), z.array(z.unknown()))));
const parameterSchema = z.looseObject({
  type: z.string().default('any'),
  items: z.looseObject({ type: z.string().default('any') }).optional(),
});
const descriptionSchema = z.looseObject({
  name: z.string(),
  parameters: z.looseObject({
    properties: z.record(z.string(), parameterSchema).default({}),
    required: z.array(z.string()).default([]),
  }),
});

const descriptionsSchema = z.array(descriptionSchema);

/** A description as in BFCL, or inside `{"type": "function", "function": …}` as servers take it. */
function bare(described: unknown): unknown {
  const isWrapped = typeof described === 'object' && described !== null && 'function' in described;
  return isWrapped && !('parameters' in described) ? described.function : described;
}

type Description = z.infer<typeof descriptionSchema>;
type Possible = Readonly<Record<string, readonly unknown[]>>;

function nameList(calls: readonly Call[]): string {
  return calls.map((call) => call.name).join(', ');
}

/** Each answer takes the first call that fits it, unless an answer before it took that call. */
function faultIn(
  calls: readonly Call[],
  wanted: readonly Readonly<Record<string, Possible>>[],
  functions: readonly Description[],
  settings: FunctionOptions,
): string | null {
  if (calls.length !== wanted.length) return 'wrong number of calls';
  const taken = new Set<number>();
  for (const answer of wanted) {
    const [name, possible] = Object.entries(answer)[0]!;
    const description = functions.length === 1 ? functions[0] : functions.find((one) => one.name === name);
    if (description === undefined) throw new SampleError(`expected a description of the function ${name}, found none`);
    const faults: string[] = [];
    const index = calls.findIndex((call, at) => {
      if (taken.has(at)) return false;
      const fault = faultOfCall(call, possible, description, settings);
      if (fault !== null) faults.push(fault);
      return fault === null;
    });
    if (index < 0) return faults[0] ?? 'a call is missing';
    taken.add(index);
  }
  return null;
}

function faultOfCall(
  call: Call,
  possible: Possible,
  { name, parameters }: Description,
  settings: FunctionOptions,
): string | null {
  if (call.name !== shownName(name, settings.dots)) return `wrong function ${call.name}`;
  const missing = parameters.required.find((parameter) => !call.arguments.has(parameter));
  if (missing !== undefined) return `missing argument ${missing}`;
  for (const [argument, value] of call.arguments) {
    const parameter = Object.hasOwn(parameters.properties, argument) ? parameters.properties[argument] : undefined;
    const answers = Object.hasOwn(possible, argument) ? possible[argument] : undefined;
    if (parameter === undefined || answers === undefined) return `unexpected argument ${argument}`;
    const fault = faultOfValue(value, answers, parameter);
    if (fault !== null) return `${argument}: ${fault}`;
  }
  const left = Object.keys(possible).find(
    (argument) => !call.arguments.has(argument) && !possible[argument]!.includes(''),
  );
  return left === undefined ? null : `missing argument ${left}`;
}

/** The types of BFCL, and those of JSON Schema. */
const TYPES: Readonly<Record<string, Value['type']>> = {
  string: 'str',
  integer: 'int',
  float: 'float',
  number: 'float',
  boolean: 'bool',
  array: 'list',
  tuple: 'list',
  dict: 'dict',
  object: 'dict',
  any: 'str',
};

function faultOfValue(
  given: Value,
  answers: readonly unknown[],
  parameter: z.infer<typeof parameterSchema>,
): string | null {
  const expected = TYPES[parameter.type];
  if (expected === undefined) throw new SampleError(`expected a type of BFCL, found "${parameter.type}"`);
  const value = converted(given, parameter.type, expected);
  // Answers of another type than the description has are names of variables, and are compared as they are.
  const answerType = typeOfAnswers(answers, expected);
  const isVariable = answerType !== null && answerType !== expected;
  const nested = expected === 'list' ? TYPES[parameter.items?.type ?? ''] : undefined;
  if (value.type !== expected) {
    if (value.type !== answerType) return 'wrong type';
  } else if (nested !== undefined && !answers.some((answer) => itemsFit(value, answer, nested)))
    return 'wrong type inside';
  else if (!isVariable) {
    if (value.type === 'dict') return answers.some((answer) => dictFits(value, answer)) ? null : 'wrong value';
    if (value.type === 'list' && nested === 'dict')
      return answers.some((answer) => listOfDictsFits(value, answer)) ? null : 'wrong value';
    if (value.type === 'str' || value.type === 'list') {
      return answers.some((answer) => isSame(standardised(value), standardAnswer(answer))) ? null : 'wrong value';
    }
  }
  return answers.some((answer) => isSame(value, answer)) ? null : 'wrong value';
}

function converted(value: Value, type: string, expected: Value['type']): Value {
  if (value.type === 'untyped') return converted(typed(value.text, expected), type, expected);
  if (type === 'tuple' && value.type === 'tuple') return { type: 'list', items: value.items };
  return expected === 'float' && value.type === 'int' ? { type: 'float', value: value.value } : value;
}

/** Reads the text of an XML element as the type of the description, if it can be read so. */
function typed(text: string, expected: Value['type']): Value {
  if (expected === 'str') return { type: 'str', value: text };
  try {
    return parseValue(text);
  } catch (error) {
    if (error instanceof SyntaxError) return { type: 'str', value: text };
    throw error;
  }
}

/**
 * JSON does not distinguish 5.0 from 5, so a whole number among the answers has the expected numeric type. 0.85 is always a
 * float.
 */
function typeOfAnswers(answers: readonly unknown[], expected: Value['type']): Value['type'] | null {
  const answer = answers.find((one) => one !== '');
  switch (typeof answer) {
    case 'undefined':
      return null;
    case 'string':
      return 'str';
    case 'boolean':
      return 'bool';
    case 'number':
      if (!Number.isInteger(answer)) return 'float';
      return expected === 'int' || expected === 'float' ? expected : 'int';
    default:
      return answer === null ? 'none' : Array.isArray(answer) ? 'list' : 'dict';
  }
}

/** Whether each item has the type of the description, or that of the items of the answer. A whole number may be a float. */
function itemsFit(value: Value, answer: unknown, nested: Value['type']): boolean {
  if (value.type !== 'list' || !Array.isArray(answer)) return true;
  const answerType = typeOfAnswers(answer, nested);
  return value.items.every(
    ({ type }) => type === nested || type === answerType || (nested === 'float' && type === 'int'),
  );
}

/** The text without blanks and `,./-_*^`, in small letters, with double quotes in place of single ones. */
function standardise(text: string): string {
  return text
    .replace(/[ ,./\-_*^]/g, '')
    .toLowerCase()
    .replaceAll("'", '"');
}

/** Standardises a text, or the texts directly in a list. Deeper texts stay as they are. */
function standardised(value: Value): Value {
  if (value.type === 'str') return { type: 'str', value: standardise(value.value) };
  if (value.type !== 'list') return value;
  return { type: 'list', items: value.items.map((item) => (item.type === 'str' ? standardised(item) : item)) };
}

function standardAnswer(answer: unknown): unknown {
  if (typeof answer === 'string') return standardise(answer);
  return Array.isArray(answer) ? answer.map((item) => (typeof item === 'string' ? standardise(item) : item)) : answer;
}

function dictFits(value: Value, answer: unknown): boolean {
  if (value.type !== 'dict' || typeof answer !== 'object' || answer === null || Array.isArray(answer)) return false;
  const possible = answer as Readonly<Record<string, unknown>>;
  for (const [key, item] of value.entries) {
    const answers = Object.hasOwn(possible, key) ? listOf(possible[key]) : [];
    const one = item.type === 'str' ? standardised(item) : item;
    const isRight = (candidate: unknown) =>
      isSame(one, typeof candidate === 'string' ? standardise(candidate) : candidate);
    if (!answers.some(isRight)) return false;
  }
  return Object.entries(possible).every(([key, answers]) => value.entries.has(key) || listOf(answers).includes(''));
}

function listOf(answers: unknown): readonly unknown[] {
  return Array.isArray(answers) ? answers : [answers];
}

/** "" among the answers makes the argument optional. BFCL treats it like an empty list, because both have the length 0. */
function listOfDictsFits(value: Value, answer: unknown): boolean {
  if (value.type !== 'list') return false;
  if (answer === '') return value.items.length === 0;
  if (!Array.isArray(answer) || value.items.length !== answer.length) return false;
  return value.items.every((item, index) => dictFits(item, answer[index]));
}

/** Compares as `==` of Python does: 5 equals 5.0, True equals 1, and a tuple equals no list. */
function isSame(value: Value, answer: unknown): boolean {
  switch (value.type) {
    case 'none':
      return answer === null;
    case 'str':
      return value.value === answer;
    case 'bool':
    case 'int':
    case 'float':
      return (typeof answer === 'number' || typeof answer === 'boolean') && Number(value.value) === Number(answer);
    case 'tuple':
    case 'bytes':
      return false;
    case 'untyped':
      return isSame(typed(value.text, typeof answer === 'string' ? 'str' : 'dict'), answer);
    case 'list':
      if (answer === '') return value.items.length === 0;
      return (
        Array.isArray(answer) &&
        answer.length === value.items.length &&
        value.items.every((item, index) => isSame(item, answer[index]))
      );
    case 'dict': {
      if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) return false;
      const keys = Object.keys(answer);
      return (
        keys.length === value.entries.size &&
        keys.every((key) => {
          const item = value.entries.get(key);
          return item !== undefined && isSame(item, (answer as Readonly<Record<string, unknown>>)[key]);
        })
      );
    }
  }
}
