import { expect, test } from 'vitest';
import { describeWith } from './shared.js';

let opened = false;

describeWith(['a-file-that-nobody-has'], 'a group whose file is absent', () => {
  opened = true;
});

test('the body of a group is not run where its file is absent: it may open the file', () => {
  expect(opened).toBe(false);
});
