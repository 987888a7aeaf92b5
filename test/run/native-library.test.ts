/** The build of llama.cpp that the environment names, in new runs and in resumed ones. */
import { expect, test } from 'vitest';
import { modelSchema } from '../../src/core/definition/model.js';
import { requireNamedLibraries, withNamedLibrary } from '../../src/run/native-library.js';

const loaded = (fields: Record<string, unknown> = {}) => ({
  model: modelSchema.parse({ id: 'm', backend: 'llama-cpp', source: 'm.gguf', ...fields }),
  directory: '/models',
});
const world = (named?: string) => ({ cwd: '/home', environment: { RIGHTSIZE_LLAMA_CPP: named } });

test('the environment names it for every llama-cpp entry without one of its own', () => {
  expect(withNamedLibrary(loaded(), world('builds/new')).model).toMatchObject({ library: '/home/builds/new' });
  expect(withNamedLibrary(loaded({ library: '/own' }), world('/other')).model).toMatchObject({ library: '/own' });
  expect(withNamedLibrary(loaded(), world()).model).not.toHaveProperty('library');
  const scripted = loaded({ backend: 'scripted' });
  expect(withNamedLibrary(scripted, world('/other'))).toBe(scripted);
});

test('a resumed run loads no library that only its log names', () => {
  const own = loaded({ library: 'build' });
  expect(() => requireNamedLibraries([own], world())).toThrow(
    'expected RIGHTSIZE_LLAMA_CPP=/models/build, with which this run began, found none; a library is never taken from a log',
  );
  expect(() => requireNamedLibraries([own], world('/other'))).toThrow('found /other');
  requireNamedLibraries([own], world('/models/build'));
});

test('a run that began with the llama.cpp of rightsize does not go on with another', () => {
  requireNamedLibraries([loaded()], world());
  expect(() => requireNamedLibraries([loaded()], world('/other'))).toThrow('take it out of the environment');
});
