import { describe, expect, it } from 'vitest';
import { planSentence, requestsWords } from '../../../src/core/report/capacity-words.js';

describe('the words of a capacity', () => {
  it('count one token, one request and one device in the singular', () => {
    expect(requestsWords({ prompt: 1, output: 1, measured: 0 })).toBe('prompts of 1 token and answers of 1 token');
    expect(requestsWords({ prompt: 1200, output: 250, measured: 3 })).toBe(
      'prompts of 1,200 tokens and answers of 250 tokens on average (3 measured)',
    );
    const one = { value: 1, low: 1, high: 1 };
    const plan = { devices: one, greatest: { value: 0, low: 0, high: 0 }, served: { busy: { ...one, value: 0.5 } } };
    const sentence = (wanted: number, kind: 'rate' | 'users') =>
      planSentence(
        { model: 'm', device: 'd', load: { plan } } as unknown as Parameters<typeof planSentence>[0],
        { wanted, kind: { kind } } as unknown as Parameters<typeof planSentence>[1],
      );
    expect(sentence(1, 'rate')).toContain(': 1 request per second takes 1 device ');
    expect(sentence(1, 'users')).toContain(': 1 user takes 1 device ');
    expect(sentence(2, 'rate')).toContain(': 2 requests per second take 1 device ');
  });
});
