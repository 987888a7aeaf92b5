import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const SOURCES = new URL('../../../src/core/', import.meta.url);

/** The rooms that the page describes. What stats/basics holds are tools for them and need no line. */
const ROOMS = ['stats/cascade', 'stats/compare', 'stats/estimate', 'load'];

/** Every function that a file of these rooms exports. */
const exported = ROOMS.flatMap((room) =>
  readdirSync(new URL(`${room}/`, SOURCES)).flatMap((file) =>
    [
      ...readFileSync(new URL(`${room}/${file}`, SOURCES), 'utf8').matchAll(
        /^export (?:function\*?|class|const) (\w+)/gm,
      ),
    ].map(([, name]) => name!),
  ),
);

/** What a load test computes has a page of its own. */
const page = ['statistics', 'load']
  .map((name) => readFileSync(new URL(`../../../docs/${name}.md`, import.meta.url), 'utf8'))
  .join('\n');
const named = [...page.matchAll(/`([a-zA-Z]\w*)`/g)].map(([, name]) => name!);

/** Small tools that need no line on the page. */
const undocumented = ['median', 'acceleration', 'serialNote', 'withEffectiveSize'];

describe('the pages on statistics and on load', () => {
  it('names only functions that exist', () => {
    const fields = ['standardError', 'designEffect', 'createRandom', 'sampleWithoutReplacement', 'decodeRate'];
    const functions = named.filter((name) => /^[a-z]+[A-Z]/.test(name));
    expect(functions.filter((name) => !exported.includes(name) && !fields.includes(name))).toEqual([]);
    expect(functions.length).toBeGreaterThan(40);
  });

  it('has a place for every function that is exported', () => {
    expect(exported.length).toBeGreaterThan(60);
    expect(exported.filter((name) => !named.includes(name) && !undocumented.includes(name))).toEqual([]);
  });

  it('has a line on every method of an interval', () => {
    const source = readFileSync(new URL('stats/estimate/estimate.ts', SOURCES), 'utf8');
    const union = source.slice(source.indexOf('export type Method ='));
    const methods = [...union.matchAll(/'([a-z-]+)'/g)].map((match) => match[1]!);
    expect(methods.length).toBeGreaterThan(10);
    expect(methods.filter((method) => !page.includes(`\`${method}\``))).toEqual([]);
  });
});
