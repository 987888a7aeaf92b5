// extract: order, ISO date and amount as JSON, from dates in four spellings and amounts in four, among other numbers.
import type { Random } from '../random.ts';
import type { TaskGenerator } from '../sample.ts';
import { drawTemplate } from '../split.ts';
import { fill } from '../text.ts';
import { fullName, greeting, noise, orderId, product } from '../vocabulary.ts';

const MONTHS = 'January February March April May June July August September October November December'.split(' ');

function date(random: Random): { iso: string; written: string } {
  const [year, month, day] = [random.integer(2023, 2026), random.integer(1, 12), random.integer(1, 28)];
  const two = (n: number) => String(n).padStart(2, '0');
  const name = MONTHS[month - 1]!;
  const iso = `${year}-${two(month)}-${two(day)}`;
  const written = random.pick([
    iso,
    `${day} ${name} ${year}`,
    `${name} ${day}, ${year}`,
    `${two(day)}.${two(month)}.${year}`,
  ]);
  return { iso, written };
}

const BODIES = [
  'Order {order} for {amount} was [placed|made] on {date}.',
  'On {date} I [bought|ordered] the {product} for {amount}, [number|order] {order}.',
  'The {product} [cost|was] {amount}. [My order|The number] is {order}, [dated|from] {date}.',
  '{order} of {date} [came to|was] {amount}.',
  'I paid {amount} on {date} for [order|number] {order}.',
  '[My card was charged|You took] {amount} for {order} on {date}.',
  'The {product} in {order} was [bought|ordered] on {date} and cost {amount}.',
  'Number {order}, {amount}, [day|date] {date}.',
  'It was {date} when I [paid|spent] {amount} on the {product}, see {order}.',
  'See {order}: the {product}, {amount}, [bought|paid] {date}.',
  'For {amount} I got the {product} on {date}; the order is {order}.',
  'My [invoice|bill] says {order}, {date} and {amount}.',
  'Since {date} I wait for {order}, [worth|price] {amount}.',
  'The sum of {amount} was for {order}, [bought|placed] on {date}.',
  'The [order|purchase] {order} dates from {date}; the [sum|total] is {amount}.',
  'My {product} came with {order} on {date} and I paid {amount}.',
  '[Price|Total] {amount}, order {order}, {date}.',
  'They sent the {product} on {date} under {order}, [price|total] {amount}.',
  'About {order}: [total|sum] {amount}, [order|purchase] day {date}.',
  'I spent {amount}. That was on {date}, under {order}.',
  '[Paid|Charged] {amount} for {order} on {date}.',
  '{date}: [paid|spent] {amount} for order {order}.',
  'My order is {order}, the [date|day] {date}, the [price|sum] {amount}.',
  'I [placed|made] {order} on {date} for {amount}.',
  '{order} was {amount}, [bought|placed] on {date}.',
  'The {product} was [bought|paid] on {date} for {amount} under {order}.',
  'On {date} {order} [was|came to] {amount}.',
  'On {date} you [took|charged] {amount} for {order}.',
  'For {order} I paid {amount} on {date}.',
  'The [invoice|bill] of {date} for {order} is {amount}.',
  'The [sum|total] for {order} was {amount}, the date {date}.',
  '{amount} for {order}, [ordered|bought] on {date}.',
  'It [cost|was] {amount}: order {order} from {date}.',
  'The [purchase|order] of {date} has number {order} and cost {amount}.',
  'I got the {product} for {amount} on {date}, see {order}.',
  'My card was charged {amount} on {date}, see order {order}.',
  '[Date|Day] {date}, order {order}, [total|price] {amount}.',
  'Order {order} from {date}: {amount}.',
  'The {product} of {date} was {amount}; the [order|number] is {order}.',
  'I [ordered|bought] {order} on {date}; it was {amount}.',
  'My purchase {order} [is|was] from {date} and cost {amount}.',
  'I wait for {order} since {date}; I paid {amount}.',
  'See my [bill|invoice]: {order}, {amount}, {date}.',
  'You sent {order} on {date} and took {amount}.',
  'The [price|cost] of {order} was {amount} on {date}.',
  'With {order} I spent {amount} on {date}.',
  'The date is {date}, the order {order}, the amount {amount}.',
  'About the {product}: {order}, [bought|paid] {date}, [price|total] {amount}.',
];

const LEADS = [
  '',
  'My name is {name}.',
  'The {product} is [broken|late].',
  'I am {name} from flat {small}.',
  'Call me at ext {ext}.',
  'I have {small} [questions|items].',
  'My order is [open|late].',
  'I am {name}.',
  'Flat {small}, ext {ext}.',
];

export const extract: TaskGenerator = {
  system: 'Answer with JSON: order, date (YYYY-MM-DD), amount.',
  generate(split, random) {
    const { template, parts } = drawTemplate<[string, string]>(split, random, 'extract', LEADS, BODIES);
    const order = orderId(random);
    const cents = random.integer(500, 99_999);
    const amount = (cents / 100).toFixed(2);
    const { iso, written } = date(random);
    const slots = {
      order,
      date: written,
      amount: random.pick([`$${amount}`, `${amount} dollars`, `USD ${amount}`, `${amount} USD`]),
      product: product(split, random),
      name: fullName(split, random),
      small: random.integer(2, 60),
      ext: random.integer(100, 999),
    };
    const sentences = parts.map((part) => fill(random, part, slots)).filter(Boolean);
    if (random.chance(0.3)) sentences.push(noise(random));
    const user = [greeting(random), ...random.shuffle(sentences)].join(' ').trim();
    const json = `{"order":"${order}","date":"${iso}","amount":${amount}}`;
    return { group: template, user, target: json, completion: json };
  },
};
