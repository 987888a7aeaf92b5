import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/core/errors.js';
import { readTrace } from '../../../src/core/load/trace.js';

const AZURE = 'TIMESTAMP,ContextTokens,GeneratedTokens';
const BURST = 'Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type';
const mooncake = (timestamp: unknown, rest = '"input_length": 10, "output_length": 5') =>
  `{"timestamp": ${timestamp}, ${rest}}`;

function read(...lines: string[]) {
  return readTrace(lines, 'trace.txt');
}

describe('a trace', () => {
  test('of Mooncake has milliseconds', () => {
    const trace = read(
      mooncake(1_000),
      mooncake(1_000),
      mooncake(4_500, '"input_length": 7, "output_length": 3, "hash_ids": [1]'),
    );
    expect(trace.form).toBe('mooncake');
    expect([...trace.arrivals]).toEqual([0, 0, 3.5]);
    expect([...trace.promptTokens]).toEqual([10, 10, 7]);
    expect([...trace.outputTokens]).toEqual([5, 5, 3]);
  });

  test('of Azure has dates, across the end of a leap month', () => {
    const trace = read(
      AZURE,
      '2024-02-28 23:59:59.5000000,374,44',
      '2024-02-29 00:00:00.2500000,396,109',
      '2024-03-01 00:00:00+00:00,1,2',
    );
    expect(trace.form).toBe('azure');
    expect([...trace.arrivals].map((time) => Number(time.toFixed(6)))).toEqual([0, 0.75, 86_400.5]);
    expect([...trace.promptTokens]).toEqual([374, 396, 1]);
  });

  test('of BurstGPT has seconds, and columns that are found by name', () => {
    const trace = read(BURST, '5,ChatGPT,472,18,490,Conversation log', '45,"GPT-4",1087,230,1317,API log');
    expect(trace.form).toBe('burstgpt');
    expect([...trace.arrivals]).toEqual([0, 40]);
    expect([...trace.outputTokens]).toEqual([18, 230]);
  });

  test('may begin with a byte order mark, and have empty lines and line ends of Windows', () => {
    expect([
      ...read(`\uFEFF${AZURE}\r`, '2023-11-16 18:15:46.5,1,2\r', '', '2023-11-16 18:15:47.5,1,2\r').arrivals,
    ]).toEqual([0, 1]);
  });

  test('may have a million rows', () => {
    function* lines() {
      yield BURST;
      for (let i = 0; i < 1_000_000; i++) yield `${i},m,1,2,3,log`;
    }
    const { arrivals } = readTrace(lines(), 'long.csv');
    expect([arrivals.length, arrivals.at(-1)]).toEqual([1_000_000, 999_999]);
  });

  test.each([
    ['nothing', [], /^trace.txt: expected at least one request, found none$/],
    ['a header alone', [AZURE], /^trace.txt: expected at least one request, found none$/],
    ['another file', ['a,b'], /^trace.txt, line 1: expected a trace of Mooncake .+ Azure .+ BurstGPT .+, found "a,b"$/],
    [
      'times that go back',
      [mooncake(5_000), mooncake(9_000), mooncake(6_000)],
      /line 3: expected arrival times that never go back, found 1 s after 4 s; sort the lines by time$/,
    ],
    [
      'times that go back by tenths of a second',
      [mooncake(0), mooncake(300), mooncake(100)],
      /found 0\.1 s after 0\.3 s; sort/,
    ],
    [
      'dates that go back by tenths of a second',
      [AZURE, '2023-11-16 18:15:46.1,1,2', '2023-11-16 18:15:46.4,1,2', '2023-11-16 18:15:46.3,1,2'],
      /found 0\.2 s after 0\.3 s; sort/,
    ],
    ['a negative time', [mooncake(-1)], /line 1: expected a timestamp in milliseconds from 0 up, found/],
    ['a time that is a text', [mooncake('"x"')], /expected a timestamp/],
    ['no lengths', [mooncake(1, '"x": 1')], /expected input_length and output_length, in tokens from 0 up, found/],
    ['a negative length', [mooncake(1, '"input_length": -3, "output_length": 1')], /expected input_length/],
    ['a number where an object is due', [mooncake(1), '7'], /line 2: expected a JSON object, found "7"$/],
    ['torn JSON', [mooncake(1), '{"timestamp": 2'], /line 2: expected a JSON object/],
    ['too few cells', [AZURE, '2023-11-16 18:15:46,1'], /line 2: expected 3 columns, as the first line has, found/],
    [
      'a day that is none',
      [AZURE, '2023-13-16 18:15:46,1,2'],
      /line 2: expected a time such as .+ as TIMESTAMP, found/,
    ],
    [
      'a day that its month has not',
      [AZURE, '2023-02-29 18:15:46,1,2'],
      /line 2: expected a time such as .+ as TIMESTAMP, found/,
    ],
    [
      'a count that is none',
      [AZURE, '2023-11-16 18:15:46,many,2'],
      /line 2: expected ContextTokens and GeneratedTokens/,
    ],
    ['a negative second', [BURST, '-5,m,1,2,3,log'], /line 2: expected a time in seconds from 0 up as Timestamp/],
  ])('with %s gets one sentence', (_, lines, message) => {
    expect(() => read(...lines)).toThrow(UserError);
    expect(() => read(...lines)).toThrow(message);
  });

  test('shows the beginning of a long line only', () => {
    expect(() => read('x'.repeat(10_000))).toThrow(/found "x{60}…"$/);
  });
});

describe('the log of a load test', () => {
  const line = (model: string, due: unknown, more: object = {}) =>
    JSON.stringify({
      type: 'measurement',
      model,
      step: `${model}/1`,
      due,
      outcome: { promptTokens: { value: 9 }, outputTokens: { missing: 'no' } },
      ...more,
    });
  const log = (...lines: string[]) => readTrace(['{"type":"run","version":2}', ...lines], 'log.jsonl');

  test('is the times at which the requests of its first model were due, in order', () => {
    const { form, arrivals, promptTokens, outputTokens } = log(
      '{"type":"sample"}',
      line('slm', 3.5),
      line('slm', 2),
      line('llm', 2.5),
      line('slm', 9, { step: undefined }),
    );
    expect([form, ...arrivals]).toEqual(['own', 0, 1.5]);
    expect([promptTokens[0], outputTokens[0]]).toEqual([9, Number.NaN]);
  });

  test.each([
    [['not JSON'], /log\.jsonl, line 2: expected a JSON object, found "not JSON"/],
    [[line('slm', -1)], /line 2: expected the time at which a request was due/],
    [['{"type":"resume"}'], /line 2: expected the log of a load test that was not interrupted/],
    [['{"type":"sample"}'], /log\.jsonl: expected at least one request, found none/],
  ])('says in one sentence what is wrong in %s', (lines, message) => {
    expect(() => log(...lines)).toThrow(message);
  });
});
