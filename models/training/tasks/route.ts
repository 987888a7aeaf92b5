// route: a ticket to one of ten queues. A ticket is a subject and its trouble, and both are needed: the same invoice, parcel
// or account turns up in several queues. A remark on another subject may stand beside it.
import type { TaskGenerator } from '../sample.ts';
import { drawTemplate } from '../split.ts';
import { capitalise, fill } from '../text.ts';
import { fullName, greeting, noise, orderId, product } from '../vocabulary.ts';

/** Queue -> [what it is about, what is wrong with it]; each pair of the two is one template. */
const TICKETS: Record<string, readonly [string[], string[]]> = {
  billing: [
    [
      'the invoice for {order}',
      'my bill for the {product}',
      'the invoice',
      'my card statement',
      'the amount on my bill',
      'the payment for {order}',
    ],
    [
      'shows [a charge|an amount] I do not know',
      'was charged [twice|two times]',
      'has [an extra|a wrong] amount',
      'lists the wrong [tax|VAT]',
      'is higher than [agreed|the quote]',
      'does not [match|fit] the price',
    ],
  ],
  refund: [
    [
      'the money for {order}',
      'my refund',
      'the refund for the {product}',
      'the amount you owe me',
      'my money',
      'the repayment',
    ],
    [
      'has not [come|arrived] back',
      'should be paid back [now|today]',
      'is not on my [account|card] yet',
      'was promised [last week|days ago]',
      'must be [returned|sent] to my bank',
      'is [still missing|late]',
    ],
  ],
  delivery: [
    [
      'my parcel',
      'the package with the {product}',
      'the courier for {order}',
      'the shipment',
      'order {order}',
      'the van with my {product}',
    ],
    [
      'has not [arrived|come]',
      'is stuck in transit',
      'went to the wrong [door|street|address]',
      'is [days|a week] late',
      'cannot be tracked',
      'was left [outside|in the rain]',
    ],
  ],
  returns: [
    [
      'the {product}',
      'my {product}',
      'the thing from {order}',
      'the {product} in size L',
      'one of the two from {order}',
      'an unopened {product}',
    ],
    [
      'does not suit me, how do I send it back',
      'should go back to you',
      'needs a return label',
      'is to be [returned|sent back], where to',
      'has to be picked up as a return',
      'is not what I [wanted|like], may I return it',
    ],
  ],
  warranty: [
    [
      'the {product}',
      'my {product}',
      'the guarantee of the {product}',
      'the {product} from {order}',
      'the warranty card',
      'a two year old {product}',
    ],
    [
      'broke, is [that|it] under warranty',
      'stopped after a year, the guarantee should cover it',
      'needs a repair under guarantee',
      'has to be registered for warranty',
      'failed within the warranty period',
      'runs out of warranty [when|on which day]',
    ],
  ],
  cancel: [
    [
      'order {order}',
      'the order of the {product}',
      'my order',
      'the {product} from {order}',
      'my purchase',
      'what I bought an hour ago',
    ],
    [
      'must be cancelled',
      'should be [stopped|called off] before it ships',
      'was a mistake, stop it',
      'is no longer wanted, cancel it',
      'was placed by my child, cancel please',
      'has to be annulled',
    ],
  ],
  account: [
    ['my account', 'my password', 'the login', 'my profile', 'my e-mail on the account', 'the sign in page'],
    [
      'does not [let me in|open]',
      'has to be [reset|changed]',
      'is [locked|blocked]',
      'was forgotten',
      'says unknown user',
      'needs a new [address|phone number]',
    ],
  ],
  technical: [
    [
      'the {product}',
      'my {product}',
      'the app of the {product}',
      'the firmware of my {product}',
      'the manual of the {product}',
      'the new {product}',
    ],
    [
      'will not [turn on|start]',
      'shows error {code}',
      'does not connect to the [wifi|network]',
      'makes a [strange|loud] noise, how do I fix it',
      'crashes [all the time|every hour]',
      'needs [setup|installation] help',
    ],
  ],
  stock: [
    [
      'the {product}',
      'a {product} in blue',
      'the bigger {product}',
      'the {product} in your shop',
      'a second {product}',
      'the new {product}',
    ],
    [
      'is sold out, when is it back',
      'is not in stock',
      'will be back on [sale|the shelf] when',
      'can be reserved for me or not',
      'is shown as unavailable',
      'is out of stock, order more',
    ],
  ],
  complaint: [
    [
      'your [agent|colleague]',
      'the man on the phone',
      'your service',
      'the way I was treated',
      'the chat with your desk',
      'the tone of your mail',
    ],
    [
      'was [rude|unfriendly]',
      'is a disgrace',
      'made me [angry|sad], I want to complain',
      'deserves a formal complaint',
      'was [awful|terrible], tell the manager',
      'never [answers|helps]',
    ],
  ],
};

/** Remarks that name another queue's subject and ask for nothing. */
const REMARKS = [
  'The delivery was fine.',
  'I paid the invoice [already|at once].',
  'My account works.',
  'The {product} works well.',
  'I do not want a refund.',
  'The warranty is not my [question|concern].',
  'It was in stock [then|in May].',
  'I have no complaint about your service.',
  'The parcel came on time.',
  'I do not want to cancel anything.',
  'I will not return the {product}.',
  'The login is no problem.',
];

const FRAMES = [
  '{ticket}.',
  'It is about this: {ticket}.',
  'Customer {name} writes: {ticket}.',
  'Order {order}: {ticket}.',
  'I am {name} and {ticket}.',
  'Can you help? {ticket}.',
  '{ticket}, what now?',
  'The subject is {product}. {ticket}.',
];

export const route: TaskGenerator = {
  system: `Answer with one queue: ${Object.keys(TICKETS).join(', ')}.`,
  generate(split, random) {
    const queue = random.pick(Object.keys(TICKETS));
    const [subjects, troubles] = TICKETS[queue]!;
    const { template, parts } = drawTemplate<[string, string]>(split, random, queue, subjects, troubles);
    const slots = {
      product: product(split, random),
      order: orderId(random),
      name: fullName(split, random),
      code: `${random.pick([...'EFH'])}${random.integer(10, 99)}`,
    };
    const ticket = fill(random, parts.join(' '), slots);
    const frame = random.pick(FRAMES);
    const sentences = [
      fill(random, frame, { ...slots, ticket: /(^|[.?] )\{ticket/.test(frame) ? capitalise(ticket) : ticket }),
    ];
    if (random.chance(0.4)) sentences.push(fill(random, random.pick(REMARKS), slots));
    if (random.chance(0.4)) sentences.push(noise(random));
    const user = [greeting(random), ...random.shuffle(sentences)].join(' ').trim();
    return { group: template, user, target: queue, completion: queue };
  },
};
