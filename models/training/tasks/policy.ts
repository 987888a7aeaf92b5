// policy: conditions and a case, to `yes` or to `no` with the condition that decides. The working names each condition in the
// policy's order and stops at the first that fails; facts that the policy does not ask about stand among the others.
import type { Random } from '../random.ts';
import type { TaskGenerator } from '../sample.ts';
import { drawTemplate } from '../split.ts';
import { capitalise, fill } from '../text.ts';
import { firstName, item } from '../vocabulary.ts';

interface Condition {
  demand: string[];
  met: string[];
  failed: string[];
  /** The deciding reason when it fails. */
  reason: string;
}

const CONDITIONS: Record<string, Condition> = {
  receipt: {
    demand: [
      'receipt required',
      'only with a receipt',
      'the receipt must be shown',
      'a receipt is needed',
      'proof of purchase needed',
    ],
    met: ['receipt shown', 'has the receipt', 'the receipt is there', 'with receipt', 'proof of purchase attached'],
    failed: ['no receipt', 'receipt lost', 'without receipt', 'the receipt is missing', 'no proof of purchase'],
    reason: 'receipt',
  },
  unused: {
    demand: ['unused goods only', 'never used', 'not used', 'it must be unused', 'only if not used'],
    met: ['never used', 'still unused', 'not used', 'as new', 'was not used'],
    failed: ['used for a week', 'was used', 'used daily', 'clearly used', 'it is used'],
    reason: 'used',
  },
  box: {
    demand: [
      'original box needed',
      'only in its box',
      'the box must be there',
      'box required',
      'packed in the original box',
    ],
    met: ['in its box', 'box kept', 'has the box', 'the box is there', 'with original box'],
    failed: ['box thrown away', 'no box', 'without the box', 'the box is gone', 'box lost'],
    reason: 'box',
  },
  member: {
    demand: [
      'only for members',
      'members only',
      'member status needed',
      'the customer must be a member',
      'for club members',
    ],
    met: ['gold member', 'member since 2024', 'is a member', 'club member', 'has member status'],
    failed: ['no member', 'not a member', 'is no club member', 'guest without membership', 'member status ended'],
    reason: 'member',
  },
};
const DAYS_DEMAND = [
  'within {limit} days',
  'no more than {limit} days after purchase',
  'up to {limit} days',
  '{limit} days at most',
  'not later than {limit} days',
];
const DAYS_FACT = [
  'bought {days} days ago',
  '{days} days since purchase',
  'purchase {days} days ago',
  '{days} days old',
  'it is {days} days now',
];

const POLICIES = [
  'Policy: {demands}.',
  'Refund rule: {demands}.',
  'We refund {demands}.',
  'Money back: {demands}.',
  'The rule says {demands}.',
  'Returns are fine {demands}.',
  'Our terms: {demands}.',
  'Conditions: {demands}.',
  'A refund is due {demands}.',
  'Goods come back {demands}.',
  'Our rule: {demands}.',
  'The policy says {demands}.',
  'Terms of refund: {demands}.',
  'Refunds are due {demands}.',
  'We take goods back {demands}.',
  'Money comes back {demands}.',
  'The shop refunds {demands}.',
  'Rule for returns: {demands}.',
  'The terms are {demands}.',
  'Goods are refunded {demands}.',
  'A return is fine {demands}.',
  'We pay back {demands}.',
];
const CASES = [
  'Case of {name}: {facts}.',
  '{name} has a {item}: {facts}.',
  'The {item} of {name}: {facts}.',
  'Request by {name}, {facts}.',
  'Now {name}: {facts}.',
  'Customer {name}, {item}: {facts}.',
  'Facts: {facts}; name {name}.',
  'About a {item}: {facts}.',
  '{name} asks, {facts}.',
  'Case: {item}, {facts}.',
  'The case: {facts}.',
  '{name} returns a {item}: {facts}.',
  'Item {item}, customer {name}: {facts}.',
  'Request for a {item}: {facts}.',
  '{name} writes, {facts}.',
  'Facts of {name}: {facts}.',
  'A {item}, {facts}.',
  'Here is {name}: {facts}.',
  'The customer {name} has a {item}, {facts}.',
  'Now a {item}: {facts}.',
];

interface Checked {
  demand: string;
  fact: string;
  /** What the working says of it. */
  check: string;
  /** Undefined when it is met. */
  reason?: string;
}

function checkDays(random: Random, met: boolean): Checked {
  const limit = random.integer(10, 60);
  const days = met ? random.integer(2, limit) : random.integer(limit + 1, 90);
  const slots = { limit, days };
  const text = {
    demand: fill(random, random.pick(DAYS_DEMAND), slots),
    fact: fill(random, random.pick(DAYS_FACT), slots),
  };
  return met ? { ...text, check: `${days}<=${limit}` } : { ...text, check: `${days}>${limit}`, reason: 'late' };
}

function checkCondition(random: Random, name: string, met: boolean): Checked {
  const { demand, met: facts, failed, reason } = CONDITIONS[name]!;
  const text = { demand: random.pick(demand), fact: random.pick(met ? facts : failed) };
  return met ? { ...text, check: `${name} ok` } : { ...text, check: `${name} fails`, reason };
}

const check = (random: Random, name: string, met: boolean): Checked =>
  name === 'days' ? checkDays(random, met) : checkCondition(random, name, met);

export const policy: TaskGenerator = {
  system: 'Apply the policy; end with #yes or #no: late, receipt, used, box or member.',
  generate(split, random) {
    const { template, parts } = drawTemplate<[string, string]>(split, random, 'policy', POLICIES, CASES);
    const names = random.shuffle(['days', ...Object.keys(CONDITIONS)]);
    const count = random.integer(2, 3);
    const refused = random.chance(0.5) ? random.integer(0, count - 1) : count;
    const asked = names
      .slice(0, count)
      .map((name, i) => check(random, name, i < refused || (i > refused && random.chance(0.7))));
    const aside = names
      .slice(count, count + random.integer(0, 2))
      .map((name) => check(random, name, random.chance(0.4)));
    const facts = random.shuffle([...asked, ...aside]).map(({ fact }) => fact);
    const demands = asked.map(({ demand }) => demand).join(random.pick([' and ', ', ', ', and ']));
    const slots = { demands, facts: facts.join(', '), name: firstName(split, random), item: item(split, random) };
    const failed = asked.findIndex(({ reason }) => reason !== undefined);
    const steps = (failed < 0 ? asked : asked.slice(0, failed + 1)).map((step) => step.check).join(';');
    const answer = failed < 0 ? 'yes' : `no: ${asked[failed]!.reason}`;
    const user = parts.map((part) => capitalise(fill(random, part, slots))).join(' ');
    return { group: template, user, target: answer, completion: `${steps} #${answer}` };
  },
};
