/** Whatever goes through the queue is believed only as it was signed. */
import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createRandom } from '../../src/core/stats/basics/random.js';
import { type Kind, Refused, sealWith } from '../../src/fleet/seal.js';

const KEY = 'the key of the fleet of these tests';
const seal = sealWith(KEY);
const message = z.object({ text: z.string(), n: z.number() });
const sealed = seal.close('block', { text: 'what is 2 + 2?', n: 4 });

test('a message is read as it was written', () => {
  expect(seal.open('block', sealed, message)).toEqual({ text: 'what is 2 + 2?', n: 4 });
});

test('none of 200 mutated messages is believed', () => {
  for (let seed = 0; seed < 200; seed++) {
    const random = createRandom(seed, 'a mutated message');
    const at = random.below(sealed.length);
    const mutated = [
      sealed.slice(0, at) + String.fromCharCode(33 + random.below(90)) + sealed.slice(at + 1),
      sealed.slice(0, at),
      sealed.slice(at),
      sealed.slice(0, at) + sealed.slice(at - 5),
      sealed.slice(0, 64) + JSON.stringify({ text: 'another', n: at }),
    ][seed % 5]!;
    if (mutated === sealed) continue;
    expect(() => seal.open('block', mutated, message), mutated).toThrow(Refused);
  }
});

test.each<[string, Kind, unknown]>([
  ['another kind', 'run', sealed],
  ['no text', 'block', { signed: true }],
  ['nothing', 'block', undefined],
  ['a text that is far too long', 'machine', 'x'.repeat(2 ** 17)],
  ['another key', 'block', sealWith('another key than the one above').close('block', { text: 'x', n: 1 })],
  ['another form', 'block', seal.close('block', { text: 'x' })],
  ['no JSON, signed', 'block', `${createHmac('sha256', KEY).update('block\n{').digest('hex')}{`],
])('%s is refused', (_, kind, value) => {
  expect(() => seal.open(kind, value, message)).toThrow(Refused);
});
