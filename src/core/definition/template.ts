/**
 * Jinja templates over the fields of a row. Jinja renders what it does not know as nothing, so a misspelt field would ask
 * every model an empty question: here a template says which fields it cannot do without, and a row without one is an error.
 */
import { describeError, UserError } from '../errors.js';
import type { Row } from '../message.js';
import { pattern } from '../score/text/pattern.js';
import { binaryIn } from './binary.js';
import type { Node } from './jinja/interpreter.js';
import { type Allowance, MOST_STEPS, STEPS_OF_A_ROW } from './jinja/limits.js';
import { parseTemplate, type Template } from './jinja/template.js';

export type RowTemplate = (row: Row) => string;

/**
 * @param field where the template stands, for complaints: `prompt.user`.
 * @throws UserError when it does not parse; the template it returns throws one when a row lacks what it needs.
 */
export function rowTemplate(field: string, source: string): RowTemplate {
  let template: Template;
  try {
    template = parseTemplate(source);
  } catch (error) {
    throw new UserError(`${field}: expected a Jinja template, found one that does not parse (${describeError(error)})`);
  }
  const { variables, columns } = neededOf(template.body);
  const allowance: Allowance = { steps: MOST_STEPS };
  return (row) => {
    for (const variable of [...variables, ...(Object.hasOwn(row, ROW) ? [] : columns)]) {
      // `row` is the whole row, unless a field is called that.
      if (variable === ROW && !Object.hasOwn(row, ROW)) continue;
      if (!Object.hasOwn(row, variable)) {
        throw new UserError(
          `${field}: the template names "${variable}", which this row does not have (it has ${fieldsOf(row)})`,
        );
      }
      if (row[variable] === null || row[variable] === undefined) {
        throw new UserError(
          `${field}: the template names "${variable}", which is empty in this row; test for it with {% if ${variable} %}`,
        );
      }
      const binary = binaryIn(row[variable]);
      if (binary !== null) {
        throw new UserError(
          `${field}: the template names "${variable}", which holds ${binary} in this row, and models are sent text alone here; name a field of text`,
        );
      }
    }
    try {
      allowance.steps = Math.min(allowance.steps + STEPS_OF_A_ROW, MOST_STEPS);
      return template.render({ [ROW]: row, ...withoutBuiltIns(row), ...FUNCTIONS }, { allowance });
    } catch (error) {
      throw new UserError(`${field}: the template cannot be rendered from this row (${describeError(error)})`);
    }
  };
}

/** What a template rendered, where it shall render JSON. @throws UserError when it did not. */
export function parseJson(field: string, rendered: string, expected: 'JSON' | 'a JSON list'): unknown {
  try {
    return JSON.parse(rendered);
  } catch {
    throw new UserError(
      `${field}: expected a template that renders ${expected}, as in {{ choices | tojson }}, found ${JSON.stringify(rendered.slice(0, 60))}`,
    );
  }
}

function fieldsOf(row: Row): string {
  const names = Object.keys(row);
  if (names.length === 0) return 'no fields';
  return names.length > 12 ? `${names.slice(0, 12).join(', ')} and ${names.length - 12} more` : names.join(', ');
}

/** What templates can call beyond Jinja's own. */
const FUNCTIONS = { regex_replace: regexReplace } as const;

/** The whole row, for fields whose names are no names of variables: `row['Message text']`. */
const ROW = 'row';

/**
 * Python's `re.sub(pattern, replacement, text)`, which lm-evaluation-harness gives to its templates as a filter, and which is a
 * function here. In linear time: the text comes from data.
 */
function regexReplace(text: unknown, source: unknown, replacement: unknown): string {
  if (typeof text !== 'string' || typeof source !== 'string' || typeof replacement !== 'string') {
    throw new TypeError('regex_replace: expected three texts, as in regex_replace(text, "pattern", "replacement")');
  }
  let result = '';
  let end = 0;
  for (const { text: matched, index, groups } of pattern(source).matches(text)) {
    result += text.slice(end, index) + replacement.replace(/\\([1-9])/g, (_, group) => groups[Number(group) - 1] ?? '');
    end = index + matched.length;
  }
  return result + text.slice(end);
}

/** What every template has, whatever its row. */
const BUILT_IN: ReadonlySet<string> = new Set([
  ...Object.keys(FUNCTIONS),
  'loop',
  'true',
  'false',
  'none',
  'True',
  'False',
  'None',
  'range',
  'namespace',
  'raise_exception',
  'strftime_now',
]);

/** A row may well have a field `range`, which must not take the place of the function. */
function withoutBuiltIns(row: Row): Row {
  return Object.fromEntries(Object.entries(row).filter(([name]) => !BUILT_IN.has(name)));
}

interface Needed {
  /** The variables that a template prints or passes on without having asked whether they are there. */
  readonly variables: ReadonlySet<string>;
  /** The fields that it takes out of `row`. */
  readonly columns: ReadonlySet<string>;
}

function neededOf(body: readonly Node[]): Needed {
  const columns = new Set<string>();
  const used = new Set<string>();
  const bound = new Set<string>(BUILT_IN);
  const visit = (node: unknown): void => {
    if (Array.isArray(node) || node instanceof Map) {
      for (const part of node instanceof Map ? [...node].flat() : node) visit(part);
      return;
    }
    if (typeof node !== 'object' || node === null) return;
    const { type, ...parts } = node as { type?: string } & Record<string, unknown>;
    switch (type) {
      case 'Identifier':
        used.add(String(parts.value));
        return;
      case 'Set':
      case 'Macro':
      case 'For':
        collectNames(parts.assignee ?? parts.loopvar ?? parts.name, bound);
        if (type === 'Macro') collectNames({ value: parts.args }, bound);
        visit(Object.values(parts));
        return;
      case 'MemberExpression':
        collectColumn(parts, columns);
        visit(parts.object);
        if (parts.computed) visit(parts.property);
        return;
      // `x | default(…)`, `x is defined`, `if x` and `y if x else z` are how a template says that x may be absent.
      case 'FilterExpression':
        if (filterName(parts.filter) === 'default') collectNames(parts.operand, bound);
        visit([parts.operand, (parts.filter as { args?: unknown }).args]);
        return;
      case 'FilterStatement':
        visit([parts.body, (parts.filter as { args?: unknown }).args]);
        return;
      case 'TestExpression':
        if (['defined', 'undefined', 'none'].includes(filterName(parts.test)!)) collectNames(parts.operand, bound);
        visit(parts.operand);
        return;
      case 'If':
      case 'SelectExpression':
      case 'Ternary':
        collectTested(parts.test ?? parts.condition, bound);
        visit(Object.values(parts));
        return;
      case 'KeywordArgumentExpression':
        visit(parts.value);
        return;
      // Their operators are tokens, and `not`, `and`, `in` are tokens of the type Identifier.
      case 'UnaryExpression':
      case 'BinaryExpression':
        visit([parts.argument, parts.left, parts.right]);
        return;
      default:
        visit(Object.values(parts));
    }
  };
  visit(body);
  for (const name of bound) used.delete(name);
  return { variables: used, columns };
}

/** `row['Message text']` and `row.text`, but not `row.get(…)`, which asks whether the field is there. */
function collectColumn({ object, property, computed }: Record<string, unknown>, into: Set<string>): void {
  const { type, value } = object as { type?: string; value?: unknown };
  const named = property as { type?: string; value?: unknown };
  const isName = computed ? named.type === 'StringLiteral' : named.type === 'Identifier';
  if (type === 'Identifier' && value === ROW && isName && !OF_DICTIONARIES.has(String(named.value)))
    into.add(String(named.value));
}

const OF_DICTIONARIES: ReadonlySet<string> = new Set(['get', 'items', 'keys', 'values', 'dictsort', 'copy']);

function filterName(filter: unknown): string | undefined {
  const { value, callee } = filter as { value?: string; callee?: { value?: string } };
  return value ?? callee?.value;
}

function collectNames(node: unknown, into: Set<string>): void {
  const { type, value } = (node ?? {}) as { type?: string; value?: unknown };
  if (type === 'Identifier') into.add(String(value));
  else if (Array.isArray(value)) for (const part of value) collectNames(part, into);
}

/** The variables whose presence a condition asks for, alone or joined by `not`, `and`, `or`. */
function collectTested(node: unknown, into: Set<string>): void {
  const { type, argument, left, right, operator } = (node ?? {}) as Record<string, unknown>;
  if (type === 'Identifier') collectNames(node, into);
  else if (type === 'UnaryExpression') collectTested(argument, into);
  else if (type === 'BinaryExpression' && ['and', 'or'].includes((operator as { value: string }).value)) {
    collectTested(left, into);
    collectTested(right, into);
  }
}
