/**
 * The library's interpreter with the rest of what templates use, and with a limit. A template is a program that came with the
 * weights or with a suite: it may loop without end or double a text until memory is full. So each step has a price, and so has
 * what it makes, and a template that spends more than it may is stopped. Steps are counted and not seconds, so that a template
 * that is refused here is refused everywhere.
 */
import { Interpreter } from '@huggingface/jinja';
import { FILTERS, isOurs, order, requireKnown } from './filters.js';
import { type Allowance, requireList, requireText, SIZE_OF_A_STEP, STEPS_OF_A_ROUND, TooMuchWork } from './limits.js';
import { type Arguments, methodOf, written } from './methods.js';
import { formatPercent } from './python-text.js';
import {
  areEqual,
  createScope,
  isAbsent,
  isList,
  isMapping,
  isNumber,
  isText,
  isTrue,
  listOf,
  membersOf,
  partNamed,
  type Scope,
  textOf,
  toValue,
  tupleOf,
  UNDEFINED,
  type Value,
} from './values.js';

/** A node of the parsed template; which fields it has follows from its type. */
export interface Node {
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: the library does not export the types of its nodes.
  readonly [field: string]: any;
}

/** What the library's interpreter has and does not declare. */
interface OpenInterpreter {
  run(program: Node): Value;
  evaluate(node: Node | undefined, environment: Scope): Value;
  evaluateBlock(statements: readonly Node[], environment: Scope): Value;
  evaluateBinaryExpression(node: Node, environment: Scope): Value;
  evaluateArguments(args: readonly Node[], environment: Scope): [Value[], Map<string, Value>];
  applyFilter(operand: Value, filter: Node, environment: Scope): Value;
}

const Open: new (environment: Scope) => OpenInterpreter = Interpreter;

/** What a loop is told by `break` and `continue`. */
class LoopControl extends Error {
  /** What the iteration had written before it. */
  written = '';
  constructor(readonly kind: 'break' | 'continue') {
    super(kind);
  }
}

export interface Work {
  readonly allowance: Allowance;
  /** Whether the template names the variable `loop`, which costs more to make than a round of a short loop. */
  readonly namesLoop: boolean;
}

export class BoundedInterpreter extends Open {
  readonly #allowance: Allowance;
  readonly #namesLoop: boolean;
  /** Keys of mappings that are no texts, by the mapping and the text that stands for them. */
  readonly #keys = new WeakMap<object, Map<string, Value>>();

  constructor(environment: Scope, { allowance, namesLoop }: Work) {
    super(environment);
    this.#allowance = allowance;
    this.#namesLoop = namesLoop;
  }

  override evaluate(node: Node | undefined, environment: Scope): Value {
    // It was paid for when it was evaluated.
    if (node?.type === 'Given') return node.value as Value;
    const value = this.#evaluate(node, environment);
    this.spend(1 + sizeOf(value) / SIZE_OF_A_STEP);
    return value;
  }

  /** @throws TooMuchWork when the template has used up what it may. */
  spend(steps: number): void {
    this.#allowance.steps -= steps;
    if (this.#allowance.steps < 0) throw new TooMuchWork('the template takes too many steps: it may never end');
  }

  #evaluate(node: Node | undefined, environment: Scope): Value {
    switch (node?.type) {
      case 'For':
        return this.#loop(node, environment);
      case 'Break':
        throw new LoopControl('break');
      case 'Continue':
        throw new LoopControl('continue');
      case 'ObjectLiteral':
        return this.#mapping(node, environment);
      case 'MemberExpression':
        return this.#member(node, environment);
      case 'CallExpression':
        return this.#call(node, environment);
      case 'TestExpression':
        return this.#test(node, environment);
      default:
        return super.evaluate(node, environment);
    }
  }

  override evaluateBlock(statements: readonly Node[], environment: Scope): Value {
    let written = '';
    for (const statement of statements) {
      try {
        const value = this.evaluate(statement, environment);
        // A null is written in an expression, and a statement gives none.
        if (value.type !== 'NullValue' || isExpression(statement)) written += textOf(value);
      } catch (error) {
        if (error instanceof LoopControl) error.written = written + error.written;
        throw error;
      }
      requireText(written.length);
    }
    return toValue(written);
  }

  /** Goes over lists, characters, keys, and nothing at all; what an iteration wrote before `continue` stays. */
  #loop(node: Node, environment: Scope): Value {
    const scope = createScope(environment);
    const select = node.iterable.type === 'SelectExpression' ? (node.iterable as Node) : null;
    const iterable = this.evaluate(select?.lhs ?? node.iterable, scope);
    const all = this.#members(iterable);
    if (all === null) throw new Error(`'${iterable.type}' object is not iterable`);
    this.spend(all.length * STEPS_OF_A_ROUND);
    const items = all.filter((item) => {
      if (select === null) return true;
      const inner = createScope(scope);
      assign(node.loopvar, item, inner);
      return isTrue(this.evaluate(select.test, inner));
    });
    let written = '';
    let last: Value | undefined;
    const differsFromLast = (value: Value) => {
      const differs = last === undefined || !areEqual(last, value);
      last = value;
      return differs;
    };
    for (const [i, item] of items.entries()) {
      const inner = createScope(scope);
      if (this.#namesLoop) inner.setVariable('loop', loopAt(items, i, differsFromLast));
      assign(node.loopvar, item, inner);
      try {
        written += textOf(this.evaluateBlock(node.body, inner));
      } catch (error) {
        if (!(error instanceof LoopControl)) throw error;
        written += error.written;
        if (error.kind === 'break') break;
      }
      requireText(written.length);
    }
    return items.length === 0 ? this.evaluateBlock(node.defaultBlock, scope) : toValue(written);
  }

  #members(value: Value): readonly Value[] | null {
    const keys = isMapping(value) ? this.#keys.get(value.value) : undefined;
    const members = membersOf(value);
    return keys === undefined ? members : members!.map((key) => keys.get(textOf(key)) ?? key);
  }

  /** Keys may be numbers, too; the library has texts only, so that these stand beside. */
  #mapping(node: Node, environment: Scope): Value {
    const mapping = new Map<string, Value>();
    const keys = new Map<string, Value>();
    for (const [key, item] of node.value as Map<Node, Node>) {
      const name = this.evaluate(key, environment);
      if (name.type !== 'StringValue') keys.set(textOf(name), name);
      mapping.set(textOf(name), this.evaluate(item, environment));
    }
    const value = toValue({});
    value.value = mapping;
    if (keys.size > 0) this.#keys.set(mapping, keys);
    return value;
  }

  #member(node: Node, environment: Scope): Value {
    const object = this.evaluate(node.object, environment);
    const given = { type: 'Given', value: object };
    if (node.computed && node.property.type !== 'SliceExpression') {
      const property = this.evaluate(node.property, environment);
      if (isAbsent(object)) throw new Error(`'${textOf(property)}' of something that is undefined`);
      if (isMapping(object)) return object.value.get(textOf(property)) ?? UNDEFINED;
      if (isText(object) && property.type === 'IntegerValue') {
        const character = [...object.value].at(Number(property.value));
        return character === undefined ? UNDEFINED : toValue(character);
      }
      return super.evaluate({ ...node, object: given, property: { type: 'Given', value: property } }, environment);
    }
    const name = node.property.type === 'Identifier' ? (node.property.value as string) : null;
    if (isAbsent(object)) throw new Error(`'${name ?? 'a part'}' of something that is undefined`);
    if (name === null || (isMapping(object) && object.value.has(name)))
      return super.evaluate({ ...node, object: given }, environment);
    const part = isList(object) ? partNamed(object, name) : undefined;
    if (part !== undefined) return part;
    const method = methodOf(object, name) ?? this.#ofMapping(object, name);
    return method === null ? super.evaluate({ ...node, object: given }, environment) : functionOf(method);
  }

  /** @throws Error with the name of a method that the value does not have. */
  #call(node: Node, environment: Scope): Value {
    const callee = node.callee as Node;
    if (callee.type !== 'MemberExpression' || callee.computed) return super.evaluate(node, environment);
    const object = this.evaluate(callee.object, environment);
    const method = this.evaluate({ ...callee, object: { type: 'Given', value: object } }, environment);
    if (isAbsent(method)) throw new Error(`${kindOf(object)} has no method ${callee.property.value} here`);
    return super.evaluate({ ...node, callee: { type: 'Given', value: method } }, environment);
  }

  #ofMapping(object: Value, name: string): ((given: Arguments) => Value) | null {
    if (!isMapping(object) || !['items', 'keys', 'get'].includes(name)) return null;
    const { value } = object;
    if (name === 'get')
      return ({ args: [key, otherwise] }) => value.get(textOf(key ?? UNDEFINED)) ?? otherwise ?? toValue(null);
    return () => listOf(name === 'keys' ? this.#members(object)! : this.#entries(object, 'items'));
  }

  /** The keys of a mapping, each with its value. */
  #entries(mapping: Value, filter: 'items' | 'dictsort'): readonly Value[] {
    if (isAbsent(mapping)) return [];
    if (!isMapping(mapping)) throw new Error(`Cannot apply filter "${filter}" to type: ${mapping.type}`);
    const keys = this.#members(mapping)!;
    const ordered = filter === 'dictsort' ? keys.toSorted(order) : keys;
    return ordered.map((key) => tupleOf([key, mapping.value.get(textOf(key))!]));
  }

  #test(node: Node, environment: Scope): Value {
    const operand = this.evaluate(node.operand, environment);
    const name = node.test.value as string;
    const answer = (holds: boolean) => toValue(node.negate ? !holds : holds);
    if (name === 'iterable') return answer(this.#members(operand) !== null);
    if (name === 'float') return answer(operand.type === 'FloatValue');
    return super.evaluate({ ...node, operand: { type: 'Given', value: operand } }, environment);
  }

  override applyFilter(operand: Value, filter: Node, environment: Scope): Value {
    const call = filter.type === 'CallExpression';
    const name = (call ? filter.callee.value : filter.value) as string;
    if (name === 'items' || name === 'dictsort') {
      if (call && filter.args.length > 0) throw new Error(`the filter ${name} takes no values here`);
      return listOf(this.#entries(operand, name));
    }
    // Nothing has no members to choose from, as in Jinja.
    if (CHOOSING.has(name) && !isTrue(operand)) return listOf([]);
    if (name === 'map') return this.#mapped(operand, filter, environment);
    if (name === 'tojson') requireExactNumbers(operand);
    if (!isOurs(name)) return super.applyFilter(operand, filter, environment);
    const [args, named] = call ? this.evaluateArguments(filter.args, environment) : [[], new Map<string, Value>()];
    requireKnown(name, { args, named });
    return FILTERS[name]!(operand, { args, named });
  }

  /** `map(attribute='x')`, or `map` with the name of a filter that is applied to each member. */
  #mapped(operand: Value, filter: Node, environment: Scope): Value {
    const [args] = filter.type === 'CallExpression' ? this.evaluateArguments(filter.args, environment) : [[]];
    const [name] = args;
    if (name === undefined) return super.applyFilter(operand, filter, environment);
    const named: Node = { type: 'Identifier', value: textOf(name) };
    const rest = filter.args.slice(1) as readonly Node[];
    const each: Node = rest.length === 0 ? named : { type: 'CallExpression', callee: named, args: rest };
    return listOf((this.#members(operand) ?? []).map((item) => this.applyFilter(item, each, environment)));
  }

  override evaluateBinaryExpression(node: Node, environment: Scope): Value {
    const operator = node.operator.value as string;
    if (operator === 'and' || operator === 'or') return super.evaluateBinaryExpression(node, environment);
    const left = this.evaluate(node.left, environment);
    const right = this.evaluate(node.right, environment);
    const own = binary(operator, left, right);
    if (own !== null) return own;
    const given = (value: Value) => ({ type: 'Given', value });
    return super.evaluateBinaryExpression({ ...node, left: given(left), right: given(right) }, environment);
  }
}

/** @throws Error for a float that is whole: Python writes `1.0`, and the library `1`. */
function requireExactNumbers(value: Value): void {
  if (value.type === 'FloatValue' && Number.isInteger(value.value))
    throw new Error('tojson of a whole float is not known here');
  if (isList(value)) value.value.forEach(requireExactNumbers);
  if (isMapping(value)) value.value.forEach(requireExactNumbers);
}

function kindOf(value: Value): string {
  if (isText(value)) return 'a text';
  if (isNumber(value)) return 'a number';
  return isList(value) ? 'a list' : 'a mapping';
}

/** Computes the operators that Python defines otherwise than the library; null for any other. */
function binary(operator: string, left: Value, right: Value): Value | null {
  const texts = left.type === 'StringValue' && right.type === 'StringValue';
  switch (operator) {
    case '==':
      return toValue(areEqual(left, right));
    case '!=':
      return toValue(!areEqual(left, right));
    case '~':
      return toValue(textOf(left) + textOf(right));
    case 'in':
    case 'not in': {
      if (isList(right)) return toValue(right.value.some((item) => areEqual(item, left)) === (operator === 'in'));
      return isMapping(right) ? toValue(right.value.has(textOf(left)) === (operator === 'in')) : null;
    }
    case '<':
      return texts ? toValue(textOf(left) < textOf(right)) : null;
    case '>':
      return texts ? toValue(textOf(left) > textOf(right)) : null;
    case '<=':
      return texts ? toValue(textOf(left) <= textOf(right)) : null;
    case '>=':
      return texts ? toValue(textOf(left) >= textOf(right)) : null;
    case '%':
      return remainder(left, right);
    case '*':
      return isNumber(left) && isNumber(right) ? null : repeated(left, right);
    case '+':
      if (texts || (isNumber(left) && isNumber(right)) || (isList(left) && isList(right))) return null;
      throw new Error(`cannot add ${left.type} and ${right.type}`);
    default:
      return null;
  }
}

/** The remainder of two numbers has the sign of the second; of a text and values it is the text with these in it. */
function remainder(left: Value, right: Value): Value | null {
  if (left.type === 'StringValue') {
    const args = isList(right) ? right.value : [right];
    const named = isMapping(right) ? new Map([...right.value].map(([key, value]) => [key, written(value)])) : new Map();
    return toValue(formatPercent(textOf(left), args.map(written), named));
  }
  const divisor = Number(right.value);
  if (left.type !== 'IntegerValue' || right.type !== 'IntegerValue') return null;
  if (divisor === 0) throw new Error('integer modulo by zero');
  return toValue((((Number(left.value) % divisor) + divisor) % divisor) + 0);
}

/** A text or a list, several times over. */
function repeated(left: Value, right: Value): Value {
  const [of, times] = left.type === 'IntegerValue' ? [right, left] : [left, right];
  const count = Math.max(0, Number(times.value));
  if (times.type !== 'IntegerValue') throw new Error(`cannot multiply ${left.type} and ${right.type}`);
  if (of.type === 'StringValue') requireText(sizeOf(of) * count);
  else requireList(sizeOf(of) * count);
  if (of.type === 'StringValue') return toValue(textOf(of).repeat(count));
  if (isList(of)) return listOf(Array.from({ length: count }, () => of.value).flat());
  throw new Error(`cannot multiply ${left.type} and ${right.type}`);
}

/** @throws TooMuchWork for a value that is larger than any template needs. */
function sizeOf(value: Value): number {
  if (isText(value)) {
    requireText(value.value.length);
    return value.value.length;
  }
  const size = isList(value) ? value.value.length : isMapping(value) ? value.value.size : 0;
  requireList(size);
  return size;
}

const CHOOSING = new Set(['select', 'reject', 'selectattr', 'rejectattr', 'map']);
const STATEMENTS = new Set(['Set', 'Macro', 'Comment']);

function isExpression({ type }: Node): boolean {
  return !STATEMENTS.has(type);
}

/** A loop variable, or several for the parts of each item. */
function assign(target: Node, item: Value, scope: Scope): void {
  if (target.type === 'Identifier') {
    scope.setVariable(target.value, item);
    return;
  }
  const parts = membersOf(item);
  const names = target.value as readonly Node[];
  if (parts === null || parts.length !== names.length) {
    throw new Error(`expected ${names.length} values to unpack, found ${parts?.length ?? 'none'}`);
  }
  for (const [i, name] of names.entries()) assign(name, parts[i]!, scope);
}

function loopAt(items: readonly Value[], i: number, changed: (value: Value) => boolean): Value {
  const loop = toValue({
    index: i + 1,
    index0: i,
    revindex: items.length - i,
    revindex0: items.length - i - 1,
    first: i === 0,
    last: i === items.length - 1,
    length: items.length,
    depth: 1,
    depth0: 0,
  });
  const parts = loop.value as Map<string, Value>;
  parts.set('previtem', items[i - 1] ?? UNDEFINED);
  parts.set('nextitem', items[i + 1] ?? UNDEFINED);
  parts.set(
    'cycle',
    functionOf(({ args }) => args[i % args.length] ?? UNDEFINED),
  );
  parts.set(
    'changed',
    functionOf(({ args }) => toValue(changed(listOf(args)))),
  );
  return loop;
}

/** A function of the template; values by name come last, as the library hands them over. */
export function functionOf(action: (given: Arguments) => Value): Value {
  const made = toValue(() => null);
  made.value = (args: readonly Value[]) => {
    const last = args.at(-1);
    const named =
      last?.type === 'KeywordArgumentsValue' ? (last.value as Map<string, Value>) : new Map<string, Value>();
    return action({ args: named.size > 0 || last?.type === 'KeywordArgumentsValue' ? args.slice(0, -1) : args, named });
  };
  return made;
}
