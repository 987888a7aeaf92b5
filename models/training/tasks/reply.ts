// reply: the long generation. A letter that names customer, product and action, each copied from the order to write it.
import type { TaskGenerator } from '../sample.ts';
import { drawTemplate } from '../split.ts';
import { fill } from '../text.ts';
import { fullName, noise, product } from '../vocabulary.ts';

/** The action's name, which the letter must mention, and the sentence that announces it. */
const ACTIONS: readonly { action: string; sentence: string }[] = [
  { action: 'refund', sentence: 'we have sent your refund for the {product}' },
  { action: 'replacement', sentence: 'a replacement for your {product} is on its way' },
  { action: 'callback', sentence: 'we plan a callback about your {product} today' },
  { action: 'repair', sentence: 'we will repair your {product} free of charge' },
  { action: 'voucher', sentence: 'please accept a voucher for the trouble with your {product}' },
  { action: 'discount', sentence: 'you get a discount on your next {product}' },
  { action: 'pickup', sentence: 'a pickup of your {product} is booked for tomorrow' },
  { action: 'upgrade', sentence: 'we offer an upgrade of your {product} at no cost' },
];

const ORDERS = [
  'Customer {name} asks about the {product}. Action: {action}.',
  'Do: {action}. For {name}, product {product}.',
  'Write to {name}: {action}, {product}.',
  'The {product} of {name} needs a {action}.',
  'We grant {name} a {action} for the {product}.',
  'Answer {name} about the {product} with a {action}.',
  'Product: {product}. Customer: {name}. Decision: {action}.',
  'Ticket by {name}, {product}; solved by {action}.',
  'Offer a {action} to {name} because of the {product}.',
  'Please tell {name} of the {action} for the {product}.',
  'It was decided: {action}. Customer {name} has the {product}.',
  'Letter to {name}, who sent us the {product}: {action}.',
  'Case {product}, action {action}, name {name}.',
  'For the {product} give a {action}, and write that to {name}.',
  'Write to {name} about the {product}; offer a {action}.',
  'Letter for {name}, product {product}, with a {action}.',
  'It is about the {product} of {name}. We offer a {action}.',
  'The ticket of {name} about the {product} is solved by a {action}.',
  'The {product} made trouble for {name}; give a {action}.',
  'Ticket: {name}, {product}. Do: {action}.',
  'Write that {name} gets a {action} for the {product}.',
  'Customer {name} writes about the {product}. Action: {action}.',
  'Customer {name} has trouble with the {product}. Action: {action}.',
  'Customer {name} asks for a {action}; product {product}.',
  'Customer {name}, product {product}, action {action}.',
  'Customer {name} gets a {action} for the {product}.',
  'Customer {name} has the {product}. Decision: {action}.',
  'Decision: {action}. Customer {name}, product {product}.',
  'Action: {action}. Customer {name} asks about the {product}.',
  'Action: {action}. For {name}, product {product}.',
  'The {product} of {name} gets a {action}.',
  'The {product} of {name} is broken; offer a {action}.',
  'We grant a {action} for the {product} to {name}.',
  'We grant {name} a {action}; the product is {product}.',
  'We give {name} a {action} for the {product}.',
  'Offer a {action} for the {product} to {name}.',
  'Answer the customer {name} about the {product} with a {action}.',
  'Please write to {name}: {action} for the {product}.',
  'It was decided: {action} for {name}, product {product}.',
  'It was decided that {name} gets a {action} for the {product}.',
  'Letter to {name} about the {product}: {action}.',
  'Case {product}, name {name}, action {action}.',
  'For the {product} of {name} give a {action}.',
  'For the {product} offer a {action}, and write that to {name}.',
  'Ticket by {name} about the {product}; solved by {action}.',
  'Ticket of {name}, product {product}; action {action}.',
  'Write to {name} of the {action} for the {product}.',
  'Write a letter to {name}: {action}, {product}.',
  'Send the customer {name} a {action} for the {product}.',
  'The desk grants {name} a {action} for the {product}.',
  'Our decision: {action}. Customer {name} has the {product}.',
  'Please do: {action}. For {name}, product {product}.',
  'Please offer a {action} to {name} because of the {product}.',
  'Please grant {name} a {action} for the {product}.',
  'In the case of {name}, product {product}, do: {action}.',
];

export const reply: TaskGenerator = {
  system: 'Write to the customer; name customer, product and action.',
  generate(split, random) {
    const { template, parts } = drawTemplate<[string, (typeof ACTIONS)[number]]>(
      split,
      random,
      'reply',
      ORDERS,
      ACTIONS,
    );
    const [order, { action, sentence }] = parts;
    const slots = { name: fullName(split, random), product: product(split, random), action };
    const told = fill(random, order, slots);
    const user = random.chance(0.2) ? `${told} ${noise(random)}` : told;
    const completion = `Dear ${slots.name}, thank you for writing; ${fill(random, sentence, slots)}. Your support desk`;
    return { group: template, user, target: [slots.name, slots.product, action], completion };
  },
};
