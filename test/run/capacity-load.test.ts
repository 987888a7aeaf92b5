import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { nameOf } from '../../src/core/capacity/device.js';
import type { DeviceLoad, DevicePrediction } from '../../src/core/capacity/plan/answer.js';
import type { LoadPlan } from '../../src/core/capacity/plan/load-plan.js';
import { isMissing } from '../../src/core/quantity.js';
import { devicesOf } from '../../src/core/report/devices-of.js';
import { capacityBlocks, capacityDocument } from '../../src/core/report/document/capacity.js';
import { formatScore } from '../../src/core/report/format.js';
import { htmlReport } from '../../src/core/report/html/page.js';
import { renderBlocks } from '../../src/core/report/terminal.js';
import { type CapacityQuestion, capacity, reportOf } from '../../src/run/capacity.js';
import { render } from '../../src/run/render.js';
import { lengthsOf } from '../support/capacity.js';

const folder = mkdtempSync(join(tmpdir(), 'rightsize-capacity-load-'));
afterAll(() => rmSync(folder, { recursive: true }));

const RUN = join(import.meta.dirname, '../golden/pair/log.jsonl');
const POISSON = { kind: 'rate', arrivals: { kind: 'poisson' } } as const;

const ask = (change: Partial<CapacityQuestion> = {}) =>
  capacity(
    {
      models: ['qwen3-4b:q4_k_m'],
      devices: ['rtx-4090'],
      slots: 4,
      prompt: 300,
      output: 60,
      load: { kind: POISSON, wanted: 4, headroom: 0.2 },
      objectives: ['ttft p95 <= 1 s', 'tpot p95 <= 50 ms'],
      ...change,
    },
    { cwd: folder },
  );

/** The first question with a price of an API, which several tests look at. */
let priced: ReturnType<typeof ask> | undefined;
const askPriced = () => (priced ??= ask({ api: { input: 1, output: 2 } }));

function planOf({ load }: DevicePrediction): LoadPlan {
  if (load === undefined || isMissing(load.plan)) throw new Error('expected a plan');
  return load.plan;
}

describe('capacity under load', () => {
  it('says what one device holds, how many a demand takes, and what they cost, each with an interval', async () => {
    const [found] = (await askPriced()).predictions;
    const { greatest, devices, served } = planOf(found!);
    if (isMissing(greatest) || isMissing(devices) || isMissing(served)) throw new Error('expected figures');
    expect(greatest.low).toBeLessThan(greatest.value);
    expect(greatest.high).toBeGreaterThan(greatest.value);
    expect(devices.value).toBe(Math.ceil(4 / (0.8 * greatest.value)));
    expect(served.attainment.value).toBeGreaterThan(0.95);
    const money = found!.load!.money;
    if (isMissing(money)) throw new Error(money.missing);
    expect(money.month.high).toBeGreaterThanOrEqual(money.month.value);
    expect(money.breakEven).toMatchObject({ rate: expect.any(Number) });
  });

  it('gives the same answer for the same seed', async () => {
    const again = {
      load: { kind: { kind: 'concurrency' }, wanted: null, headroom: 0.2 },
      objectives: ['e2e p95 <= 2 s'],
    } as const;
    expect(JSON.stringify(await ask(again))).toBe(JSON.stringify(await ask(again)));
  });

  it('draws lengths from a distribution, the same ones for the same seed', async () => {
    const load = { kind: POISSON, wanted: 0.1, headroom: 0.2 } as const;
    const drawn = (change: Partial<CapacityQuestion>) =>
      ask({
        prompt: { kind: 'lognormal', mean: 300, sigma: 1 },
        output: { kind: 'uniform', least: 20, most: 100 },
        load,
        ...change,
      });
    const [once, again, other, fixed] = await Promise.all([drawn({}), drawn({}), drawn({ seed: 7 }), ask({ load })]);
    expect(JSON.stringify(once)).toBe(JSON.stringify(again));
    expect(JSON.stringify(once.predictions)).not.toBe(JSON.stringify(other.predictions));
    const lengths = lengthsOf(once.predictions[0]!);
    expect(lengths.output).toBeCloseTo(60, 0);
    expect(lengths).toMatchObject({ measured: 0, prompts: { kind: 'drawn', from: 'lognormal:300,1' } });
    const slowest = ({ predictions: [found] }: Awaited<ReturnType<typeof ask>>) => {
      const { served } = planOf(found!);
      if (isMissing(served)) throw new Error(served.missing);
      return served.e2e.p95.value / served.e2e.median.value;
    };
    // Answers of one length differ by their wait only.
    expect(slowest(once)).toBeGreaterThan(1.4);
    expect(slowest(fixed)).toBeLessThan(1.1);
    const text = renderBlocks('', capacityBlocks(reportOf(once)), { columns: 160, color: false });
    expect(text.replace(/\s+/g, ' ')).toContain('and answers of 60 tokens on average (uniform:20,100)');
  });

  it('is not known for a device whose compute no source gives', async () => {
    const answer = await ask({ devices: ['intel-n150'] });
    expect(answer.predictions[0]!.load!.plan).toEqual({ missing: 'no source gives the compute of intel-n150' });
    // Nothing was simulated: the reason stands alone, without a table of names.
    const text = renderBlocks('', capacityBlocks(reportOf(answer)), { columns: 160, color: false });
    expect(text).not.toContain('Simulated');
    expect(text).toContain('One device: requests per second');
  });

  it('is not known where the slots that are asked for do not fit', async () => {
    const [found] = (await ask({ slots: 4096 })).predictions;
    expect(found!.load!.plan).toEqual({ missing: '4096 slots of 360 tokens do not fit the device' });
  });

  it('says which objective nothing meets', async () => {
    const answer = await ask({ objectives: ['ttft p95 <= 1 ms'] });
    expect(planOf(answer.predictions[0]!)).toMatchObject({
      greatest: { value: 0 },
      devices: { missing: 'no load meets the objectives on this device' },
      binding: { objective: 0 },
    });
    const text = renderBlocks('', capacityBlocks(reportOf(answer)), { columns: 160, color: false });
    expect(text).toContain('The greatest load of one device (0 where no load is) is within TTFT p95 <= 1.00 ms.');
    // No devices are counted, so none has headroom.
    expect(text.replace(/\s+/g, ' ')).not.toContain('of its greatest load free');
  });

  it('asks without an objective that no queue grows without end, of as many slots as that takes', async () => {
    // One slot holds one request a second of these lengths.
    const asked = { objectives: [], slots: undefined, prompt: 1200, output: 250 };
    const answer = await ask({ ...asked, load: { kind: POISSON, wanted: 2, headroom: 0.2 } });
    const { slots, devices, served } = planOf(answer.predictions[0]!);
    expect(slots).toBeGreaterThan(1);
    expect(devices).toMatchObject({ value: 1 });
    expect(served).toMatchObject({ overloaded: false });
    const text = renderBlocks('', capacityBlocks(reportOf(answer)), { columns: 160, color: false });
    expect(text).toContain('There is no objective: one device holds a rate at which its queue does not grow');
    expect(text.replace(/\s+/g, ' ')).toContain('Each device keeps 20.0% of its greatest load free.');
  });

  it('refuses an objective that is none', async () => {
    await expect(ask({ objectives: ['ttft <= soon'] })).rejects.toThrow('expected an objective such as');
  });
});

describe('prices', () => {
  it('are told with their date and source, and where there is none, that there is none', async () => {
    const answer = await ask({ devices: ['pi-5', 'l4', 'm4-pro'], models: ['qwen3-0.6b'], objectives: [] });
    const text = renderBlocks('', capacityBlocks(reportOf(answer)), { columns: 200, color: false });
    expect(text).toMatch(/Prices:\n- pi-5: \$80\.00 to buy on 2023-09-28 \(list price at launch/);
    expect(text).toMatch(/- l4: \$0\.805 an hour on \d{4}-\d\d-\d\d \(AWS/);
    expect(text).toMatch(/m4-pro: the catalogue has no price for m4-pro/);
  });

  it('are not needed to say that a first token is not known without a figure of compute', async () => {
    const [found] = (await ask({ devices: ['phone-8gb'], models: ['qwen3-0.6b'], load: undefined })).predictions;
    expect(found!.ttft).toEqual({ missing: 'no source gives the compute of phone-8gb' });
    expect(isMissing(found!.tpot)).toBe(false);
  });
});

describe('capacity from a run', () => {
  const answer = () => (known ??= fromRun({ models: ['reference-slm'] }));
  let known: ReturnType<typeof fromRun> | undefined;
  const fromRun = (change: Partial<CapacityQuestion> = {}) =>
    ask({ run: RUN, models: [], devices: [], prompt: undefined, output: undefined, slots: 2, ...change });

  it('takes lengths, quality and speed from the run, and says "measured here"', async () => {
    for (const found of (await answer()).predictions) {
      expect(lengthsOf(found).measured).toBeGreaterThan(100);
      expect(found.tpot).toMatchObject({ basis: 'measured' });
      expect(found.load!.grounds).toMatchObject([{ kind: 'measured' }]);
      expect(isMissing(found.quality)).toBe(false);
    }
    const text = renderBlocks('', capacityBlocks(reportOf(await answer())), { columns: 160, color: false });
    expect(text).toContain('measured here');
  });

  it('finds no greater rate than the work of a request leaves room for', async () => {
    const load = { kind: POISSON, wanted: null, headroom: 0.2 } as const;
    const asked = { models: ['reference-slm'], devices: ['h100'], slots: undefined, objectives: [], load };
    const { greatest, binding } = planOf((await fromRun(asked)).predictions[1]!);
    if (isMissing(greatest)) throw new Error(greatest.missing);
    // By the fitted constants a prompt and its answer take 0.1314 ms that no other request shares.
    expect(greatest.value).toBeGreaterThan(0.95 * 7_612);
    expect(greatest.value).toBeLessThan(7_613);
    expect(binding).toMatchObject({ resource: expect.any(String) });
  });

  it('says of each device what the report of the run says', async () => {
    const { recommendation, analysis } = await render([RUN], { reports: [] });
    const { devices, models } = devicesOf(analysis, recommendation.suites[0]!);
    const names = devices.map(nameOf);
    const { predictions } = await fromRun({ devices: names, load: undefined, slots: undefined });
    for (const [i, { model, here, devices: places }] of models.entries()) {
      const [measured, ...predicted] = predictions.slice(i * (1 + names.length), (i + 1) * (1 + names.length));
      expect(measured).toMatchObject({ ...here, model });
      expect(predicted).toHaveLength(9);
      expect(predicted).toMatchObject(places.map(({ prediction }) => ({ ...prediction })));
    }
  });

  it('holds the limits of its suite if no objective is named, and says so', async () => {
    const [first, ...rest] = readFileSync(RUN, 'utf8').split('\n');
    const record = JSON.parse(first!);
    record.suites[0].requirement.limits = { ttft: { at: 'p95', max: 0.7 }, memory: { max: 9e9 } };
    const run = join(folder, 'limits.jsonl');
    writeFileSync(run, [JSON.stringify(record), ...rest].join('\n'));
    const answer = await fromRun({ run, models: ['reference-slm'], objectives: undefined });
    expect(answer).toMatchObject({ objectives: ['ttft p95 <= 0.7 s'], objectivesFrom: 'run' });
    const text = renderBlocks('', capacityBlocks(reportOf(answer)), { columns: 160, color: false });
    expect(text).toContain('within TTFT p95 <= 700 ms, the limits of the run.');
    const named = await fromRun({ run, models: ['reference-slm'], objectives: ['e2e p95 <= 9 s'] });
    expect(named).toMatchObject({ objectives: ['e2e p95 <= 9 s'], objectivesFrom: 'question' });
  });

  it('is simulated for one of its models alone', async () => {
    expect((await answer()).predictions.map(({ model }) => model)).toEqual(['reference-slm']);
    await expect(fromRun({ models: ['nobody'] })).rejects.toThrow(
      '--model nobody: expected a model of the run, found none of that name; it has reference-slm, reference-llm',
    );
  });

  it('needs answers that had the machine for themselves', async () => {
    const run = join(folder, 'short.jsonl');
    const lines = readFileSync(RUN, 'utf8').split('\n');
    const records = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as { type: string });
    const measured = records.filter(({ type }) => type === 'measurement');
    const few = records.filter((record) => record.type !== 'measurement' || measured.indexOf(record) < 4);
    writeFileSync(run, few.map((record) => `${JSON.stringify(record)}\n`).join(''));
    const [found] = (await fromRun({ run, models: ['reference-slm'], prompt: 100, output: 20 })).predictions;
    expect(found!.tpot).toMatchObject({
      missing: expect.stringMatching(/^the run has \d answers of two tokens or more/),
    });
    expect(found!.load!.plan).toEqual(found!.tpot);
  });

  it('draws load and cost by the command that the report of the run prints', async () => {
    const report = readFileSync(join(RUN, '../expected/report.md'), 'utf8');
    const [, device] = /`rightsize report reports\/\S+ --device (\S+) --rate 5`/.exec(report)!;
    const found = await fromRun({
      devices: [device!],
      load: { kind: POISSON, wanted: 5, headroom: 0.2 },
      objectives: [],
    });
    const { charts } = capacityDocument(reportOf(found));
    expect(charts.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['capacity-load', 'capacity-ttft', 'capacity-cost-quality']),
    );
  });

  describe('of a model behind a server', () => {
    const served = () => {
      const run = join(folder, 'served.jsonl');
      const records = readFileSync(RUN, 'utf8')
        .split('\n')
        .filter((line) => line !== '');
      const changed = records.map((line) => {
        const record = JSON.parse(line);
        if (record.type === 'run') {
          const { id, class: size } = record.models[0];
          record.models[0] = { id, class: size, backend: 'openai', source: 'gpt', endpoint: 'http://127.0.0.1:1/v1' };
        }
        if (record.type === 'session' && record.model === 'reference-slm') delete record.facts.shape;
        return JSON.stringify(record);
      });
      writeFileSync(run, changed.join('\n'));
      return run;
    };
    const elsewhere = (models: readonly string[], devices: readonly string[] = ['rtx-4090']) =>
      fromRun({ run: served(), models, devices, load: undefined, slots: undefined });

    it('asks for its weights', async () => {
      await expect(elsewhere(['reference-slm'])).rejects.toThrow(
        'found one behind a server, whose shape nobody tells; say which weights it has, as in --model reference-slm=qwen3-4b:q8_0 (a published model, a file or a hub reference)',
      );
    });

    it('takes lengths and quality from the run, and costs from the weights that are named', async () => {
      const answer = await elsewhere(['reference-slm=qwen3-4b:q8_0']);
      const [here, there] = answer.predictions;
      const [named] = (await ask({ models: ['qwen3-4b:q8_0'], prompt: 100, output: 20, load: undefined })).predictions;
      expect(here).toMatchObject({ model: 'reference-slm', tpot: { basis: 'measured' } });
      expect(there).toMatchObject({ model: 'reference-slm=qwen3-4b:q8_0', device: 'rtx-4090', quality: here!.quality });
      expect(there!.lengths).toEqual(here!.lengths);
      if (isMissing(there!.memory) || isMissing(named!.memory)) throw new Error('expected memory');
      expect(there!.memory.weights).toBe(named!.memory.weights);
      const text = renderBlocks('', capacityBlocks(reportOf(answer)), { columns: 160, color: false });
      expect(text.replace(/\s+/g, ' ')).toContain(
        'reference-slm=qwen3-4b:q8_0: lengths and quality are those that the run measured of reference-slm; memory and times are predicted',
      );
    });

    it('has a row for each of its models, and says of one without weights why it has no other', async () => {
      const { predictions } = await elsewhere([]);
      expect(predictions.map(({ model, device, memory }) => [model, device, isMissing(memory)])).toEqual([
        ['reference-slm', 'this machine', true],
        ['reference-slm', 'rtx-4090', true],
        ['reference-llm', 'this machine', true],
        ['reference-llm', 'rtx-4090', false],
      ]);
      expect(predictions[1]!.tpot).toMatchObject({ missing: expect.stringContaining('behind a server') });
    });

    it('compares several weights for one model', async () => {
      const { predictions } = await elsewhere(['reference-slm=qwen3-4b:*', 'reference-slm=qwen3-0.6b:q8_0']);
      expect(predictions.map(({ model }) => model)).toHaveLength(1 + 11 + 1);
    });

    it('refuses weights without a device, and for a model that the run does not have', async () => {
      await expect(elsewhere(['reference-slm=qwen3-4b'], [])).rejects.toThrow(
        '--model reference-slm=qwen3-4b: expected a --device for these weights, found none',
      );
      await expect(elsewhere(['nobody=qwen3-4b'])).rejects.toThrow('--model nobody: expected a model of the run');
      await expect(elsewhere(['reference-slm=qwen9'])).rejects.toThrow('found "qwen9"');
    });
  });

  it('takes drawn prompts in place of its own, and no suite beside it', async () => {
    const prompt = { kind: 'uniform', least: 10, most: 30 } as const;
    const [found] = (await fromRun({ models: ['reference-slm'], prompt, load: undefined })).predictions;
    const [own] = (await answer()).predictions;
    expect(found!.lengths).toMatchObject({ prompt: expect.closeTo(20, 0), output: lengthsOf(own!).output });
    await expect(fromRun({ suite: 'support-desk' })).rejects.toThrow(
      '--suite support-desk: expected none beside a run, whose requests tell the lengths; leave out one of them',
    );
  });

  it('is refused without a run', async () => {
    await expect(fromRun({ run: join(folder, 'nothing') })).rejects.toThrow('expected the folder of a run');
  });
});

describe('the words of a plan', () => {
  const words = async (change: (load: DeviceLoad) => DeviceLoad = (load) => load) => {
    const answer = await askPriced();
    const [found] = answer.predictions;
    const changed = { ...answer, predictions: [{ ...found!, load: change(found!.load!) }] };
    const text = renderBlocks('', capacityBlocks(reportOf(changed)), { columns: 160, color: false });
    return { text: text.replace(/\s+/g, ' '), plan: planOf(found!) };
  };

  it('say how much of its greatest load a device has, beside how often it is at work', async () => {
    const { text, plan } = await words();
    const { greatest, served } = plan;
    if (isMissing(greatest) || isMissing(served)) throw new Error('expected figures');
    const [busy, share] = [served.busy.value, served.load / greatest.value].map(formatScore);
    expect(share).not.toBe(busy);
    expect(text).toContain(
      `take 1 device (90% interval 1 to 2), each with a request under way ${busy} of the time, at ${share} of its greatest load.`,
    );
    expect(text).toContain('At work: with at least one request under way; there may be room for more.');
    expect(text).not.toContain('no bound');
  });

  it('explain an interval without an upper end', async () => {
    const open = (load: DeviceLoad): DeviceLoad => {
      if (isMissing(load.plan) || isMissing(load.plan.devices)) throw new Error('expected devices');
      const devices = { ...load.plan.devices, high: Number.POSITIVE_INFINITY };
      return { ...load, plan: { ...load.plan, devices } };
    };
    expect((await words(open)).text).toContain(
      'An interval with no bound is open above: in more than a twentieth of the simulations the queue grows without end',
    );
  });

  it('say of a break-even beyond one device that it is beyond it', async () => {
    const beyond = (load: DeviceLoad): DeviceLoad => {
      if (isMissing(load.money)) throw new Error(load.money.missing);
      return { ...load, money: { ...load.money, breakEven: { rate: 3.8, feasible: 'no' } } };
    };
    expect((await words(beyond)).text).toContain('from 3.80 requests/s, which is more than one device serves');
  });
});

describe('the page of a plan', () => {
  it('has a chart of memory, of what a device holds, and of latency against load', async () => {
    const document = capacityDocument(reportOf(await ask()));
    expect(document.charts.map(({ name }) => name)).toEqual([
      'capacity-memory-by-kind',
      'capacity-load',
      'capacity-ttft',
      'capacity-tpot',
    ]);
    const assets = { script: { text: '', hash: 'sha256-x' }, style: { text: '', hash: 'sha256-y' } };
    const [page] = await htmlReport(document, { assets, samples: { models: [], tasks: [] } });
    expect(page!.content).toContain('Which devices run it, and what do they serve?');
    expect(page!.content).toContain('<svg');
    expect(JSON.stringify(document)).toContain('Cost of a month against the share of right answers: it takes a run');
  });
});
