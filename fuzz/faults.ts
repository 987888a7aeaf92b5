/** What no output of the program may hold, whatever it was given. */
import { leaksIn } from './keys.js';

/** Characters that move a terminal's cursor or turn a line around; a tab and a line feed do no harm. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const UNPRINTABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

const SIGNS: readonly (readonly [what: string, sign: RegExp])[] = [
  ['a stack trace', /\n\s+at .+(?::\d+:\d+|\(<?anonymous>?\)|node:internal)/],
  ['a fault of ours', /\bunexpected: [^\n]*/],
  ['a crash of the engine of the language', /FATAL ERROR|Uncaught|UnhandledPromiseRejection|node:internal\//],
  ['an object without words', /\[object \w+\]/],
];

export function faultsIn(text: string): readonly string[] {
  const signs = SIGNS.flatMap(([what, sign]) => {
    const found = sign.exec(text)?.[0];
    return found === undefined ? [] : [`${what}: ${found.trim().slice(0, 160)}`];
  });
  const control = UNPRINTABLE.exec(text);
  return [
    ...signs,
    ...leaksIn(text).map((name) => `the key is shown (${name})`),
    ...(control === null
      ? []
      : [`a character that steers a terminal is shown: U+${control[0].charCodeAt(0).toString(16).padStart(4, '0')}`]),
  ];
}
