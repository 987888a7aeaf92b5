/**
 * A template, parsed once and rendered as Python's Jinja renders it, with the globals that transformers gives to chat templates
 * (`chat_template_utils.py`).
 */
import { parse, tokenize } from '@huggingface/jinja';
import { standingTime } from './clock.js';
import { BoundedInterpreter, functionOf, type Node } from './interpreter.js';
import { type Allowance, LONGEST_RANGE, LONGEST_SOURCE, LONGEST_SPACE, MOST_STEPS, TooMuchWork } from './limits.js';
import { numberArgument, textArgument } from './methods.js';
import { createScope, listOf, textOf, toValue, type Value } from './values.js';

export interface Template {
  /** The statements of the parsed template. */
  readonly body: readonly Node[];
  /** @throws TooMuchWork, or another error of the template. */
  render(variables: Readonly<Record<string, unknown>>, options?: RenderOptions): string;
}

export interface RenderOptions {
  /** Called when the template asks for the time. */
  readonly onClock?: () => void;
  /** The default is `MOST_STEPS` for this rendering. */
  readonly allowance?: Allowance;
}

interface Token {
  readonly type: string;
  readonly value: string;
}

/** @throws Error when the source is no template. */
export function parseTemplate(source: string): Template {
  if (source.length > LONGEST_SOURCE) {
    throw new TooMuchWork(`it has ${source.length} characters, more than any template needs`);
  }
  if (new RegExp(`\\s{${LONGEST_SPACE}}`).test(source)) {
    throw new TooMuchWork(`it has more than ${LONGEST_SPACE} characters of white space in a row`);
  }
  const tokens: readonly Token[] = tokenize(source, { lstrip_blocks: true, trim_blocks: true });
  const program: Node & { readonly body: readonly Node[] } = parse(tokens);
  // A value is made only where the template names it: a prompt names a field or two, and is rendered for every sample.
  const names = new Set(tokens.flatMap(({ type, value }) => (type === 'Identifier' ? [value] : [])));
  return {
    body: program.body,
    render(variables, { onClock = () => {}, allowance = { steps: MOST_STEPS } } = {}) {
      const environment = createScope();
      const interpreter = new BoundedInterpreter(environment, { allowance, namesLoop: names.has('loop') });
      const globals: Readonly<Record<string, () => Value>> = {
        true: () => toValue(true),
        false: () => toValue(false),
        none: () => toValue(null),
        True: () => toValue(true),
        False: () => toValue(false),
        None: () => toValue(null),
        range: () =>
          functionOf((given) => {
            const numbers = rangeOf(
              numberArgument(given, 0, 'start') ?? 0,
              numberArgument(given, 1, 'stop'),
              numberArgument(given, 2, 'step') ?? 1,
            );
            interpreter.spend(numbers.length);
            return listOf(numbers.map(toValue));
          }),
        raise_exception: () =>
          functionOf((given) => {
            throw new Error(textArgument(given, 0, 'message') ?? 'an error without a message');
          }),
        strftime_now: () =>
          functionOf((given) => {
            onClock();
            return toValue(standingTime(textArgument(given, 0, 'format') ?? ''));
          }),
        dict: () =>
          functionOf(({ args, named }) => {
            if (args.length > 0) throw new Error('dict takes values by name only here');
            const made = toValue({});
            made.value = new Map(named);
            return made;
          }),
      };
      for (const name of names) {
        if (Object.hasOwn(variables, name)) environment.setVariable(name, toValue(variables[name]));
        else if (Object.hasOwn(globals, name)) environment.setVariable(name, globals[name]!());
      }
      return textOf(interpreter.run(program));
    },
  };
}

function rangeOf(first: number, stop: number | undefined, step: number): number[] {
  const [start, end] = stop === undefined ? [0, first] : [first, stop];
  if (step === 0) throw new Error('range() arg 3 must not be zero');
  const length = Math.max(0, Math.ceil((end - start) / step));
  if (length > LONGEST_RANGE)
    throw new TooMuchWork(`it goes over a range of ${length} numbers, more than ${LONGEST_RANGE}`);
  return Array.from({ length }, (_, i) => start + i * step);
}
