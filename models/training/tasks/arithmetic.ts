// arithmetic: two-step refund problems, with the working first and the integer after `#`. The words that name the second
// number (fee, shipping, voucher, box) occur in every operation, so that the sentence has to be read and not the cue.
import type { Random } from '../random.ts';
import type { TaskGenerator } from '../sample.ts';
import { draw, drawTemplate, type Split } from '../split.ts';
import { capitalise, fill } from '../text.ts';
import { firstName, greeting, item, noise } from '../vocabulary.ts';

/** `3*24=60+12=72`: tens and units apart, because a product of two numbers in one leap is learnt only by heart. */
const product = (n: number, p: number): string => {
  const [tens, units] = [Math.floor(p / 10) * 10, p % 10];
  return tens === 0 || units === 0 ? `${n}*${p}=${n * p}` : `${n}*${p}=${n * tens}+${n * units}=${n * p}`;
};

const EACH = [
  '{name} [bought|ordered] {n} {item}s at {p} each',
  '{name} sends back {n} {item}s, each [costing|priced at] {p}',
  'the [bill|order] of {name} lists {n} {item}s for {p} apiece',
  '{n} {item}s went to {name} and every one cost {p}',
  'each {item} costs {p} and {name} [has|bought] {n} of them',
  'at {p} per piece {name} [took|picked] {n} {item}s',
  '{name} paid {p} a piece for {n} {item}s',
  'we sold {n} {item}s to {name}, {p} for each one',
  'one {item} is {p}, {name} returns {n}',
  '{n} times {name} paid {p} for a {item}',
];
const SUM = [
  '{name} paid {a} for a {item} and {b} for a {other}',
  'a {item} at {a} and a {other} at {b} [come|go] back from {name}',
  '{name} returns two pieces, one cost {a} and one {b}',
  'the {item} of {name} was {a}, the {other} was {b}',
  '{name} was charged {a} for the {item} and then {b} for the {other}',
  'the [bill|order] of {name} lists a {item} for {a} and a {other} for {b}',
  'we sold {name} a {item}, {a}, and a {other}, {b}',
  '{name} bought the {item} at {a} and the {other} at {b}',
  'for {a} {name} got a {item}, for {b} a {other}',
  '{name} sends back each of two orders, of {a} and of {b}',
];
const MINUS = [
  'we [keep|hold back] {c} for {thing}',
  'a {thing} fee of {c} is taken off',
  '{c} for {thing} [is not|will not be] paid back',
  '{c} of it was sent back already',
  'the desk takes off {c} for {thing}',
  'a {thing} of {c} is [deducted|subtracted]',
  'we paid back {c} last week',
  'the shop keeps {thing}, {c}',
  'less {c} for {thing}',
  'the cost of {thing}, {c}, stays with us',
];
const PLUS = [
  'the {thing} of {c} is paid back too',
  'we add {c} for {thing}',
  'plus {c} for {thing}',
  '{c} for {thing} [comes|goes] on top',
  'we also [return|refund] the {thing} fee of {c}',
  'the desk gives {c} more as a sorry',
  'a {thing} of {c} is added',
  'on top we send {c} for the trouble',
  'the cost of {thing}, {c}, is refunded as well',
  'with it goes {c} for {thing}',
];
const OFF = [
  'each had come with {c} off',
  'every piece was {c} cheaper by {thing}',
  'a {thing} took {c} off each one',
  'less {c} a piece for {thing}',
  'the price of each was cut by {c}',
  'we keep {c} of each one for {thing}',
  'for {thing} {c} is deducted per piece',
  'on every one we had given {c} off',
  'each of them gets {c} less for {thing}',
  'the {thing} fee is {c} per piece and is taken off',
];
const THINGS = ['shipping', 'handling', 'the box', 'voucher', 'packing', 'insurance', 'postage', 'service', 'return'];

const QUESTIONS = [
  'How much goes back?',
  'What is the refund?',
  'How much do we [refund|pay back|return]?',
  'What does {name} get?',
  'How many dollars go back to {name}?',
  'What amount is [paid back|refunded]?',
  'Refund?',
  'Tell me the refund for {name}.',
  'Which sum does {name} get back?',
  'Work out the refund.',
];
const FRAMES = [
  '{first}. {second}. {question}',
  '{first} and {second}. {question}',
  '{first}; {second}. {question}',
  '{question} {first}. {second}.',
  '{first}, {second}. {question}',
];

interface Problem {
  numbers: Record<string, number>;
  working: string;
  answer: number;
}

/** Operand pairs are held out like words: `3*24` of the test is nowhere in training. */
const timesPair = (split: Split, random: Random): [number, number] =>
  draw(
    split,
    ([n, p]) => `${n}*${p}`,
    () => [random.integer(2, 9), random.integer(11, 69)],
  );
const sumPair = (split: Split, random: Random): [number, number] =>
  draw(
    split,
    ([a, b]) => `${a}+${b}`,
    () => [random.integer(11, 99), random.integer(11, 99)],
  );

const OPERATIONS: Record<
  string,
  { first: string[]; second: string[]; problem(split: Split, random: Random): Problem }
> = {
  'each-minus': {
    first: EACH,
    second: MINUS,
    problem(split, random) {
      const [n, p] = timesPair(split, random);
      const c = random.integer(2, 19);
      return { numbers: { n, p, c }, working: `${product(n, p)};${n * p}-${c}=${n * p - c}`, answer: n * p - c };
    },
  },
  'each-plus': {
    first: EACH,
    second: PLUS,
    problem(split, random) {
      const [n, p] = timesPair(split, random);
      const c = random.integer(2, 19);
      return { numbers: { n, p, c }, working: `${product(n, p)};${n * p}+${c}=${n * p + c}`, answer: n * p + c };
    },
  },
  'sum-minus': {
    first: SUM,
    second: MINUS,
    problem(split, random) {
      const [a, b] = sumPair(split, random);
      const c = random.integer(2, 19);
      return { numbers: { a, b, c }, working: `${a}+${b}=${a + b};${a + b}-${c}=${a + b - c}`, answer: a + b - c };
    },
  },
  'sum-plus': {
    first: SUM,
    second: PLUS,
    problem(split, random) {
      const [a, b] = sumPair(split, random);
      const c = random.integer(2, 19);
      return { numbers: { a, b, c }, working: `${a}+${b}=${a + b};${a + b}+${c}=${a + b + c}`, answer: a + b + c };
    },
  },
  'off-each': {
    first: EACH,
    second: OFF,
    problem(split, random) {
      const [n, net] = timesPair(split, random);
      const c = random.integer(2, 9);
      const p = net + c;
      return { numbers: { n, p, c }, working: `${p}-${c}=${net};${product(n, net)}`, answer: n * net };
    },
  },
};

export const arithmetic: TaskGenerator = {
  system: 'Work out the refund in dollars; end with # and the integer.',
  generate(split, random) {
    const operation = random.pick(Object.keys(OPERATIONS));
    const { first, second, problem } = OPERATIONS[operation]!;
    const { template, parts } = drawTemplate<[string, string]>(split, random, operation, first, second);
    const { numbers, working, answer } = problem(split, random);
    const { n = 0, ...prices } = numbers;
    const slots = {
      n,
      ...Object.fromEntries(Object.entries(prices).map(([slot, dollars]) => [slot, `$${dollars}`])),
      name: firstName(split, random),
      item: item(split, random),
      other: item(split, random),
      thing: random.pick(THINGS),
    };
    const frame = random.pick(FRAMES);
    const [one, two] = parts.map((part) => fill(random, part, slots)) as [string, string];
    const sentences = fill(random, frame, {
      first: capitalise(one),
      second: frame.includes('. {second}') ? capitalise(two) : two,
      question: fill(random, random.pick(QUESTIONS), slots),
    });
    const spoken = random.chance(0.2) ? [noise(random), sentences] : [sentences];
    const user = [greeting(random), ...spoken].join(' ').trim();
    return { group: template, user, target: String(answer), completion: `${working} #${answer}` };
  },
};
