// Exercises: never tested, only trained. Copying a word one has never seen is what extract, reply and privacy all rest on,
// and letters alone teach it slowly: nothing but the words to copy, in long and short rows, teaches it early.
import type { Random } from '../random.ts';
import type { TaskGenerator } from '../sample.ts';
import type { Split } from '../split.ts';
import { fullName, orderId, product } from '../vocabulary.ts';

const thing = (split: Split, random: Random): string =>
  random.pick([
    () => fullName(split, random),
    () => fullName(split, random),
    () => product(split, random),
    () => product(split, random),
    () => orderId(random),
    () => String(random.integer(10, 999_999)),
  ])();

const things = (split: Split, random: Random, count: number): string[] =>
  Array.from({ length: count }, () => thing(split, random));

export const repeat: TaskGenerator = {
  system: 'Repeat.',
  generate(split, random) {
    const row = things(split, random, random.integer(2, 6)).join(' ');
    return { group: 'repeat', user: `Say ${row}`, target: row, completion: `It is ${row}` };
  },
};

/** Several values to find by what they belong to, in another order: what privacy asks for once, asked again and again. */
export const lookUp: TaskGenerator = {
  system: 'Look up.',
  generate(split, random) {
    const count = random.integer(2, 4);
    const keys = things(split, random, count);
    const values = things(split, random, count);
    const list = keys.map((key, i) => `${key} ${values[i]}`).join(random.pick(['; ', ', and ', '. ']));
    const asked = random.shuffle(keys.map((key, i) => ({ key, value: values[i]! })));
    const user = `Records: ${list}. Tell ${asked.map(({ key }) => key).join(', ')}.`;
    const completion = asked.map(({ key, value }) => `${key} ${value}.`).join(' ');
    return { group: 'look-up', user, target: asked.map(({ value }) => value), completion };
  },
};
